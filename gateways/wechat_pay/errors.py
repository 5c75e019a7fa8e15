"""What WeChat Pay may answer instead of what was asked, named after the fact.

A refusal (4xx) is certain: nothing happened. Unavailable and untrusted are not: ask again by the order's number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from core.errors import DomainError, OutsideUnavailable


class WechatPayNotConfigured(OutsideUnavailable):
    """A key of the merchant is missing or is not what its setting says; `setting` names it."""

    message = "微信支付尚未配置完整，暂时不能付款"


class WechatPayUnavailable(OutsideUnavailable):
    """No answer in time, a 5xx, or "accepted, ask again": the outcome is unknown."""

    message = "微信支付暂时没有回应，请稍后再试"


class WechatPayBusy(WechatPayUnavailable):
    """Too many calls (429)."""

    message = "微信支付繁忙，请稍后再试"


class WechatPayUntrusted(WechatPayUnavailable):
    """An answer of success that is not proven to be WeChat's; `reason` says why. The outcome is unknown."""

    message = "微信支付的应答无法验证，请稍后再试"


class WechatPayRefused(OutsideUnavailable):
    """WeChat refused the call and nothing happened; `http_status` and `reason` (its code) tell the cases apart."""

    message = "微信支付没有接受这次请求"


class WechatPayRefusedMerchant(WechatPayRefused):
    """Our keys, appid or permissions are wrong: the operator has to act, the buyer can't."""

    message = "微信支付的商户设置有误，请联系客服"


class PaymentUnknown(WechatPayRefused):
    """WeChat has no order of this number."""

    status = 404
    message = "微信支付没有这笔订单"


class PaymentNumberUsed(WechatPayRefused):
    """The number was opened before with other parameters, or through another way of paying."""

    status = 409
    message = "这个支付单号已经使用过"


class PaymentClosed(WechatPayRefused):
    """The order was closed: it can never be paid again under this number."""

    status = 409
    message = "这笔支付已经关闭"


class PaymentAlreadyMade(WechatPayRefused):
    """The order is paid: it can neither be opened nor closed."""

    status = 409
    message = "这笔订单已经付款"


class RefundUnknown(WechatPayRefused):
    """WeChat has no refund of this number."""

    status = 404
    message = "微信支付没有这笔退款"


class RefundNotCovered(WechatPayRefused):
    """The merchant's account holds too little at the moment (NOT_ENOUGH): the same call later may succeed."""

    message = "商户账户余额不足，退款稍后再试"


class ShareUnknown(WechatPayRefused):
    """WeChat has no share, or no return of a share, of this number."""

    status = 404
    message = "微信支付没有这笔分账"


class ShareReceiverRefused(WechatPayRefused):
    """The merchant can't be a receiver of shares: its number or its registered name is wrong."""

    message = "微信支付没有接受这个分账接收方，请核对商户号和商户全称"


class BillNotReady(WechatPayRefused):
    """The day's bill is still being written (STATEMENT_CREATING)."""

    message = "微信支付的账单还没有生成"


class BillEmpty(WechatPayRefused):
    """There was no trade on that day (NO_STATEMENT_EXIST)."""

    message = "这一天没有账单"


class BillUnreadable(WechatPayUnavailable):
    """The bill is cut off, altered, of another shape, or its own sums don't add up; `reason` says which."""

    message = "微信支付的账单无法读取"


class NoticeFault(StrEnum):
    """Why a notice was not believed."""

    HEADER_MISSING = "header_missing"
    TIMESTAMP_MALFORMED = "timestamp_malformed"
    STALE = "stale"
    SIGNATURE_TYPE_UNKNOWN = "signature_type_unknown"
    SERIAL_UNKNOWN = "serial_unknown"
    SIGNATURE_WRONG = "signature_wrong"
    V2_XML = "v2_xml"
    ENVELOPE_MALFORMED = "envelope_malformed"
    ALGORITHM_UNKNOWN = "algorithm_unknown"
    UNDECIPHERABLE = "undecipherable"
    CONTENT_MALFORMED = "content_malformed"
    OTHER_MERCHANT = "other_merchant"


class NoticeRefused(DomainError):
    """A notice that must change nothing. Answer 4xx with `{"code": "FAIL", "message": …}`."""

    status: ClassVar[int] = 400
    message = "通知未通过验证"

    def __init__(self, reason: NoticeFault) -> None:
        self.reason = reason
        super().__init__(reason=reason.value)
