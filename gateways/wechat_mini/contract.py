"""What the house may ask of the mini-program's server API, and the values that go in and come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol


class CodeVersion(StrEnum):
    """Which version of the mini-program a code opens."""

    RELEASE = "release"
    TRIAL = "trial"
    DEVELOP = "develop"


@dataclass(frozen=True, slots=True)
class MiniPerson:
    """Who signed in: `openid` within this mini-program, `unionid` across our apps if they are bound together."""

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that WeChat vouches for, e.g. country code "86" and number "13800138000"."""

    country_code: str
    number: str


class ShippingState(IntEnum):
    """How WeChat sees an order of the shipping management (`order_state`)."""

    TO_SHIP = 1
    SHIPPED = 2
    CONFIRMED = 3
    DONE = 4
    REFUNDED = 5
    AWAITING_SETTLEMENT = 6


@dataclass(frozen=True, slots=True)
class SentParcel:
    """A parcel of an order as WeChat is told. `receiver_contact` is masked; SF asks for it."""

    express_company: str
    tracking_number: str
    item: str
    receiver_contact: str


@dataclass(frozen=True, slots=True)
class ShippingUpload:
    """All parcels of a payment that have left. Split when it is or will be more than one."""

    out_trade_no: str
    mchid: str
    openid: str
    is_split: bool
    is_all_delivered: bool
    parcels: tuple[SentParcel, ...]
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class ShippingKnown:
    """What WeChat knows of a payment's shipping; `parcels` are pairs of carrier and number."""

    state: ShippingState
    is_all_delivered: bool
    parcels: frozenset[tuple[str, str]]


class Suggestion(StrEnum):
    """What WeChat advises about a text or a photo: let it pass, let a person look, or keep it away from people."""

    PASS = "pass"  # noqa: S105
    REVIEW = "review"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class ContentVerdict:
    """`label` is WeChat's number for what is wrong (100: nothing, 10001 advertising, 20003 abuse, …)."""

    suggestion: Suggestion
    label: int


class WechatMini(Protocol):
    """One mini-program. Raises the errors of `gateways.wechat_mini.errors`."""

    @property
    def appid(self) -> str: ...

    def code_to_session(self, login_code: str) -> MiniPerson:
        """Who `wx.login` gave this code to. It works once. The session key is dropped: nothing of ours needs it."""

    def phone_number(self, phone_code: str, openid: str) -> PhoneNumber:
        """The number behind the phone button's code, if it was `openid` who pressed it. Costs money; works once."""

    def code_image(
        self, scene: str, page: str, *, version: CodeVersion = CodeVersion.RELEASE, check_path: bool = True,
        width_pixels: int = 430,
    ) -> bytes:  # fmt: skip
        """A mini-program code (PNG or JPEG) that opens `page` with `scene`.

        InvalidInput names what WeChat would refuse: `scene` (1–32 of its alphabet), `page` (no leading slash, no
        query), `width_pixels` (280–1280). PageUnknown: the page isn't released and `check_path` is on.
        """

    def shipping_of(self, out_trade_no: str, mchid: str) -> ShippingKnown:
        """What WeChat knows of a payment's shipping. ShippingOrderUnknown while it hasn't heard of the payment."""

    def upload_shipping(self, upload: ShippingUpload) -> None:
        """Tell WeChat what has left. Raises the `Shipping…` errors."""

    def set_order_path(self, path: str) -> None:
        """Where WeChat's order centre leads; `path` holds the literal `${商品订单号}`."""

    def send_subscribed(
        self, openid: str, template_id: str, data: Mapping[str, str], page: str, version: str = "formal"
    ) -> None:
        """One subscribe message, if the person accepted one of this template: else SubscriptionSpent."""

    def check_text(self, text: str, openid: str) -> ContentVerdict:
        """What WeChat's content security says about a comment of at most 2,500 characters (msg_sec_check, scene 2).

        OpenidInactive: `openid` didn't open the mini-program in the last two hours; a person has to look.
        """

    def check_picture(self, url: str, openid: str) -> str:
        """Have WeChat look at the photo at a public address; the trace id under which the verdict is pushed later.

        OpenidInactive as above (media_check_async, scene 2).
        """
