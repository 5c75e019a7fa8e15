"""Objects in a real S3 server, which checks signatures, checksums and the end of presigned addresses."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from pathlib import Path

import httpx
import pytest

from gateways.object_storage.contract import CHUNK_BYTES
from gateways.object_storage.errors import (
    ObjectKeyInvalid,
    ObjectMissing,
    ObjectRangeInvalid,
    ObjectStoreUnavailable,
)
from gateways.object_storage.s3 import S3ObjectStore
from tests.gateways.answering import Answer, answerer
from tests.gateways.object_storage.conftest import open_bucket
from tests.gateways.object_storage.test_local import BAD_KEYS

pytestmark = pytest.mark.xdist_group("weed")
KEY = "footage/12/2025-11-22/0930.mp4"


def put(store: S3ObjectStore, key: str, body: bytes | Path) -> None:
    content = body if isinstance(body, bytes) else body.read_bytes()
    store.put(key, body, content_type="video/mp4", sha256=hashlib.sha256(content).digest())


def test_put_and_read(bucket: S3ObjectStore) -> None:
    put(bucket, KEY, b"0123456789")
    assert bucket.read(KEY) == b"0123456789"
    assert bucket.read(KEY, 3, 4) == b"3456"
    assert bucket.read(KEY, 7) == b"789"
    assert bucket.read(KEY, 7, 100) == b"789"
    assert bucket.size(KEY) == 10
    assert bucket.exists(KEY)
    assert bucket.local_path(KEY) is None
    put(bucket, KEY, b"replaced")
    assert bucket.read(KEY) == b"replaced"


def test_a_minute_of_footage(bucket: S3ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "minute.mp4"
    source.write_bytes(os.urandom(7_500_000))
    put(bucket, "minute.mp4", source)
    body = source.read_bytes()
    with bucket.open("minute.mp4") as stream:
        chunks = list(stream)
    assert b"".join(chunks) == body
    assert max(len(chunk) for chunk in chunks) <= CHUNK_BYTES
    # The range crosses the boundary of the parts that the server keeps (4 MB).
    assert bucket.read("minute.mp4", 4_000_000, 500_000) == body[4_000_000:4_500_000]


def test_a_stream_closed_early(bucket: S3ObjectStore) -> None:
    put(bucket, "a", b"x" * (3 * CHUNK_BYTES))
    with bucket.open("a") as stream:
        next(stream)
    assert list(stream) == []


def test_other_bytes_than_the_hash_says_are_refused(bucket: S3ObjectStore) -> None:
    with pytest.raises(ObjectStoreUnavailable) as refused:
        bucket.put("wrong", b"damaged", content_type="video/mp4", sha256=hashlib.sha256(b"whole").digest())
    assert refused.value.params == {"reason": "BadDigest"}
    assert not bucket.exists("wrong")


def test_an_empty_object(bucket: S3ObjectStore) -> None:
    put(bucket, "empty", b"")
    assert bucket.read("empty") == b""
    assert bucket.size("empty") == 0


@pytest.mark.parametrize(("start", "length"), [(10, None), (11, 1), (-1, None), (0, 0), (0, -1), (3, 0)])
def test_ranges_outside(bucket: S3ObjectStore, start: int, length: int | None) -> None:
    put(bucket, "ten", b"0123456789")
    with pytest.raises(ObjectRangeInvalid):
        bucket.open("ten", start, length)


def test_what_is_missing(bucket: S3ObjectStore) -> None:
    assert not bucket.exists("none")
    with pytest.raises(ObjectMissing):
        bucket.open("none")
    with pytest.raises(ObjectMissing):
        bucket.open("none", 1, 2)
    with pytest.raises(ObjectMissing):
        bucket.size("none")


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_that_could_leave(bucket: S3ObjectStore, key: str) -> None:
    for act in (
        lambda: put(bucket, key, b"evil"),
        lambda: bucket.open(key),
        lambda: bucket.exists(key),
        lambda: bucket.url(key, 60),
        lambda: bucket.local_path(key),
        lambda: bucket.delete_many([key]),
    ):
        with pytest.raises(ObjectKeyInvalid):
            act()


def test_prefixes_do_not_see_each_other(bucket: S3ObjectStore, s3_url: str) -> None:
    put(bucket, "mine", b"x")
    other = open_bucket(s3_url, prefix="other")
    assert not other.exists("mine")
    root = open_bucket(s3_url, prefix="")
    assert root.read("pre/fix/mine") == b"x"
    other.shut()
    root.shut()


def test_deleting_many(bucket: S3ObjectStore) -> None:
    put(bucket, "one", b"1")
    put(bucket, "two", b"2")
    put(bucket, "three", b"3")
    bucket.delete_many(["one", "never-there", "two", *(f"n{number}" for number in range(1100))])
    assert [bucket.exists(key) for key in ("one", "two", "three")] == [False, False, True]
    bucket.delete_many([])


def test_a_presigned_address_opens_and_ends(bucket: S3ObjectStore) -> None:
    put(bucket, KEY, b"0123456789")
    address = bucket.url(KEY, 3)
    whole = httpx.get(address)
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["Content-Type"] == "video/mp4"
    part = httpx.get(address, headers={"Range": "bytes=2-3"})
    assert (part.status_code, part.content) == (206, b"23")
    assert httpx.get(address.split("?")[0]).status_code == 403
    assert httpx.get(address.replace("0930.mp4", "0931.mp4")).status_code == 403
    assert httpx.put(address, content=b"overwritten").status_code == 403
    time.sleep(4.2)
    assert httpx.get(address).status_code == 403
    assert bucket.read(KEY) == b"0123456789"


def test_a_wrong_key_is_refused(bucket: S3ObjectStore, s3_url: str) -> None:
    put(bucket, "kept", b"x")
    thief = open_bucket(s3_url, secret_key="guessed")
    for act in (
        lambda: thief.read("kept"),
        lambda: thief.size("kept"),
        lambda: thief.exists("kept"),
        lambda: put(thief, "kept", b"y"),
        lambda: thief.delete_many(["kept"]),
    ):
        with pytest.raises(ObjectStoreUnavailable):
            act()
    assert httpx.get(thief.url("kept", 60)).status_code == 403
    thief.shut()
    assert bucket.read("kept") == b"x"


def test_the_body_is_not_hashed_for_the_signature_but_for_its_checksum() -> None:
    with answerer(Answer(200, b"")) as server:
        store = open_bucket(server.url)
        put(store, "a", b"body")
        store.shut()
        headers = {name.lower(): value for name, value in server.take().headers.items()}
    assert headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert base64.b64decode(headers["x-amz-checksum-sha256"]) == hashlib.sha256(b"body").digest()
    assert not {"x-amz-checksum-crc32", "content-md5", "x-amz-trailer"} & set(headers)


def test_a_store_that_ignores_ranges_is_not_believed() -> None:
    with answerer(Answer(200, b"0123456789")) as server:
        store = open_bucket(server.url)
        with pytest.raises(ObjectStoreUnavailable):
            store.read("a", 3, 4)
        store.shut()


def test_nobody_there_is_told_in_time() -> None:
    store = open_bucket("http://127.0.0.1:9", seconds=1)
    started = time.monotonic()
    with pytest.raises(ObjectStoreUnavailable):
        store.read("a")
    assert time.monotonic() - started < 10
    store.shut()
