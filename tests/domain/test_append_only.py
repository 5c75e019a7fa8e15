"""What happened can't be rewritten: the database itself refuses to change or delete a row of these tables."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db import db
from domain.orders import cancelling
from domain.orders.models import Dispatch, DispatchKind
from domain.payments.alarms import AlarmKind, sound
from domain.payments.models import Payment, PaymentHistory, PaymentNotice, PaymentStatus, Refund, RefundHistory
from domain.payments.share_models import ShareHistory
from domain.products.listing import take_off_sale
from domain.settlement.models import WorkshopMerchant
from tests.factories.accounts import make_buyer
from tests.factories.batches import make_batch
from tests.factories.groups import ask_for_place, make_offer
from tests.factories.purchases import make_received, place

TABLES = [
    "stock_movements",
    "order_history",
    "payment_history",
    "payment_notices",
    "payment_alarms",
    "refund_history",
    "listing_history",
    "batch_history",
    "dispatches",
    "group_history",
    "profit_share_history",
    "workshop_merchants",
]


@pytest.fixture
def happened(session: Any) -> None:
    """Something to rewrite in each table."""
    variant = make_received(3)
    order = place(make_buyer(), {variant: 1})
    cancelling.cancel(order.account_id, order.number)
    ask_for_place(make_offer())
    take_off_sale(variant.product, "test")
    make_batch(variant)
    db.session.add(Dispatch(order_line_id=order.lines[0].id, kind=DispatchKind.OPENED, by="test"))
    payment = Payment(out_trade_no="ORDER0001N", purpose="ORDER0001", channel="native", appid="wx", amount_fen=1)
    db.session.add(payment)
    db.session.flush()
    db.session.add(PaymentHistory(payment_id=payment.id, by="test", from_status=None, to_status=PaymentStatus.OPEN))
    db.session.add(PaymentNotice(notice_id="EV-1", event_type="TRANSACTION.SUCCESS", resource={}))
    sound(AlarmKind.PAYMENT_UNKNOWN, "NOBODY0001")
    refund = Refund(out_refund_no="R1", payment_id=payment.id, amount_fen=1, reason="test")
    db.session.add(refund)
    db.session.flush()
    db.session.add(ShareHistory(subject="account", subject_id=1, by="test", from_status=None, to_status="asked"))
    db.session.add(WorkshopMerchant(workshop_id=variant.product.workshop_id, mchid="1900000109", name="", by="test"))
    db.session.add(RefundHistory(refund_row_id=refund.id, by="test", from_status=None, to_status="asked"))
    db.session.flush()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses(happened: None, table: str, change: str) -> None:
    assert db.session.scalar(text(f"SELECT count(*) FROM {table}"))
    with pytest.raises(IntegrityError, match="append-only"):
        db.session.execute(text(change.format(table)))


def test_no_other_table_is_called_history_or_movements_without_it(session: Any) -> None:
    named = db.session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '(_history|_movements)$'")
    ).all()
    kept = db.session.scalars(
        text("SELECT event_object_table FROM information_schema.triggers WHERE trigger_name = 'append_only'")
    ).all()
    truncating = db.session.scalars(
        text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' AND tgtype & 32 > 0")
    ).all()
    assert set(named) <= set(kept)
    assert set(kept) == set(truncating)
