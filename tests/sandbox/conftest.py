"""One sandbox server a test module, its faults and clock put back before each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import Receiver, running_receiver, running_sandbox


@pytest.fixture(scope="module")
def sandbox_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def sandbox_url(sandbox_directory: Path) -> Iterator[str]:
    with running_sandbox(sandbox_directory) as url:
        yield url


@pytest.fixture
def web(sandbox_url: str) -> Iterator[httpx.Client]:
    """A browser or a tester at the sandbox; it follows no redirects."""
    with httpx.Client(base_url=sandbox_url, timeout=10, trust_env=False) as client:
        client.post("/sandbox/faults", json={"reset": True}).raise_for_status()
        client.post("/sandbox/clock", json={"rate": 1, "advance_seconds": 0}).raise_for_status()
        yield client


@pytest.fixture
def merchant(sandbox_directory: Path, web: httpx.Client) -> Merchant:
    return Merchant(sandbox_directory / "wechat.env", web)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver
