"""What a buyer does with an order: pay, give up (unpaid or paid), confirm receipt."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response
from pydantic import Field, StringConstraints

from blueprints.shop.api.accounts import MiniProgramNotLinked
from blueprints.shop.api.orders import OrderDetail, OrderPath, order_detail
from blueprints.shop.api.surface import ORDERS, Answer, Body, Text200, answer, answers, blueprint
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from domain.accounts.signing_in import openid_of
from domain.fulfillment import receiving
from domain.orders import cancelling, history, paying
from domain.payments.models import PaymentChannel
from domain.payments.opening import Way, appid_of

PartNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,20}-[0-9]{1,3}$")]


class PaymentWish(Body):
    """The mini-program pays in one way."""

    channel: Literal["mini"]


class Cancellation(Body):
    reason: Text200 = ""


class PaidCancellation(Body):
    """Without `part` all of the order is given up."""

    part: PartNumber | None = None
    reason: Text200 = ""


class Receipt(Body):
    """Without `part` every parcel on its way is received."""

    part: PartNumber | None = None


class PaymentParameters(Answer):
    """The argument of `wx.requestPayment`, word for word."""

    timeStamp: str  # noqa: N815
    nonceStr: str  # noqa: N815
    package: str
    signType: Literal["RSA"]  # noqa: N815
    paySign: str  # noqa: N815


class OpenedPayment(Answer):
    """After `wx.requestPayment` ask for the order until it is paid: what the phone says proves nothing."""

    out_trade_no: str
    parameters: PaymentParameters = Field(description="原样交给 wx.requestPayment")


@blueprint.post(
    "/orders/<number>/payment",
    tags=[ORDERS],
    summary="发起微信支付",
    description="再次发起得到同一笔支付。",
    responses=answers(OpenedPayment, 404, 409, 429, 503),
)
@signed_in
def open_payment(path: OrderPath, body: PaymentWish) -> Response:
    account_id = require_identity().account_id
    order = history.order_of(account_id, path.number)
    limit("pay", times=30, seconds=60, who=str(account_id))
    channel = PaymentChannel(body.channel)
    openid = openid_of(account_id, appid_of(channel))
    if openid is None:
        raise MiniProgramNotLinked
    opened = paying.open_payment(account_id, order, Way(channel, openid=openid))
    assert opened.parameters is not None
    parameters = PaymentParameters.model_validate(opened.parameters.for_mini_program())
    return answer(OpenedPayment(out_trade_no=opened.out_trade_no, parameters=parameters))


@blueprint.post("/orders/<number>/cancel", tags=[ORDERS], summary="取消订单", responses=answers(OrderDetail, 404, 409))
@signed_in
def cancel_order(path: OrderPath, body: Cancellation) -> Response:
    return answer(order_detail(cancelling.cancel(require_identity().account_id, path.number, body.reason)))


@blueprint.post(
    "/orders/<number>/cancel-paid",
    tags=[ORDERS],
    summary="取消已付款的订单",
    description="装箱前可以取消整单，或只取消一家作坊的那一份；付的款原路退回，见 refunds。",
    responses=answers(OrderDetail, 404, 409),
)
@signed_in
def cancel_paid_order(path: OrderPath, body: PaidCancellation) -> Response:
    account_id = require_identity().account_id
    if body.part is None:
        return answer(order_detail(cancelling.cancel_paid(account_id, path.number, body.reason)))
    return answer(order_detail(cancelling.cancel_part(account_id, path.number, body.part, body.reason)))


@blueprint.post(
    "/orders/<number>/confirm-receipt",
    tags=[ORDERS],
    summary="确认收货",
    responses=answers(OrderDetail, 404, 409),
)
@signed_in
def confirm_receipt(path: OrderPath, body: Receipt) -> Response:
    order = history.order_of(require_identity().account_id, path.number)
    receiving.confirm_receipt(order, "buyer", body.part)
    return answer(order_detail(order))
