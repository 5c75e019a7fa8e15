"""Money that moved, for settlement: paid orders with discounts, parts received long ago, refunds that arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from core.clock import now
from core.db import db
from domain.orders.models import (
    Order,
    OrderFreight,
    OrderHistory,
    OrderLine,
    OrderLineDiscount,
    OrderRefund,
    OrderRefundLine,
    OrderStatus,
    WorkshopOrder,
    WorkshopOrderStatus,
)
from domain.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from domain.products.models import Variant
from tests.factories.accounts import make_buyer

_numbers = count(1)


@dataclass(frozen=True)
class Sold:
    """A line to be: amounts in fen; `own_fen` of its discount is borne by its workshop, `cluster_fen` by the cluster."""

    variant: Variant
    quantity: int = 1
    unit_fen: int = 1000
    own_fen: int = 0
    cluster_fen: int = 0
    basis_points: int = 500

    @property
    def amount_fen(self) -> int:
        return self.unit_fen * self.quantity


@dataclass
class Sale:
    """A paid order as plain keys, usable outside its session."""

    order_id: int
    number: str
    payment_id: int
    line_ids: list[int] = field(default_factory=list)


def sell(lines: Sequence[Sold], freights: dict[int, int] | None = None, at: datetime | None = None) -> Sale:
    """A paid order of `lines` with freight per workshop key, split into its parts, which are packed."""
    at, n, freights = at or now(), next(_numbers), freights or {}
    goods = sum(line.amount_fen for line in lines)
    discount = sum(line.own_fen + line.cluster_fen for line in lines)
    total = goods - discount + sum(freights.values())
    order = Order(
        number=f"BOOKS{n:08d}", account_id=make_buyer().id, request_key=f"books-{n}", status=OrderStatus.PAID,
        goods_fen=goods, discount_fen=discount, freight_fen=sum(freights.values()), total_fen=total,
        recipient="顾客甲", phone="13800138000", address="坂里乡 1 号", expires_at=at, paid_at=at, placed_at=at,
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    payment = Payment(
        out_trade_no=f"{order.number}M", purpose=order.number, channel="mini", appid="wx", amount_fen=total,
        status=PaymentStatus.PAID, transaction_id=f"T{order.number}", paid_at=at,
    )  # fmt: skip
    db.session.add(payment)
    rows = [_line(order, line) for line in lines]
    db.session.flush()
    for row, line in zip(rows, lines, strict=True):
        _discounts(row, line)
    for place, workshop_id in enumerate(sorted({row.workshop_id for row in rows}), 1):
        freight = freights.get(workshop_id, 0)
        own = [row for row in rows if row.workshop_id == workshop_id]
        db.session.add(OrderFreight(order_id=order.id, workshop_id=workshop_id, freight_fen=freight))
        db.session.add(
            WorkshopOrder(
                number=f"{order.number}-{place}",
                order_id=order.id,
                workshop_id=workshop_id,
                status=WorkshopOrderStatus.PACKED,
                goods_fen=sum(row.amount_fen for row in own),
                discount_fen=sum(row.discount_fen for row in own),
                freight_fen=freight,
            )
        )
    db.session.flush()
    return Sale(order.id, order.number, payment.id, [row.id for row in rows])


def receive(sale: Sale, days_ago: float = 10, workshop_id: int | None = None) -> None:
    """The buyer had the parts (of one workshop only, if told) in hand `days_ago`."""
    parts = db.session.query(WorkshopOrder).filter_by(order_id=sale.order_id)
    for part in parts.filter_by(workshop_id=workshop_id) if workshop_id else parts:
        part.status = WorkshopOrderStatus.RECEIVED
        db.session.add(
            OrderHistory(
                order_id=sale.order_id,
                workshop_order_id=part.id,
                at=now() - timedelta(days=days_ago),
                by="test",
                from_status=WorkshopOrderStatus.SHIPPED,
                to_status=WorkshopOrderStatus.RECEIVED,
            )
        )
    db.session.flush()


def refund(
    sale: Sale,
    lines: dict[int, int],
    freights: dict[int, int] | None = None,
    status: RefundStatus = RefundStatus.SUCCEEDED,
) -> Refund:
    """Fen per order line (and freight per workshop) that went back, as one refund."""
    n, freights = next(_numbers), freights or {}
    made = Refund(
        out_refund_no=f"R{n:08d}", payment_id=sale.payment_id, amount_fen=sum(lines.values()) + sum(freights.values()),
        reason="测试", status=status, succeeded_at=now() if status is RefundStatus.SUCCEEDED else None,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    asked = OrderRefund(out_refund_no=made.out_refund_no, order_id=sale.order_id, reason="测试", asked_by="test")
    db.session.add(asked)
    db.session.flush()
    for line_id, fen in lines.items():
        row = db.session.get_one(OrderLine, line_id)
        row.refunded_fen += fen
        _refund_line(asked, row.workshop_id, line_id, fen)
    for workshop_id, fen in freights.items():
        db.session.get_one(OrderFreight, (sale.order_id, workshop_id)).refunded_fen += fen
        _refund_line(asked, workshop_id, None, fen)
    db.session.flush()
    return made


def _line(order: Order, line: Sold) -> OrderLine:
    product = line.variant.product
    row = OrderLine(
        order_id=order.id, workshop_id=product.workshop_id, product_id=product.id, variant_id=line.variant.id,
        sku=line.variant.sku, product_slug=product.slug, product_name=product.name, variant_name=line.variant.name,
        picture="", unit_price_fen=line.unit_fen, quantity=line.quantity, amount_fen=line.amount_fen,
        discount_fen=line.own_fen + line.cluster_fen, commission_basis_points=line.basis_points,
    )  # fmt: skip
    db.session.add(row)
    return row


def _discounts(row: OrderLine, line: Sold) -> None:
    for fen, funder in ((line.own_fen, row.workshop_id), (line.cluster_fen, None)):
        if fen:
            db.session.add(
                OrderLineDiscount(
                    order_line_id=row.id,
                    source="coupon",
                    reference="test",
                    funded_by_workshop_id=funder,
                    amount_fen=fen,
                )
            )
    db.session.flush()


def _refund_line(asked: OrderRefund, workshop_id: int, line_id: int | None, fen: int) -> None:
    db.session.add(
        OrderRefundLine(order_refund_id=asked.id, workshop_id=workshop_id, order_line_id=line_id, amount_fen=fen)
    )
