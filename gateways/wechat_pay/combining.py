"""Combined payments (合单): one payment at WeChat over the sub-orders of 2 to 10 merchants. All of them are paid, or none.

Source: WeChat Pay APIv3, "合单支付". Refunds, shipping and bills go by sub-order, with its own merchant's keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # contract's notices name our own.
    from gateways.wechat_pay.contract import CodeUrl, H5Kind, H5Url, PrepayId, TradeState

FEWEST_SUBS, MOST_SUBS = 2, 10
_OUT_TRADE_NO = re.compile(r"[0-9A-Za-z]{6,32}")


@dataclass(frozen=True, slots=True)
class SubPrepay:
    """What one merchant is to get of a combined payment."""

    mchid: str
    out_trade_no: str
    description: str
    amount_fen: int
    attach: str

    def __post_init__(self) -> None:
        if not self.mchid:
            raise ValueError("a sub-order must name its merchant")
        if not _OUT_TRADE_NO.fullmatch(self.out_trade_no):
            raise ValueError("out_trade_no must be 6 to 32 of [0-9A-Za-z]")
        if type(self.amount_fen) is not int or self.amount_fen < 1:
            raise ValueError("amount_fen must be a whole number of at least 1")
        if not 1 <= len(self.description) <= 127:
            raise ValueError("description must have 1 to 127 characters")
        if not 1 <= len(self.attach) <= 128:
            raise ValueError("attach must have 1 to 128 characters")


@dataclass(frozen=True, slots=True)
class CombinedPrepay:
    """An order to be paid to several merchants at once. The same values again give a new prepay id.

    Raises ValueError for what WeChat would refuse.
    """

    appid: str
    out_trade_no: str
    subs: tuple[SubPrepay, ...]
    notify_url: str
    expires_at: datetime

    def __post_init__(self) -> None:
        if not _OUT_TRADE_NO.fullmatch(self.out_trade_no):
            raise ValueError("out_trade_no must be 6 to 32 of [0-9A-Za-z]")
        if not FEWEST_SUBS <= len(self.subs) <= MOST_SUBS:
            raise ValueError(f"a combined payment has {FEWEST_SUBS} to {MOST_SUBS} sub-orders")
        if len({self.out_trade_no, *(sub.out_trade_no for sub in self.subs)}) != len(self.subs) + 1:
            raise ValueError("every number must be another")
        if len(self.notify_url) > 255 or not self.notify_url.startswith(("https://", "http://")):
            raise ValueError("notify_url must be a full address of at most 255 characters")
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at must know its time zone")


@dataclass(frozen=True, slots=True)
class SubPayment:
    """A sub-order as WeChat sees it; its transaction is there once it is paid."""

    mchid: str
    out_trade_no: str
    trade_state: TradeState
    transaction_id: str | None
    success_at: datetime | None
    total_fen: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class CombinedPayment:
    """A combined order as WeChat sees it. Compare every sub-order with what was asked before believing any."""

    appid: str
    mchid: str
    out_trade_no: str
    openid: str | None
    subs: tuple[SubPayment, ...]

    @property
    def is_paid(self) -> bool:
        return bool(self.subs) and all(sub.trade_state.is_paid for sub in self.subs)

    @property
    def is_paid_in_part(self) -> bool:
        """Whether money came for any of it; WeChat says that it comes for all or for none."""
        return any(sub.trade_state.is_paid for sub in self.subs)

    @property
    def total_fen(self) -> int:
        return sum(sub.total_fen for sub in self.subs)

    @property
    def transaction_id(self) -> str | None:
        """The sub-orders' transactions in a row; the whole has none of its own."""
        return " ".join(sub.transaction_id or "-" for sub in self.subs) or None

    @property
    def success_at(self) -> datetime | None:
        return max((sub.success_at for sub in self.subs if sub.success_at), default=None)


@dataclass(frozen=True, slots=True)
class CombinedNotice:
    """WeChat says that a combined order is paid."""

    notice_id: str
    event_type: str
    sent_at: datetime
    payment: CombinedPayment


class CombinedPay(Protocol):
    """Combined orders that one merchant, the initiator, asks for. Raises the errors of `gateways.wechat_pay.errors`."""

    @property
    def mchid(self) -> str: ...

    def open_jsapi(self, prepay: CombinedPrepay, *, openid: str) -> PrepayId:
        """Open it for the mini-program or WeChat's own browser; `openid` belongs to `prepay.appid`."""

    def open_native(self, prepay: CombinedPrepay) -> CodeUrl:
        """Open it to be paid by scanning a QR code."""

    def open_h5(self, prepay: CombinedPrepay, *, client_ip: str, kind: H5Kind) -> H5Url:
        """Open it for a phone's browser outside WeChat."""

    def open_app(self, prepay: CombinedPrepay) -> PrepayId:
        """Open it for an app of the merchant's own."""

    def query(self, out_trade_no: str) -> CombinedPayment:
        """The combined order as it is now; raises PaymentUnknown."""

    def close(self, out_trade_no: str, appid: str, subs: tuple[tuple[str, str], ...]) -> None:
        """Make the whole impossible to pay. `subs`: (mchid, out_trade_no) of every sub-order, as it was opened with.

        May be repeated; raises PaymentAlreadyMade, PaymentUnknown.
        """
