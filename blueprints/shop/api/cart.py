"""The cart of a visitor or of a buyer, as it would be ordered now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from blueprints.shop.api.admission import own_holder
from blueprints.shop.api.products import WorkshopName
from blueprints.shop.api.surface import (
    CART,
    Answer,
    Body,
    Parameters,
    Picture,
    Sku,
    VisitorHeader,
    answer,
    answers,
    blueprint,
    picture,
)
from blueprints.shop.holders import cart_choices
from blueprints.shop.offer_shapes import savings_of
from core.web.guards import public
from core.web.language import told
from domain.cart import holding, totals


class NewLine(Body):
    """Adds to what lies in the cart already; a line holds at most 99 packets."""

    sku: Sku
    quantity: int = Field(default=1, ge=1, le=99)


class Quantity(Body):
    quantity: int = Field(ge=1, le=99)


class LinePath(Parameters):
    sku: Sku


class FlashPrice(Answer):
    """A price for a while: for `count` packets of a line, or at most so many more for the asker."""

    price_fen: int
    count: int
    ends_at: datetime


class CartLine(Answer):
    """`problem` says why the line can't be ordered as it is. `amount_fen` is before `discount_fen`."""

    sku: str
    product_slug: str
    product_name: str
    variant_name: str
    picture: Picture | None
    price_fen: int
    quantity: int
    amount_fen: int
    discount_fen: int
    flash: FlashPrice | None
    available: int
    is_perishable: bool
    problem: Literal["off_sale", "sold_out", "too_many", "too_many_at_once", "not_served"] | None


class CartGroup(Answer):
    """The goods of one workshop and the freight of its parcel."""

    workshop: WorkshopName
    lines: list[CartLine]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    until_free_fen: int = Field(description="再付这么多货款就包邮；0 表示已包邮或没有包邮")
    is_pickup: bool
    pickup_place: str = Field(description="可自提的地方；空的不能自提")


class Saving(Answer):
    """What came off, by what gave it."""

    source: Literal["flash_sale", "bundle", "coupon", "group_buy"]
    title: str
    amount_fen: int


class CouponChoice(Answer):
    """A coupon that would take something off here. One of the cluster and one of each workshop may be chosen."""

    id: int
    title: str
    workshop: str | None = Field(description="出券作坊的 slug；null 是平台券")
    is_chosen: bool


class Cart(Answer):
    """Amounts are as of now; `goods_fen` is before discounts. `count` is the number of packets."""

    groups: list[CartGroup]
    count: int
    goods_fen: int
    discount_fen: int
    freight_fen: int
    freight_is_estimate: bool = Field(description="没有收货地址时，运费按本地估算")
    total_fen: int
    savings: list[Saving]
    coupons: list[CouponChoice]
    has_problems: bool
    has_perishables: bool


@blueprint.get("/cart", tags=[CART], summary="购物车", responses=answers(Cart))
@public
def read_cart(header: VisitorHeader) -> Response:
    return _answer_cart()


@blueprint.post("/cart/lines", tags=[CART], summary="加入购物车", responses=answers(Cart, 404, 409))
@public
def add_line(body: NewLine, header: VisitorHeader) -> Response:
    holding.add(own_holder(), body.sku, body.quantity)
    return _answer_cart()


@blueprint.put("/cart/lines/<sku>", tags=[CART], summary="改数量", responses=answers(Cart, 404))
@public
def change_line(path: LinePath, body: Quantity, header: VisitorHeader) -> Response:
    holding.set_quantity(own_holder(), path.sku, body.quantity)
    return _answer_cart()


@blueprint.delete("/cart/lines/<sku>", tags=[CART], summary="移出购物车", responses=answers(Cart, 404))
@public
def remove_line(path: LinePath, header: VisitorHeader) -> Response:
    holding.set_quantity(own_holder(), path.sku, 0)
    return _answer_cart()


def cart_shape(basket: totals.Totals) -> Cart:
    return Cart(
        groups=[_group(group) for group in basket.groups],
        count=basket.count,
        goods_fen=basket.goods_fen,
        discount_fen=basket.discount_fen,
        freight_fen=basket.freight_fen,
        freight_is_estimate=basket.is_estimate,
        total_fen=basket.total_fen,
        savings=[
            Saving(source=source.value, title=words, amount_fen=fen)
            for ((source, title), _), (words, fen) in zip(
                basket.savings.items(),
                savings_of((source, title, fen) for (source, title), fen in basket.savings.items()),
                strict=True,
            )
        ],
        coupons=_coupons(basket),
        has_problems=basket.has_problems,
        has_perishables=basket.has_perishables,
    )


def _answer_cart() -> Response:
    holder = own_holder()
    return answer(cart_shape(totals.cart_totals(holder, None, cart_choices(holder.account_id))))


def _coupons(basket: totals.Totals) -> list[CouponChoice]:
    slugs = {group.workshop_id: group.workshop_slug for group in basket.groups}
    return [
        CouponChoice(
            id=coupon.id,
            title=coupon.title,
            workshop=None if coupon.funded_by_workshop_id is None else slugs.get(coupon.funded_by_workshop_id),
            is_chosen=coupon.id in basket.coupon_ids,
        )
        for coupon in basket.usable
    ]


def _group(group: totals.Group) -> CartGroup:
    return CartGroup(
        workshop=WorkshopName(slug=group.workshop_slug, name=told(group, "workshop_name")),
        lines=[_line(line) for line in group.lines],
        goods_fen=group.goods_fen,
        discount_fen=group.discount_fen,
        freight_fen=group.freight_fen,
        until_free_fen=group.until_free_fen,
        is_pickup=group.is_pickup,
        pickup_place=group.pickup_place,
    )


def _line(line: totals.Line) -> CartLine:
    return CartLine(
        sku=line.sku,
        product_slug=line.product_slug,
        product_name=told(line, "product_name"),
        variant_name=line.variant_name,
        picture=picture(line.picture),
        price_fen=line.price_fen,
        quantity=line.quantity,
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        flash=FlashPrice(price_fen=line.flash_price_fen, count=line.flash_count, ends_at=line.flash_ends_at)
        if line.flash_price_fen is not None and line.flash_ends_at is not None
        else None,
        available=line.available,
        is_perishable=line.is_perishable,
        problem=line.problem.value if line.problem else None,
    )
