"""Reviews of received lines."""

from __future__ import annotations

from typing import Any

from core.clock import now
from core.db import db
from domain.accounts.models import Account
from domain.fulfillment.moves import lock_part, move_part
from domain.fulfillment.receiving import confirm_receipt
from domain.fulfillment.reviewing import review_line
from domain.orders.models import Order, WorkshopOrderStatus
from domain.payments.models import Payment, PaymentStatus
from domain.products.models import Variant
from domain.reviews.checking import check
from domain.reviews.models import Part, Review
from domain.reviews.writing import Opinion
from tests.factories.accounts import make_buyer
from tests.factories.fulfillment import make_paid_order


def make_bought_order(wanted: dict[Variant, int], buyer: Account | None = None) -> Order:
    """A paid order, with the payment that paid it."""
    order = make_paid_order(wanted, buyer)
    db.session.add(
        Payment(
            out_trade_no=f"{order.number}M", purpose=order.number, channel="mini", appid="wx-test",
            amount_fen=order.total_fen, status=PaymentStatus.PAID, transaction_id=f"4200{order.number}", paid_at=now(),
        )
    )  # fmt: skip
    db.session.flush()
    return order


def make_shipped_order(wanted: dict[Variant, int], buyer: Account | None = None) -> Order:
    """An order whose parts are all on their way."""
    order = make_bought_order(wanted, buyer)
    for part in order.workshop_orders:
        move_part(lock_part(part.id), WorkshopOrderStatus.PACKED, "test")
        move_part(lock_part(part.id), WorkshopOrderStatus.SHIPPED, "test")
    return order


def make_received_order(wanted: dict[Variant, int], buyer: Account | None = None) -> Order:
    """An order that the buyer has in hand."""
    order = make_shipped_order(wanted, buyer)
    confirm_receipt(order, "buyer")
    return order


def make_review(variant: Variant, buyer: Account | None = None, **values: Any) -> Review:
    """A pending review of a received line (five stars unless told)."""
    buyer = buyer or make_buyer()
    order = make_received_order({variant: 1}, buyer)
    return review_line(buyer.id, order.number, variant.sku, Opinion(**({"stars": 5, "text": "好吃"} | values)))


def make_shown_review(variant: Variant, buyer: Account | None = None, **values: Any) -> Review:
    """A review that passed its check."""
    review = make_review(variant, buyer, **values)
    check(review.id, Part.REVIEW)
    return review
