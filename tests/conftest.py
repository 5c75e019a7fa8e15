"""Where every test starts: an environment of its own, then the fixtures by theme."""

import pytest

from tests.fixtures.environment import prepare_environment

prepare_environment()

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.web",
    "tests.fixtures.pages",
    "tests.fixtures.wechat",
    "tests.fixtures.combined",
    "tests.fixtures.racing",
    "tests.fixtures.unchanged",
    "tests.fixtures.product",
    "tests.fixtures.killable",
    "tests.fixtures.chromium",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that went away, or was too slow on a busy machine, gets a second try, which the summary shows.

    An assertion never does.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TargetClosedError", "TimeoutError"]))
