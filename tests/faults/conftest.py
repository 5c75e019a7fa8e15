"""Faults for real: processes that are killed, connections that race."""

from __future__ import annotations

import pytest

from tests.faults.stage import stage

__all__ = ["stage"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of the package on one test process: it has the shop's processes."""
    for item in items:
        if "tests/faults/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("faults"))
