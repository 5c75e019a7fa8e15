"""Placing an order: the cart's lines become an order with frozen prices and address, and its packets are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core import jobs
from core.clock import now, today
from core.db import db
from core.errors import DomainError
from core.metrics import ORDERS_PLACED
from core.numbers import order_number
from core.settings import settings
from domain.cart import holding, totals
from domain.orders.history import record_move
from domain.orders.jobs import expire_order
from domain.orders.models import Order, OrderFreight, OrderLine, OrderLineDiscount, OrderStatus
from domain.promotions import redeeming
from domain.shipping.models import Address
from domain.stock import reserving


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

    @property
    def choices(self) -> totals.Choices:
        return totals.Choices(self.address.destination, self.pickups, self.coupon_ids)


def place_order(account_id: int, request: Request) -> Order:
    """The order for the buyer's cart (or its lines of `request.skus`), awaiting payment: its packets reserved, its coupons
    used, its flash seats taken.

    The same `request_key` again gives the order made the first time. Raises CartEmpty, CartHasProblems, TotalChanged,
    CouponUnusable, FlashSeatsGone or StockInsufficient; then nothing has changed.
    """
    holder = holding.Holder(account_id=account_id)
    # The same request may be under way: wait for its cart before asking whether it made an order.
    holding.find_cart(holder, for_update=True)
    made = _made_before(account_id, request.request_key)
    if made is not None:
        return made
    basket = totals.cart_totals(holder, set(request.skus) if request.skus is not None else None, request.choices)
    _check(basket, request)
    order = _insert(account_id, request, basket)
    if order is None:
        return db.session.scalars(select(Order).filter_by(account_id=account_id, request_key=request.request_key)).one()
    record_move(order, None, OrderStatus.AWAITING_PAYMENT, by="buyer")
    holding.remove_ordered(account_id, {line.variant_id for line in basket.lines})
    jobs.enqueue(expire_order, at=order.expires_at, number=order.number)
    redeeming.take(order.number, account_id, basket.discounts)
    reserving.reserve(
        order.number,
        {line.variant_id: line.quantity for line in basket.lines},
        {line.variant_id: f"{line.product_name} {line.variant_name}" for line in basket.lines},
    )
    ORDERS_PLACED.inc()
    return order


def _made_before(account_id: int, request_key: str) -> Order | None:
    return db.session.scalars(select(Order).filter_by(account_id=account_id, request_key=request_key)).first()


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
    order_id = db.session.scalar(insert(Order).values(values).on_conflict_do_nothing().returning(Order.id))
    if order_id is None:
        return None
    db.session.add_all(
        OrderFreight(
            order_id=order_id,
            workshop_id=group.workshop_id,
            freight_fen=group.freight_fen,
            pickup_code=_pickup_code() if group.is_pickup else None,
        )
        for group in basket.groups
    )
    rows = [(_order_line(order_id, line), line) for line in basket.lines]
    db.session.add_all(row for row, _ in rows)
    db.session.flush()
    for row, line in rows:
        db.session.add_all(_line_discounts(row.id, line))
    db.session.flush()
    return db.session.get_one(Order, order_id)


def _order_line(order_id: int, line: totals.Line) -> OrderLine:
    return OrderLine(
        order_id=order_id, workshop_id=line.workshop_id, product_id=line.product_id, variant_id=line.variant_id,
        sku=line.sku, product_slug=line.product_slug, product_name=line.product_name,
        product_name_en=line.product_name_en, variant_name=line.variant_name,
        picture=line.picture, unit_price_fen=line.price_fen, quantity=line.quantity, amount_fen=line.amount_fen,
        discount_fen=line.discount_fen, commission_basis_points=line.commission_basis_points,
        is_perishable=line.is_perishable,
    )  # fmt: skip


def _line_discounts(order_line_id: int, line: totals.Line) -> list[OrderLineDiscount]:
    return [
        OrderLineDiscount(
            order_line_id=order_line_id,
            source=discount.source,
            reference=discount.reference,
            funded_by_workshop_id=discount.funded_by_workshop_id,
            amount_fen=discount.amount_fen,
        )
        for discount in line.discounts
    ]


def _pickup_code() -> str:
    """Eight digits to say at the counter; guessing is slowed down where it is typed."""
    return f"{secrets.randbelow(10**8):08d}"
