"""What the house may ask of WeChat Pay's profit sharing (分账), and the values that go in and come out.

A payment opened with `profit_sharing` is frozen until it is shared or unfrozen. Amounts are whole fen; our numbers are
the idempotency keys: after an unknown outcome query first, then repeat the same values under the same number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

MOST_RECEIVERS = 50
_NUMBER = re.compile(r"[0-9A-Za-z]{1,64}")
_MCHID = re.compile(r"[0-9]{8,10}")


class ShareState(StrEnum):
    """What WeChat calls the state of a request. FINISHED says nothing of success: read each receiver."""

    PROCESSING = "PROCESSING"
    FINISHED = "FINISHED"


class ShareResult(StrEnum):
    """What became of one receiver's part. CLOSED: it got nothing, and the money is frozen as before."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"


class ReturnResult(StrEnum):
    """What became of a return."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class ShareAccount:
    """A merchant that may receive shares of payments made in one app; `name` is its registered name, sent encrypted.

    Raises ValueError for a value that WeChat would refuse.
    """

    appid: str
    mchid: str
    name: str

    def __post_init__(self) -> None:
        _check_mchid(self.mchid)
        if not self.name.strip():
            raise ValueError("name must be the merchant's registered name")


@dataclass(frozen=True, slots=True)
class ShareWish:
    """Who is to get how much of a payment: fen by merchant number, each once, at most fifty.

    Raises ValueError for a value that WeChat would refuse.
    """

    appid: str
    transaction_id: str
    out_order_no: str
    amounts: dict[str, int]
    description: str

    def __post_init__(self) -> None:
        _check_number("out_order_no", self.out_order_no)
        _check_words(self.description)
        if not 1 <= len(self.amounts) <= MOST_RECEIVERS:
            raise ValueError("there must be 1 to 50 receivers")
        for mchid, fen in self.amounts.items():
            _check_mchid(mchid)
            _check_fen(fen)


@dataclass(frozen=True, slots=True)
class UnfreezeWish:
    """What isn't shared of a payment becomes the merchant's own. The number must be new: a used one does nothing."""

    transaction_id: str
    out_order_no: str
    description: str

    def __post_init__(self) -> None:
        _check_number("out_order_no", self.out_order_no)
        _check_words(self.description)


@dataclass(frozen=True, slots=True)
class ReturnWish:
    """A merchant that received a share gives some of it back; `out_order_no` is the number of that share."""

    out_order_no: str
    out_return_no: str
    mchid: str
    amount_fen: int
    description: str

    def __post_init__(self) -> None:
        _check_number("out_order_no", self.out_order_no)
        _check_number("out_return_no", self.out_return_no)
        _check_words(self.description)
        _check_mchid(self.mchid)
        _check_fen(self.amount_fen)


@dataclass(frozen=True, slots=True)
class ShareReceiver:
    """One receiver of a share as WeChat sees it."""

    mchid: str
    amount_fen: int
    result: ShareResult
    fail_reason: str | None
    detail_id: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """A share as WeChat sees it. An unfreezing names us ourselves among the receivers."""

    order_id: str
    out_order_no: str
    transaction_id: str
    state: ShareState
    receivers: tuple[ShareReceiver, ...]


@dataclass(frozen=True, slots=True)
class ShareReturn:
    """A return as WeChat sees it."""

    return_id: str
    out_order_no: str
    out_return_no: str
    mchid: str
    amount_fen: int
    result: ReturnResult
    fail_reason: str | None
    finished_at: datetime | None


class ProfitSharing(Protocol):
    """One merchant's shares at WeChat Pay. Raises the errors of `gateways.wechat_pay.errors`; never repeats a call."""

    def add_receiver(self, account: ShareAccount) -> None:
        """Shares may go to this merchant from now on. May be repeated; raises ShareReceiverRefused."""

    def remove_receiver(self, appid: str, mchid: str) -> None:
        """Shares go there no more. May be repeated."""

    def share(self, wish: ShareWish) -> Share:
        """Share a frozen payment, leaving the rest frozen."""

    def query_share(self, transaction_id: str, out_order_no: str) -> Share:
        """The share as it is now; raises ShareUnknown."""

    def unfreeze(self, wish: UnfreezeWish) -> Share:
        """Free what isn't shared. Afterwards nothing of the payment can be shared."""

    def give_back(self, wish: ReturnWish) -> ShareReturn:
        """Fetch money back from a merchant that received a share."""

    def query_return(self, out_order_no: str, out_return_no: str) -> ShareReturn:
        """The return as it is now; raises ShareUnknown."""

    def frozen_fen(self, transaction_id: str) -> int:
        """What of a payment can still be shared."""


def _check_number(name: str, number: str) -> None:
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"{name} must be 1 to 64 of [0-9A-Za-z]")


def _check_mchid(mchid: str) -> None:
    if not _MCHID.fullmatch(mchid):
        raise ValueError("mchid must be 8 to 10 digits")


def _check_fen(fen: int) -> None:
    if type(fen) is not int or fen < 1:
        raise ValueError("an amount must be a whole number of at least 1")


def _check_words(words: str) -> None:
    if not 1 <= len(words) <= 80:
        raise ValueError("description must have 1 to 80 characters")
