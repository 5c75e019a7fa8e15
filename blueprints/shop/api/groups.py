"""Buying together (拼团): a group, what a place in one would come to, and taking it. Paid for like any order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask import Response
from pydantic import Field

from blueprints.shop.api.addresses import address_shape
from blueprints.shop.api.cart import cart_shape
from blueprints.shop.api.checkout import Preview, chosen_address
from blueprints.shop.api.orders import OrderDetail, order_detail
from blueprints.shop.api.surface import (
    GROUPS,
    PREFIX,
    Answer,
    Body,
    GroupCode,
    Id,
    Parameters,
    Picture,
    Slug,
    Text200,
    answer,
    answers,
    blueprint,
    picture,
)
from blueprints.shop.group_shapes import TeamShape, team_shape
from core.web import idempotency
from core.web.guards import current_identity, public, require_identity, signed_in
from core.web.language import told
from core.web.limits import limit
from domain.cart import direct, totals
from domain.groups import reading
from domain.groups.joining import Wish
from domain.groups.models import TeamStatus
from domain.orders import placing
from domain.shipping import addresses as book


class GroupPath(Parameters):
    code: GroupCode


class GroupAction(StrEnum):
    """A thing one can do with a group. `open`: a new group of the same offer."""

    JOIN = "join"
    INVITE = "invite"
    OPEN = "open"


class GroupMember(Answer):
    """Masked: the first sign of a name."""

    name: str
    is_opener: bool
    is_me: bool


class Group(Answer):
    """A group that somebody has paid for. `order` is the asker's own that has a seat in it."""

    code: str
    status: TeamStatus
    size: int
    paid: int
    lacks: int = Field(description="还差几个人付款")
    closes_at: datetime
    group_buy_id: int
    product_slug: str
    product_name: str
    variant_name: str
    sku: str
    picture: Picture | None
    price_fen: int
    full_price_fen: int
    members: list[GroupMember]
    order: str | None
    share_url: str
    allowed_actions: list[GroupAction]


class GroupChoice(Body):
    """With `group` in that group, else in a new one. Without `address_id` the default address. Coupons don't count."""

    group_buy_id: Id
    group: GroupCode | None = None
    quantity: int = Field(default=1, ge=1, le=99)
    address_id: Id | None = None
    pickups: list[Slug] = Field(default_factory=list, max_length=1)


class NewGroupOrder(Body):
    """`expected_total_fen` is the `total_fen` that the buyer saw: when it changed since, nothing is placed."""

    group_buy_id: Id
    group: GroupCode | None = None
    quantity: int = Field(default=1, ge=1, le=99)
    address_id: Id
    expected_total_fen: int = Field(ge=1, le=10**12)
    note: Text200 = ""
    pickups: list[Slug] = Field(default_factory=list, max_length=1)


@blueprint.get("/groups/<code>", tags=[GROUPS], summary="一个团", responses=answers(Group, 404))
@public
def read_group(path: GroupPath) -> Response:
    identity = current_identity()
    return answer(_group(team_shape(reading.find_team(path.code), identity.account_id if identity else None)))


@blueprint.post(
    "/group-orders/preview",
    tags=[GROUPS],
    summary="开团或参团的试算",
    description="什么也不改变，所以不需要 Idempotency-Key。",
    responses=answers(Preview, 404, 409),
)
@signed_in
def preview_in_group(body: GroupChoice) -> Response:
    account_id = require_identity().account_id
    address = chosen_address(account_id, body.address_id)
    choices = totals.Choices(address.destination if address else None, frozenset(body.pickups))
    basket = direct.group_totals(account_id, Wish(body.group_buy_id, body.quantity, body.group), choices)
    return answer(
        Preview(
            **dict(cart_shape(basket)),
            address=address_shape(address) if address else None,
            can_be_placed=not basket.has_problems and address is not None,
        )
    )


@blueprint.post(
    "/group-orders",
    tags=[GROUPS],
    summary="开团或参团",
    description="位子和库存保留到 expires_at。付款后等人齐；到时间没拼成自动退款。Idempotency-Key 永久有效。",
    responses=answers(OrderDetail, 404, 409, 429, status=201),
)
@signed_in
def place_in_group(body: NewGroupOrder) -> Response:
    account_id = require_identity().account_id
    limit("checkout", times=30, seconds=60, who=str(account_id))
    order = placing.place_order(
        account_id,
        placing.Request(
            address=book.find_address(account_id, body.address_id),
            expected_total_fen=body.expected_total_fen,
            request_key=idempotency.read_key(),
            note=body.note,
            pickups=frozenset(body.pickups),
            group=Wish(body.group_buy_id, body.quantity, body.group),
        ),
    )
    return answer(order_detail(order), 201, Location=f"{PREFIX}/orders/{order.number}")


def _group(shape: TeamShape) -> Group:
    product = shape.variant.product
    possible = {
        GroupAction.JOIN: shape.may_join,
        GroupAction.INVITE: shape.order is not None and shape.status == TeamStatus.OPEN,
        GroupAction.OPEN: shape.may_open,
    }
    return Group(
        code=shape.code, status=shape.status, size=shape.size, paid=shape.paid, lacks=shape.lacks,
        closes_at=shape.closes_at, group_buy_id=shape.group_buy_id, product_slug=product.slug,
        product_name=told(product), variant_name=shape.variant.name, sku=shape.variant.sku,
        picture=picture(product.pictures[0] if product.pictures else ""), price_fen=shape.price_fen,
        full_price_fen=shape.variant.price_fen, order=shape.order, share_url=shape.url,
        members=[GroupMember(name=each.name, is_opener=each.is_opener, is_me=each.is_me) for each in shape.members],
        allowed_actions=[action for action, is_possible in possible.items() if is_possible],
    )  # fmt: skip
