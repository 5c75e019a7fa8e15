"""What the house may ask of the place where footage, photos and documents lie.

A key is a relative path of plain characters, e.g. `footage/12/2025-11-22/0930.mp4`. Objects are written whole: a reader
sees the old bytes or the new ones. Both stores answer the same in the same situation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from gateways.object_storage.errors import ObjectKeyInvalid

_KEY = re.compile(r"(?:[0-9A-Za-z_\-][0-9A-Za-z_.\-]{0,127}/)*[0-9A-Za-z_\-][0-9A-Za-z_.\-]{0,127}")
_KEY_LENGTH = 512
CHUNK_BYTES = 256 * 1024


class ObjectStore(Protocol):
    """Errors are those of `gateways.object_storage.errors`; every key is checked first (ObjectKeyInvalid)."""

    def put(self, key: str, body: bytes | Path, *, content_type: str, sha256: bytes) -> None:
        """Store an object, replacing one of the same key; durable on return.

        `sha256` (the digest's 32 bytes) is the caller's own hash of the body; a remote store refuses other bytes.
        A file given as `body` stays where it is, but must not be written to any more: the store may link it.
        """

    def open(self, key: str, start: int = 0, length: int | None = None) -> ByteStream:
        """The bytes from `start` on, at most `length`. Raises ObjectMissing or ObjectRangeInvalid at once.

        Close the stream or read it to its end.
        """

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """The same bytes in one piece."""

    def size(self, key: str) -> int:
        """The object's length in bytes; raises ObjectMissing."""

    def exists(self, key: str) -> bool: ...

    def delete_many(self, keys: Iterable[str]) -> None:
        """Delete what exists of `keys`; the others are no error."""

    def url(self, key: str, seconds: int) -> str | None:
        """An address that anybody may read for `seconds`, if the store hands out bytes itself. Makes no call."""

    def local_path(self, key: str) -> Path | None:
        """The object's file, if it is one on this machine."""


class Readable(Protocol):
    """Where a stream's bytes come from."""

    def read(self, count: int, /) -> bytes: ...

    def close(self) -> None: ...


class ByteStream:
    """An iterator of chunks that lets go of its source at the end, on `close`, or on leaving its `with`."""

    def __init__(self, source: Readable, length: int) -> None:
        self._source = source
        self._left = length

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        chunk = self._source.read(min(CHUNK_BYTES, self._left)) if self._left else b""
        if not chunk:
            self.close()
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._source.close()
        self._left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_key(key: str) -> str:
    """`key` itself, or ObjectKeyInvalid: no empty, hidden or `..` step, no leading slash, at most 512 characters."""
    if len(key) > _KEY_LENGTH or not _KEY.fullmatch(key):
        raise ObjectKeyInvalid(key=key[:80])
    return key
