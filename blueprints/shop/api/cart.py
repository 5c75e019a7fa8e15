"""The cart of a visitor or of a buyer, as it would be ordered now."""

from __future__ import annotations

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


class CartLine(Answer):
    """`problem` says why the line can't be ordered as it is."""

    sku: str
    product_slug: str
    product_name: str
    variant_name: str
    picture: Picture | None
    price_fen: int
    quantity: int
    amount_fen: int
    available: int
    is_perishable: bool
    problem: Literal["off_sale", "sold_out", "too_many", "not_served"] | None


class CartGroup(Answer):
    """The goods of one workshop and the freight of its parcel."""

    workshop: WorkshopName
    lines: list[CartLine]
    goods_fen: int
    freight_fen: int


class Cart(Answer):
    """Amounts are as of now. `count` is the number of packets."""

    groups: list[CartGroup]
    count: int
    goods_fen: int
    freight_fen: int
    total_fen: int
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
        freight_fen=basket.freight_fen,
        total_fen=basket.total_fen,
        has_problems=basket.has_problems,
        has_perishables=basket.has_perishables,
    )


def _answer_cart() -> Response:
    return answer(cart_shape(totals.cart_totals(own_holder())))


def _group(group: totals.Group) -> CartGroup:
    return CartGroup(
        workshop=WorkshopName(slug=group.workshop_slug, name=told(group, "workshop_name")),
        lines=[_line(line) for line in group.lines],
        goods_fen=group.goods_fen,
        freight_fen=group.freight_fen,
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
        available=line.available,
        is_perishable=line.is_perishable,
        problem=line.problem.value if line.problem else None,
    )
