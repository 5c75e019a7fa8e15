"""Placing an order: the cart's lines become an order with frozen prices and address, and its packets are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from core import jobs
from core.clock import now, today
from core.db import db, table_of
from core.errors import DomainError
from core.metrics import ORDERS_PLACED
from core.numbers import order_number
from core.settings import settings
from domain.cart import direct, holding, totals
from domain.groups.joining import Wish
from domain.orders import grouping
from domain.orders.history import record_move
from domain.orders.jobs import expire_order
from domain.orders.models import Order, OrderFreight, OrderLine, OrderLineDiscount, OrderStatus
from domain.promotions import redeeming
from domain.shipping.models import Address
from domain.stock import reserving

_MADE = select(Order.id).where(Order.account_id == bindparam("account"), Order.request_key == bindparam("key"))
_ADD_ORDER = insert(Order).on_conflict_do_nothing().returning(Order).options(lazyload("*"))
_ADD_LINES = insert(OrderLine).returning(OrderLine, sort_by_parameter_order=True)
_ADD_FREIGHTS = insert(OrderFreight).returning(OrderFreight)
_ADD_DISCOUNTS = insert(table_of(OrderLineDiscount))


class CartEmpty(DomainError):
    message = "购物车是空的"


class CartHasProblems(DomainError):
    """Some line can't be ordered as it is."""

    message = "「%(name)s」%(problem)s，请先调整购物车"


class TotalChanged(DomainError):
    """The buyer saw another total than the one that holds now."""

    message = "价格有变化，请确认新的合计"


@dataclass(frozen=True, slots=True)
class Request:
    """What a buyer sends. `expected_total_fen` is what they saw; `request_key` makes a repeated sending harmless.

    `pickups`: the workshops (slugs) whose part the buyer fetches.
    """

    address: Address
    expected_total_fen: int
    request_key: str
    note: str = ""
    skus: frozenset[str] | None = None
    coupon_ids: frozenset[int] = frozenset()
    pickups: frozenset[str] = frozenset()
    group: Wish | None = None
    """Not the cart's goods but so many packets at a group's price."""

    @property
    def choices(self) -> totals.Choices:
        return totals.Choices(self.address.destination, self.pickups, self.coupon_ids)


def place_order(account_id: int, request: Request) -> Order:
    """The order for the buyer's cart (or its lines of `request.skus`, or the goods of `request.group`), awaiting payment:
    its packets reserved, its coupons used, its flash seats and its seat in a group taken.

    The same `request_key` again gives the order made the first time. Raises CartEmpty, CartHasProblems, TotalChanged,
    CouponUnusable, FlashSeatsGone, StockInsufficient, or what `groups.joining.take` raises; then nothing has changed.
    """
    holder = holding.Holder(account_id=account_id)
    # The same request may be under way: wait for its cart before asking whether it made an order.
    holding.hold_cart(account_id)
    made_id = db.session.scalar(_MADE, {"account": account_id, "key": request.request_key})
    if made_id is not None:
        return db.session.get_one(Order, made_id)
    basket = _basket(holder, request)
    _check(basket, request)
    order = _insert(account_id, request, basket)
    if order is None:
        return db.session.scalars(select(Order).filter_by(account_id=account_id, request_key=request.request_key)).one()
    record_move(order, None, OrderStatus.AWAITING_PAYMENT, by="buyer")
    if request.group is None:
        holding.remove_ordered(account_id, {line.variant_id for line in basket.lines})
    jobs.enqueue(expire_order, at=order.expires_at, number=order.number)
    redeeming.take(order.number, account_id, basket.discounts)
    reserving.reserve(
        order.number,
        {line.variant_id: line.quantity for line in basket.lines},
        {line.variant_id: f"{line.product_name} {line.variant_name}" for line in basket.lines},
    )
    if request.group is not None:
        # The hottest row comes last: everybody who joins a group waits for it.
        grouping.take_place(order, request.group)
        jobs.enqueue(expire_order, at=order.expires_at, number=order.number)
    ORDERS_PLACED.inc()
    return order


def _basket(holder: holding.Holder, request: Request) -> totals.Totals:
    if request.group is not None and holder.account_id is not None:
        return direct.group_totals(holder.account_id, request.group, request.choices)
    return totals.cart_totals(holder, set(request.skus) if request.skus is not None else None, request.choices)


def _check(basket: totals.Totals, request: Request) -> None:
    if not basket.lines:
        raise CartEmpty
    for line in basket.lines:
        if line.problem_text is not None:
            raise CartHasProblems(name=line.product_name, problem=line.problem_text)
    if request.coupon_ids - basket.coupon_ids:
        raise redeeming.CouponUnusable
    if basket.total_fen != request.expected_total_fen:
        raise TotalChanged(total_fen=basket.total_fen)


def _insert(account_id: int, request: Request, basket: totals.Totals) -> Order | None:
    """The order's rows; None when the same request was made a moment ago by another connection."""
    values = {
        "number": order_number(today()),
        "account_id": account_id,
        "request_key": request.request_key,
        "status": OrderStatus.AWAITING_PAYMENT,
        "goods_fen": basket.goods_fen,
        "discount_fen": basket.discount_fen,
        "freight_fen": basket.freight_fen,
        "total_fen": basket.total_fen,
        "recipient": request.address.recipient,
        "phone": request.address.phone,
        "address": request.address.text,
        "note": request.note,
        "placed_at": now(),
        "expires_at": now() + timedelta(minutes=settings().order_payment_minutes),
    }
    order = db.session.scalars(_ADD_ORDER, values).first()
    if order is None:
        return None
    lines = db.session.scalars(_ADD_LINES, [_order_line(order.id, line) for line in basket.lines]).all()
    freights = db.session.scalars(_ADD_FREIGHTS, [_freight(order.id, group) for group in basket.groups]).all()
    discounts = [each for row, line in zip(lines, basket.lines, strict=True) for each in _line_discounts(row.id, line)]
    if discounts:
        db.session.execute(_ADD_DISCOUNTS, discounts)
    # What was just written needn't be read again.
    set_committed_value(order, "lines", list(lines))
    set_committed_value(order, "freights", sorted(freights, key=lambda freight: freight.workshop_id))
    set_committed_value(order, "workshop_orders", [])
    return order


def _order_line(order_id: int, line: totals.Line) -> dict[str, Any]:
    return {
        "order_id": order_id, "workshop_id": line.workshop_id, "product_id": line.product_id,
        "variant_id": line.variant_id, "sku": line.sku, "product_slug": line.product_slug,
        "product_name": line.product_name, "product_name_en": line.product_name_en, "variant_name": line.variant_name,
        "picture": line.picture, "unit_price_fen": line.price_fen, "quantity": line.quantity,
        "amount_fen": line.amount_fen, "discount_fen": line.discount_fen,
        "commission_basis_points": line.commission_basis_points, "is_perishable": line.is_perishable,
    }  # fmt: skip


def _freight(order_id: int, group: totals.Group) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "workshop_id": group.workshop_id,
        "freight_fen": group.freight_fen,
        "pickup_code": _pickup_code() if group.is_pickup else None,
    }


def _line_discounts(order_line_id: int, line: totals.Line) -> list[dict[str, Any]]:
    return [
        {
            "order_line_id": order_line_id,
            "source": discount.source,
            "reference": discount.reference,
            "funded_by_workshop_id": discount.funded_by_workshop_id,
            "amount_fen": discount.amount_fen,
        }
        for discount in line.discounts
    ]


def _pickup_code() -> str:
    """Eight digits to say at the counter; guessing is slowed down where it is typed."""
    return f"{secrets.randbelow(10**8):08d}"
