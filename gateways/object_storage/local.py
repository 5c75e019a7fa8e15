"""Objects as files under one folder of this machine."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gateways.object_storage.contract import ByteStream, check_key
from gateways.object_storage.errors import ObjectMissing, ObjectRangeInvalid, ObjectStoreUnavailable

_FILE_MODE = 0o644
_ATTEMPTS = 10


class LocalObjectStore:
    """An `ObjectStore` in `root`, which is made when the first object is stored. nginx may read its files directly."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def put(self, key: str, body: bytes | Path, *, content_type: str, sha256: bytes) -> None:
        path = self._path(key)
        try:
            for attempt in range(_ATTEMPTS):
                try:
                    return _write(path, body)
                except (FileNotFoundError, FileExistsError):
                    # Somebody removed the emptied folder between our making it and our using it.
                    if attempt == _ATTEMPTS - 1 or (isinstance(body, Path) and not body.exists()):
                        raise
        except OSError as error:
            raise ObjectStoreUnavailable(reason=error.strerror) from error

    def open(self, key: str, start: int = 0, length: int | None = None) -> ByteStream:
        path = self._path(key)
        try:
            source = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing(key=key) from None
        try:
            count = _count(os.fstat(source.fileno()).st_size, start, length)
            source.seek(start)
        except BaseException:
            source.close()
            raise
        return ByteStream(source, count)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.open(key, start, length) as stream:
            return b"".join(stream)

    def size(self, key: str) -> int:
        path = self._path(key)
        if not path.is_file():
            raise ObjectMissing(key=key)
        return path.stat().st_size

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete_many(self, keys: Iterable[str]) -> None:
        paths = [self._path(key) for key in keys]
        try:
            for path in paths:
                with suppress(NotADirectoryError):
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise ObjectStoreUnavailable(reason=error.strerror) from error
        for folder in sorted({path.parent for path in paths}):
            self._remove_empty(folder)

    def url(self, key: str, seconds: int) -> None:
        check_key(key)

    def local_path(self, key: str) -> Path:
        return self._path(key)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _remove_empty(self, folder: Path) -> None:
        """Remove `folder` and its parents while they are empty, up to the root."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _write(path: Path, body: bytes | Path) -> None:
    """Put the body under a hidden name beside `path`, flush it to the disk, then give it its name in one step."""
    _make_folder(path.parent)
    hidden = path.parent / f".{secrets.token_hex(8)}"
    try:
        if isinstance(body, Path):
            _link_or_copy(body, hidden)
        else:
            hidden.write_bytes(body)
        hidden.chmod(_FILE_MODE)
        _flush(hidden)
        hidden.replace(path)
    finally:
        # Renaming one link of a file onto another link of the same file leaves both.
        hidden.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        # Gone already if somebody deleted the object at once.
        _flush(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _flush(folder.parent)


def _link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes costs nothing; on another file system it has to be a copy."""
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _count(size: int, start: int, length: int | None) -> int:
    """How many bytes a range holds."""
    if start < 0 or (length is not None and length < 1) or (start >= size and (start, length) != (0, None)):
        raise ObjectRangeInvalid(start=start, length=length)
    return size - start if length is None else min(length, size - start)
