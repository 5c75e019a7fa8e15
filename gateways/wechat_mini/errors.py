"""What the mini-program API may answer instead, named after the fact. `errcode` is WeChat's own number."""

from __future__ import annotations

from enum import StrEnum

from core.errors import DomainError, OutsideUnavailable


class WechatNotConfigured(OutsideUnavailable):
    """A setting is missing; `setting` names it."""

    message = "微信小程序尚未配置完整"


class WechatUnavailable(OutsideUnavailable):
    """No answer in time, "system busy" (-1), or something that isn't the API's."""

    message = "微信暂时没有回应，请稍后再试"


class WechatRefused(OutsideUnavailable):
    """WeChat refused the call for a reason without a name here."""

    message = "微信没有接受这次请求"


class WechatRefusedApp(WechatRefused):
    """The appid, secret, server address or permission is wrong: the operator has to act."""

    message = "微信小程序的设置有误，请联系客服"


class WechatTokenRefused(WechatRefused):
    """The access token was refused again after it had been renewed."""

    message = "微信暂时不可用，请稍后再试"


class WechatQuotaSpent(WechatRefused):
    """A quota of the day or the minute is used up."""

    message = "微信接口的调用次数已用完，请稍后再试"


class LoginCodeRefused(DomainError):
    """The code of `wx.login` is wrong, used or older than five minutes."""

    status = 400
    message = "登录凭证已失效，请重试"


class LoginRisky(DomainError):
    """WeChat holds this user for risky and gives no session."""

    status = 403
    message = "微信认为当前账号存在风险，暂时不能登录"


class PhoneCodeRefused(DomainError):
    """The code of the phone button is wrong, used, older than five minutes, or another user's."""

    status = 400
    message = "手机号授权已失效，请重新点击获取"


class PageUnknown(WechatRefused):
    """The page of a mini-program code is not part of the released version."""

    message = "小程序页面还没有发布"


class ShippingRefused(WechatRefused):
    """The shipping management took no upload for a reason that repeating won't mend; `errcode` is its number."""

    message = "微信没有接受发货信息"


class ShippingOrderUnknown(WechatRefused):
    """WeChat doesn't know the payment yet: its systems lag behind. Try again later."""

    message = "微信还没有查到这笔支付单"


class ShippingDone(ShippingRefused):
    """The payment's shipping is over (10060002)."""


class ShippingUnchanged(ShippingRefused):
    """WeChat knows exactly this already (10060023)."""


class ShippingCorrectionSpent(ShippingRefused):
    """The one correction after everything was shipped is used up (10060003)."""


class SubscriptionSpent(WechatRefused):
    """The person accepted no message of this template, or those they accepted were sent (43101)."""

    message = "对方没有订阅这条消息"


class MessageRefused(WechatRefused):
    """Template or data are wrong (40037, 47003, 45168): the operator has to act."""

    message = "订阅消息的模板或内容有误"


class OpenidInactive(WechatRefused):
    """The person didn't open the mini-program in the last two hours, so WeChat checks nothing in their name (61010)."""

    message = "微信暂时不能检查这段内容"


class PushFault(StrEnum):
    """Why a pushed message was not believed."""

    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_WRONG = "signature_wrong"
    ENVELOPE_MALFORMED = "envelope_malformed"
    UNDECIPHERABLE = "undecipherable"
    OTHER_APP = "other_app"
    CONTENT_MALFORMED = "content_malformed"


class PushRefused(DomainError):
    """A pushed message that must change nothing."""

    status = 400
    message = "消息未通过验证"

    def __init__(self, reason: PushFault) -> None:
        self.reason = reason
        super().__init__(reason=reason.value)
