"""Pages: numbered ones for screens, cursors for the API."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar

from core.errors import InvalidInput

T = TypeVar("T")
MOST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a numbered list. `number` counts from 1."""

    items: list[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / self.size))

    @property
    def has_next(self) -> bool:
        return self.number < self.pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of a list read by cursor; `next_cursor` is None at the end."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*values: int | str) -> str:
    """An opaque mark for the place after a row with these sort values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> list[int | str]:
    """The sort values of `cursor`, or InvalidInput when it isn't one of ours."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        values = None
    well_formed = isinstance(values, list) and len(values) == len(kinds)
    if not well_formed or not all(_is_of(kind, value) for value, kind in zip(values, kinds, strict=True)):
        raise InvalidInput({"cursor": "翻页标记无效"})
    return list(values)


def _is_of(kind: type, value: object) -> bool:
    """Whether a sort value is of its column's kind, and one that the database can compare with."""
    if isinstance(value, str):
        return kind is str and "\0" not in value
    return type(value) is kind and (not isinstance(value, int) or -MOST_INTEGER - 1 <= value <= MOST_INTEGER)
