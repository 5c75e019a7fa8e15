"""Who is signed in: their name, phone and how many orders wait."""

from __future__ import annotations

from flask import Response

from blueprints.shop.api.surface import ME, Answer, Body, WechatCode, answer, answers, blueprint
from core.errors import DomainError
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from domain.accounts.identities import profile_of
from domain.accounts.phones import keep_phone
from domain.accounts.signing_in import openid_of
from domain.orders.history import status_counts
from domain.orders.models import OrderStatus
from gateways import registry


class MiniProgramNotLinked(DomainError):
    """The account never signed in to the mini-program, so WeChat knows nobody there to ask about or to be paid by."""

    message = "请先在小程序里登录"


class PhoneCode(Body):
    """What the phone button gave."""

    code: WechatCode


class Phone(Answer):
    masked_phone: str


class OrderCounts(Answer):
    awaiting_payment: int
    paid: int
    completed: int
    cancelled: int
    expired: int
    refunded: int


class Me(Answer):
    """`masked_phone` is empty until the phone was told."""

    name: str
    masked_phone: str
    is_staff: bool
    orders: OrderCounts


@blueprint.get("/me", tags=[ME], summary="我的账号", responses=answers(Me))
@signed_in
def read_me() -> Response:
    identity = require_identity()
    profile = profile_of(identity.account_id)
    counts = status_counts(identity.account_id)
    return answer(
        Me(
            name=profile.display_name,
            masked_phone=profile.masked_phone,
            is_staff=identity.is_staff,
            orders=OrderCounts(**{status.value: counts.get(status.value, 0) for status in OrderStatus}),
        )
    )


@blueprint.post(
    "/sign-in/phone",
    tags=[ME],
    summary="用手机号按钮的 code 登记手机号",
    description="每个 code 只能用一次，向微信查询要花钱，所以每分钟最多 10 次。",
    responses=answers(Phone, 400, 429, 503),
)
@signed_in
def tell_phone(body: PhoneCode) -> Response:
    account_id = require_identity().account_id
    limit("api-phone", times=10, seconds=60, who=str(account_id))
    client = registry.wechat_mini()
    openid = openid_of(account_id, client.appid)
    if openid is None:
        raise MiniProgramNotLinked
    phone = client.phone_number(body.code, openid)
    keep_phone(account_id, phone.country_code, phone.number)
    return answer(Phone(masked_phone=profile_of(account_id).masked_phone))
