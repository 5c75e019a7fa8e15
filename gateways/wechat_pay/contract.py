"""What the house may ask of WeChat Pay (APIv3), and the values that go in and come out.

Amounts are whole fen. `out_trade_no` is our own number and the idempotency key of everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any, Protocol
from urllib.parse import quote

from gateways.wechat_pay.combining import CombinedNotice
from gateways.wechat_pay.sharing_contract import ProfitSharing

_OUT_TRADE_NO = re.compile(r"[0-9A-Za-z]{6,32}")
_OUT_REFUND_NO = re.compile(r"[0-9A-Za-z]{1,64}")


class TradeState(StrEnum):
    """What WeChat calls the state of an order. Failed attempts stay NOTPAY."""

    NOTPAY = "NOTPAY"
    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"

    @property
    def is_paid(self) -> bool:
        """Whether money came in: any refund, even a partial one, turns SUCCESS into REFUND."""
        return self in {TradeState.SUCCESS, TradeState.REFUND}


class H5Kind(StrEnum):
    """Where an H5 payment is made."""

    WAP = "Wap"
    IOS = "iOS"
    ANDROID = "Android"


@dataclass(frozen=True, slots=True)
class Prepay:
    """An order to be paid. The same values again give a new prepay id; other values under the number are refused.

    Raises ValueError for a value that WeChat would refuse.
    """

    appid: str
    out_trade_no: str
    description: str
    amount_fen: int
    notify_url: str
    expires_at: datetime
    attach: str | None = None
    profit_sharing: bool = False
    """Its money stays frozen until it is shared or unfrozen."""

    def __post_init__(self) -> None:
        if not _OUT_TRADE_NO.fullmatch(self.out_trade_no):
            raise ValueError("out_trade_no must be 6 to 32 of [0-9A-Za-z]")
        if type(self.amount_fen) is not int or self.amount_fen < 1:
            raise ValueError("amount_fen must be a whole number of at least 1")
        if not 1 <= len(self.description) <= 127:
            raise ValueError("description must have 1 to 127 characters")
        if self.attach is not None and not 1 <= len(self.attach) <= 128:
            raise ValueError("attach must have 1 to 128 characters")
        if len(self.notify_url) > 255 or not self.notify_url.startswith(("https://", "http://")):
            raise ValueError("notify_url must be a full address of at most 255 characters")
        if "?" in self.notify_url or "#" in self.notify_url:
            raise ValueError("notify_url must have no query")
        if self.expires_at.tzinfo is None:
            raise ValueError("expires_at must know its time zone")


@dataclass(frozen=True, slots=True)
class PrepayId:
    """Pays an order inside WeChat, until `expires_at`."""

    value: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CodeUrl:
    """The address to show as a QR code, until `expires_at`. Opening the order again kills the old one."""

    value: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class H5Url:
    """The address to send a phone's browser to, until `expires_at`."""

    value: str
    expires_at: datetime

    def returning_to(self, address: str) -> str:
        """The address with the page that WeChat comes back to; nothing else may be added to it."""
        return f"{self.value}&redirect_url={quote(address, safe='')}"


@dataclass(frozen=True, slots=True)
class JsapiParameters:
    """What a page hands to WeChat's payment sheet. Success told by the page proves nothing: query."""

    appid: str
    time_stamp: str
    nonce_str: str
    package: str
    pay_sign: str

    def for_mini_program(self) -> dict[str, str]:
        """The argument of `wx.requestPayment`."""
        return {
            "timeStamp": self.time_stamp,
            "nonceStr": self.nonce_str,
            "package": self.package,
            "signType": "RSA",
            "paySign": self.pay_sign,
        }

    def for_browser(self) -> dict[str, str]:
        """The argument of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`."""
        return {"appId": self.appid, **self.for_mini_program()}


@dataclass(frozen=True, slots=True)
class Payment:
    """An order as WeChat sees it. Everything after `trade_state` is there once it is paid, except in odd states."""

    appid: str
    mchid: str
    out_trade_no: str
    trade_state: TradeState
    transaction_id: str | None
    trade_type: str | None
    bank_type: str | None
    attach: str | None
    success_at: datetime | None
    openid: str | None
    total_fen: int | None
    payer_total_fen: int | None
    currency: str | None


