"""Statuses as data: a table of allowed moves, and the one way to make a move."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from core.errors import DomainError

S = TypeVar("S", bound=StrEnum)


class TransitionRefused(DomainError):
    """The status table has no such move: somebody was faster, or the act makes no sense any more."""

    message = "当前状态不能进行此操作"


def check_transition(table: Mapping[S, frozenset[S]], now: S, to: S) -> None:
    """Raise TransitionRefused unless `table` allows the move from `now` to `to`."""
    if to not in table[now]:
        raise TransitionRefused(now=now.value, to=to.value)
