"""Checkout: what the order would come to, and placing it."""

from __future__ import annotations

from flask import Response
from pydantic import Field

from blueprints.shop.api.addresses import Address, address_shape
from blueprints.shop.api.cart import Cart, cart_shape
from blueprints.shop.api.orders import OrderDetail, order_detail
from blueprints.shop.api.surface import ORDERS, PREFIX, Body, Id, Sku, Slug, Text200, answer, answers, blueprint
from core.web import idempotency
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from domain.cart import totals
from domain.cart.holding import Holder
from domain.orders import placing
from domain.shipping import addresses as book
from domain.shipping.models import Address as StoredAddress


class Choice(Body):
    """Without `skus` it is the whole cart; without `address_id` the default address; without `coupon_ids` the coupons that
    together save the most. `pickups`: the workshops whose part is fetched."""

    skus: list[Sku] | None = Field(default=None, min_length=1, max_length=100)
    address_id: Id | None = None
    coupon_ids: list[Id] | None = Field(default=None, max_length=50)
    pickups: list[Slug] = Field(default_factory=list, max_length=50)


class NewOrder(Body):
    """`expected_total_fen` is the `total_fen` that the buyer saw: when it changed since, nothing is placed."""

    address_id: Id
    expected_total_fen: int = Field(ge=1, le=10**12)
    note: Text200 = ""
    skus: list[Sku] | None = Field(default=None, min_length=1, max_length=100)
    coupon_ids: list[Id] = Field(default_factory=list, max_length=50)
    pickups: list[Slug] = Field(default_factory=list, max_length=50)


class Preview(Cart):
    """The chosen lines as they would be ordered now, and where they would be sent."""

    address: Address | None
    can_be_placed: bool


@blueprint.post(
    "/checkout/preview",
    tags=[ORDERS],
    summary="试算",
    description="什么也不改变，所以不需要 Idempotency-Key。",
    responses=answers(Preview, 404),
)
@signed_in
def preview(body: Choice) -> Response:
    account_id = require_identity().account_id
    address = chosen_address(account_id, body.address_id)
    choices = totals.Choices(
        address.destination if address else None,
        frozenset(body.pickups),
        frozenset(body.coupon_ids) if body.coupon_ids is not None else None,
    )
    basket = totals.cart_totals(Holder(account_id=account_id), set(body.skus) if body.skus else None, choices)
    return answer(
        Preview(
            **dict(cart_shape(basket)),
            address=address_shape(address) if address else None,
            can_be_placed=bool(basket.lines) and not basket.has_problems and address is not None,
        )
    )


@blueprint.post(
    "/orders",
    tags=[ORDERS],
    summary="下单",
    description="库存保留到 expires_at。Idempotency-Key 永久有效：同一个键永远是同一张订单。",
    responses=answers(OrderDetail, 404, 409, 429, status=201),
)
@signed_in
def place_order(body: NewOrder) -> Response:
    account_id = require_identity().account_id
    limit("checkout", times=30, seconds=60, who=str(account_id))
    order = placing.place_order(
        account_id,
        placing.Request(
            address=book.find_address(account_id, body.address_id),
            expected_total_fen=body.expected_total_fen,
            request_key=idempotency.read_key(),
            note=body.note,
            skus=frozenset(body.skus) if body.skus else None,
            coupon_ids=frozenset(body.coupon_ids),
            pickups=frozenset(body.pickups),
        ),
    )
    return answer(order_detail(order), 201, Location=f"{PREFIX}/orders/{order.number}")


def chosen_address(account_id: int, address_id: int | None) -> StoredAddress | None:
    """The buyer's address of that id, or their default one, if any."""
    if address_id is not None:
        return book.find_address(account_id, address_id)
    return next(iter(book.list_addresses(account_id)), None)