class RefundState(StrEnum):
    """What WeChat calls the state of a refund. ABNORMAL: the buyer's account takes no money back."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ABNORMAL = "ABNORMAL"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class RefundWish:
    """Money of a payment that should go back. The same number refunds once, however often it is sent.

    Raises ValueError for a value that WeChat would refuse.
    """

    out_trade_no: str
    out_refund_no: str
    reason: str
    refund_fen: int
    total_fen: int
    notify_url: str

    def __post_init__(self) -> None:
        if not _OUT_REFUND_NO.fullmatch(self.out_refund_no):
            raise ValueError("out_refund_no must be 1 to 64 of [0-9A-Za-z]")
        if type(self.refund_fen) is not int or not 1 <= self.refund_fen <= self.total_fen:
            raise ValueError("refund_fen must be a whole number of at least 1 and at most total_fen")
        if not 1 <= len(self.reason) <= 80:
            raise ValueError("reason must have 1 to 80 characters")
        if len(self.notify_url) > 256 or not self.notify_url.startswith(("https://", "http://")):
            raise ValueError("notify_url must be a full address of at most 256 characters")


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as WeChat sees it. `created_at` is when it took it on."""

    refund_id: str
    out_refund_no: str
    out_trade_no: str
    transaction_id: str
    state: RefundState
    created_at: datetime | None
    success_at: datetime | None
    total_fen: int
    refund_fen: int


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """WeChat says that an order is paid. Compare appid, merchant and amount with the order before believing it."""

    notice_id: str
    event_type: str
    sent_at: datetime
    payment: Payment


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """WeChat says how a refund ended: SUCCESS, CLOSED or ABNORMAL."""

    notice_id: str
    event_type: str
    sent_at: datetime
    mchid: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class OtherNotice:
    """A true notice of a kind that has no type here; `resource` is its deciphered content."""

    notice_id: str
    event_type: str
    sent_at: datetime
    resource: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BillRow:
    """A line of a day's trade bill: a payment, or a refund of one. `fee_fen` is WeChat's, less than 0 when given back."""

    line: int
    traded_at: str
    is_refund: bool
    transaction_id: str
    out_trade_no: str
    refund_id: str
    out_refund_no: str
    state: str
    amount_fen: int
    fee_fen: int
    rate: str


Notice = PaymentNotice | CombinedNotice | RefundNotice | OtherNotice


class WechatPay(Protocol):
    """One merchant at WeChat Pay. Raises the errors of `gateways.wechat_pay.errors`; never repeats a call by itself."""

    @property
    def mchid(self) -> str: ...

    @property
    def sharing(self) -> ProfitSharing: ...

    def open_jsapi(self, prepay: Prepay, *, openid: str) -> PrepayId:
        """Open an order for the mini-program or WeChat's own browser; `openid` belongs to `prepay.appid`."""

    def open_native(self, prepay: Prepay) -> CodeUrl:
        """Open an order that is paid by scanning a QR code."""

    def open_h5(self, prepay: Prepay, *, client_ip: str, kind: H5Kind = H5Kind.WAP) -> H5Url:
        """Open an order for a phone's browser outside WeChat; `client_ip` is the buyer's real address."""

    def query_by_out_trade_no(self, out_trade_no: str) -> Payment:
        """The order as it is now; raises PaymentUnknown."""

    def close(self, out_trade_no: str) -> None:
        """Make the order impossible to pay. May be repeated; raises PaymentAlreadyMade, PaymentUnknown."""

    def refund(self, wish: RefundWish) -> Refund:
        """Send money back. After an unknown outcome query first, then repeat the same values under the same number.

        Raises RefundNotCovered while the merchant's account has too little.
        """

    def query_refund(self, out_refund_no: str) -> Refund:
        """The refund as it is now; raises RefundUnknown."""

    def refund_abnormal_to_merchant(self, refund_id: str, out_refund_no: str) -> Refund:
        """Have the money of an abnormal refund paid to the merchant's own bank account, to be handed on otherwise."""

    def trade_bill(self, on: date) -> AbstractContextManager[IO[bytes]]:
        """The plain CSV of a day (Beijing time), checked against its SHA-1, for a `with`; from 10:00 of the next day.

        Raises BillNotReady while WeChat still writes it, BillEmpty for a day without any trade.
        """

    def jsapi_parameters(self, prepay_id: str, appid: str) -> JsapiParameters:
        """Sign a prepay id for the payment sheet. Makes no call."""

    def read_notice(self, headers: Mapping[str, str], raw_body: bytes) -> Notice:
        """Verify, decipher and parse a notice, or raise NoticeRefused with its reason. Makes no call.

        `raw_body` must be the bytes as they came. Notices come twice, late and in any order.
        """

    def refresh_certificates(self) -> int:
        """Fetch the platform certificates and trust them too; how many there are (0 for a key-only merchant).

        Call it at start-up and every few hours while the merchant has certificates, never for an inbound request.
        """
