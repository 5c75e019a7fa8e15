"""Files of this machine: no key leads elsewhere, and no reader sees half an object."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateways.object_storage.contract import CHUNK_BYTES
from gateways.object_storage.errors import (
    ObjectKeyInvalid,
    ObjectMissing,
    ObjectRangeInvalid,
    ObjectStoreUnavailable,
)
from gateways.object_storage.local import LocalObjectStore

BAD_KEYS = [
    "", "/", ".", "..", "../x", "a/../../x", "a/..", "a/./b", "/etc/passwd", "a//b", "a/", ".hidden", "a/.hidden", "a\\b",
    "a\x00b", "a\nb", "a b", "甲", "a" * 129, "a/" * 300 + "b", "~/x", "C:x", "%2e%2e/x", "a\n",
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "objects")


def put(store: LocalObjectStore, key: str, body: bytes | Path) -> None:
    content = body if isinstance(body, bytes) else body.read_bytes()
    store.put(key, body, content_type="video/mp4", sha256=hashlib.sha256(content).digest())


def files_under(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")} if root.exists() else set()


def test_put_and_read(store: LocalObjectStore) -> None:
    put(store, "footage/12/2025-11-22/0930.mp4", b"0123456789")
    assert store.read("footage/12/2025-11-22/0930.mp4") == b"0123456789"
    assert store.read("footage/12/2025-11-22/0930.mp4", 3, 4) == b"3456"
    assert store.read("footage/12/2025-11-22/0930.mp4", 7) == b"789"
    assert store.read("footage/12/2025-11-22/0930.mp4", 7, 100) == b"789"
    assert store.size("footage/12/2025-11-22/0930.mp4") == 10
    assert store.exists("footage/12/2025-11-22/0930.mp4")
    assert store.local_path("footage/12/2025-11-22/0930.mp4").read_bytes() == b"0123456789"
    assert store.url("footage/12/2025-11-22/0930.mp4", 60) is None


def test_large_objects_come_in_chunks(store: LocalObjectStore) -> None:
    body = os.urandom(2 * CHUNK_BYTES + 5)
    put(store, "a", body)
    with store.open("a") as stream:
        assert [len(chunk) for chunk in stream] == [CHUNK_BYTES, CHUNK_BYTES, 5]
    with store.open("a", 1) as stream:
        assert b"".join(stream) == body[1:]


def test_a_stream_closed_early_lets_go_of_its_file(store: LocalObjectStore) -> None:
    put(store, "a", b"x" * 10)
    stream = store.open("a")
    stream.close()
    assert list(stream) == []


def test_an_empty_object(store: LocalObjectStore) -> None:
    put(store, "empty", b"")
    assert store.read("empty") == b""
    assert store.size("empty") == 0


@pytest.mark.parametrize(("start", "length"), [(10, None), (11, 1), (-1, None), (0, 0), (0, -1), (3, 0)])
def test_ranges_outside(store: LocalObjectStore, start: int, length: int | None) -> None:
    put(store, "a", b"0123456789")
    with pytest.raises(ObjectRangeInvalid) as refused:
        store.open("a", start, length)
    assert refused.value.status == 416


def test_what_is_missing(store: LocalObjectStore) -> None:
    put(store, "folder/a", b"x")
    for key in ("none", "folder", "folder/a/b", "other/none"):
        assert not store.exists(key)
        with pytest.raises(ObjectMissing):
            store.open(key)
        with pytest.raises(ObjectMissing):
            store.size(key)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_that_could_leave(store: LocalObjectStore, tmp_path: Path, key: str) -> None:
    put(store, "a", b"x")
    before = files_under(tmp_path)
    with pytest.raises(ObjectKeyInvalid):
        put(store, key, b"evil")
    with pytest.raises(ObjectKeyInvalid):
        store.open(key)
    with pytest.raises(ObjectKeyInvalid):
        store.exists(key)
    with pytest.raises(ObjectKeyInvalid):
        store.local_path(key)
    with pytest.raises(ObjectKeyInvalid):
        store.url(key, 60)
    with pytest.raises(ObjectKeyInvalid):
        store.delete_many(["a", key])
    assert files_under(tmp_path) == before


def test_a_file_stays_where_it_is_and_anybody_may_read_the_object(store: LocalObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "recording.mp4"
    source.write_bytes(b"footage")
    source.chmod(0o600)
    put(store, "a/b.mp4", source)
    assert source.read_bytes() == b"footage"
    assert store.local_path("a/b.mp4").stat().st_mode & 0o777 == 0o644
    put(store, "a/b.mp4", source)
    source.unlink()
    assert store.read("a/b.mp4") == b"footage"
    assert files_under(store.root) == {"a", "a/b.mp4"}


def test_a_file_of_another_file_system_is_copied(store: LocalObjectStore) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == store.root.parent.stat().st_dev:
        pytest.skip("one file system only")
    source = memory / f"banli-test-{os.getpid()}"
    source.write_bytes(b"footage")
    try:
        put(store, "a", source)
    finally:
        source.unlink()
    assert store.read("a") == b"footage"


def test_a_reader_sees_the_old_bytes_or_the_new(store: LocalObjectStore) -> None:
    bodies = {bytes([letter]) * 200_000 for letter in b"abc"}
    put(store, "k", next(iter(bodies)))
    done = threading.Event()

    def write() -> None:
        for _ in range(20):
            for body in bodies:
                put(store, "k", body)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(store.read("k"))
    writer.join()
    assert seen <= bodies
    assert files_under(store.root) == {"k"}


def test_an_open_stream_outlives_replacement_and_deletion(store: LocalObjectStore) -> None:
    put(store, "k", b"old")
    with store.open("k") as stream:
        put(store, "k", b"new")
        store.delete_many(["k"])
        assert b"".join(stream) == b"old"


def test_a_failed_put_leaves_nothing(store: LocalObjectStore, tmp_path: Path) -> None:
    put(store, "k", b"old")
    with pytest.raises(ObjectStoreUnavailable):
        store.put("k", tmp_path / "no such file", content_type="video/mp4", sha256=bytes(32))
    with pytest.raises(ObjectStoreUnavailable):
        put(store, "k/below-a-file", b"x")
    (store.root / "folder" / "x").mkdir(parents=True)
    with pytest.raises(ObjectStoreUnavailable):
        put(store, "folder", b"x")
    assert store.read("k") == b"old"
    assert files_under(store.root) == {"k", "folder", "folder/x"}


def test_deleting_removes_empty_folders_only(store: LocalObjectStore) -> None:
    for key in ("a/b/1", "a/b/2", "a/c/3"):
        put(store, key, b"x")
    store.delete_many(["a/b/1", "a/c/3", "a/none/4", "a/b/1/5"])
    assert files_under(store.root) == {"a", "a/b", "a/b/2"}
    store.delete_many([])
    store.delete_many(["a/b/2"])
    assert files_under(store.root) == set()
    assert store.root.is_dir()


def test_writing_beside_deleting(store: LocalObjectStore) -> None:
    """A folder may vanish between being made and being used."""

    def write(number: int) -> None:
        for turn in range(40):
            put(store, f"day/minute/{number}-{turn}", b"x")
            store.delete_many([f"day/minute/{number}-{turn}"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert files_under(store.root) == set()
