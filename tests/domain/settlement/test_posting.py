"""The journal: every fact once, every entry zero, and the sums are those of orders, refunds and payments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from core.clock import now
from core.db import db
from domain.orders.models import OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from domain.settlement.models import Account, EntryKind, JournalEntry, JournalPosting
from domain.settlement.posting import Posted, post_fee, post_new, post_withdrawal, write_entry
from tests.factories.books import Sold, refund, sell
from tests.factories.products import make_product, make_variant
from tests.fixtures.racing import committed


def balances(**where: Any) -> dict[str, int]:
    """Sum per account (fen, debit positive), over all entries or those of `where`; accounts at zero are left out."""
    sums = (
        select(JournalPosting.account, func.sum(JournalPosting.amount_fen))
        .join(JournalEntry, JournalEntry.id == JournalPosting.entry_id)
        .filter_by(**where)
        .group_by(JournalPosting.account)
    )
    return {account: int(fen) for account, fen in db.session.execute(sums) if fen}


def test_a_sale_of_two_workshops_with_discounts_of_both_kinds(session: Any) -> None:
    wine, cake = make_variant(), make_variant()
    mine, theirs = wine.product.workshop_id, cake.product.workshop_id
    sale = sell(
        [
            Sold(wine, 2, 5000, own_fen=1000, cluster_fen=500, basis_points=500),
            Sold(cake, 1, 999, basis_points=250),
        ],
        {mine: 800, theirs: 600},
    )
    assert post_new() == Posted(sales=2, refunds=0, surplus=0, receipts=1)
    assert balances(workshop_id=mine) == {
        "advances": 8500 + 800, "workshop_goods": -10000, "workshop_discounts": 1000, "cluster_coupons": 500,
        "workshop_commission": 450, "cluster_commission": -450, "workshop_freight": -800,
    }  # fmt: skip
    # 2.5 % of 9.99 is 24.975 fen: half a fen and more is a fen.
    assert balances(workshop_id=theirs)["cluster_commission"] == -25
    assert balances(order_id=sale.order_id)["wechat"] == db.session.get_one(Payment, sale.payment_id).amount_fen


def test_commission_is_on_what_is_left_after_the_workshops_own_discount_and_half_a_fen_is_rounded_up(
    session: Any,
) -> None:
    variant = make_variant()
    sell([Sold(variant, 1, 1010, own_fen=0, cluster_fen=1000, basis_points=500)])
    post_new()
    assert balances()["workshop_commission"] == 51, "50.5, of the amount the cluster made up for"
    sell([Sold(variant, 1, 1010, own_fen=1000, basis_points=500)])
    post_new()
    assert balances()["workshop_commission"] == 51 + 1


def test_posting_again_changes_nothing(session: Any) -> None:
    variant = make_variant()
    sale = sell([Sold(variant, 3)])
    refund(sale, {sale.line_ids[0]: 100})
    assert post_new() == Posted(1, 1, 0, receipts=2)
    before = balances()
    assert post_new() == Posted(0, 0, 0)
    assert balances() == before


def test_three_refunds_undo_a_line_to_the_fen_and_an_unfinished_one_counts_for_nothing(session: Any) -> None:
    variant = make_variant()
    sale = sell([Sold(variant, 1, 1000, own_fen=100, cluster_fen=200, basis_points=333)])
    line = sale.line_ids[0]
    for fen, together in ((233, False), (233, False), (200, False)):
        refund(sale, {line: fen})
        if not together:
            post_new()
    pending = refund(sale, {line: 34}, status=RefundStatus.PROCESSING)
    assert post_new().refunds == 0
    assert balances()["wechat"] == 34
    pending.status = RefundStatus.SUCCEEDED
    db.session.flush()
    assert post_new().refunds == 1
    sums = balances(order_id=sale.order_id)
    assert "wechat" not in sums
    assert "advances" not in sums
    assert "cluster_commission" not in sums
    assert "cluster_coupons" not in sums
    assert sum(fen for account, fen in sums.items() if account.startswith("workshop_")) == 0


def test_freight_goes_back_without_commission(session: Any) -> None:
    variant = make_variant()
    mine = variant.product.workshop_id
    sale = sell([Sold(variant)], {mine: 800})
    refund(sale, {}, {mine: 800})
    post_new()
    assert balances()["workshop_refunds"] == 800
    assert balances()["cluster_commission"] == -50


def test_surplus_money_comes_and_goes(session: Any) -> None:
    payment = Payment(
        out_trade_no="S1M", purpose="S1", channel="mini", appid="wx", amount_fen=500, status=PaymentStatus.SURPLUS,
        paid_at=now(),
    )  # fmt: skip
    db.session.add(payment)
    db.session.flush()
    assert post_new().surplus == 1
    assert balances() == {"wechat": 500, "surplus": -500}
    db.session.add(
        Refund(out_refund_no="SR1", payment_id=payment.id, amount_fen=500, reason="x", status=RefundStatus.SUCCEEDED)
    )
    db.session.flush()
    assert post_new().surplus == 1
    assert balances() == {}


def test_fees_and_withdrawals_are_posted_once_each(session: Any) -> None:
    assert post_fee("bill_row", 1, 60, now())
    assert not post_fee("bill_row", 1, 60, now())
    assert post_withdrawal("bill_row", 1, 1000, now())
    assert balances() == {"wechat": -1060, "wechat_fees": 60, "bank": 1000}


def test_a_part_is_posted_once_its_lines_can_move_no_more(session: Any) -> None:
    """What waits to be packed may be given to another workshop: only whoever packs it is owed."""
    first, other = make_variant(), make_variant()
    sale = sell([Sold(first)])
    part = db.session.scalars(select(WorkshopOrder).filter_by(order_id=sale.order_id)).one()
    line = db.session.scalars(select(OrderLine).filter_by(order_id=sale.order_id)).one()
    part.status = WorkshopOrderStatus.TO_PACK
    db.session.flush()
    assert post_new().sales == 0
    refund(sale, {line.id: 100})
    assert post_new().refunds == 0, "a refund follows its sale"
    part.workshop_id = line.workshop_id = other.product.workshop_id
    part.status = WorkshopOrderStatus.PACKED
    db.session.flush()
    assert post_new().sales == 1
    (owed,) = {entry.workshop_id for entry in db.session.scalars(select(JournalEntry).filter_by(kind=EntryKind.SALE))}
    assert owed == other.product.workshop_id
    assert db.session.scalar(select(func.sum(JournalPosting.amount_fen))) == 0


def test_an_order_that_is_not_paid_is_not_posted(session: Any) -> None:
    sale = sell([Sold(make_variant())])
    db.session.execute(text("UPDATE orders SET paid_at = NULL WHERE id = :id"), {"id": sale.order_id})
    assert post_new() == Posted(0, 0, 0, receipts=1), "its payment is there all the same"
    assert balances() == {"wechat": 1000, "advances": -1000}


class TestTheDatabase:
    """What nobody can do, not even by hand."""

    def entry(self) -> int:
        row = JournalEntry(at=now(), kind=EntryKind.FEE, source_type="test", source_id=1)
        db.session.add(row)
        db.session.flush()
        return row.id

    def write(self, entry_id: int, *amounts: int, line: int | None = None) -> None:
        rows = [
            {"entry_id": entry_id, "account": Account.BANK, "amount_fen": fen, "order_line_id": line} for fen in amounts
        ]
        db.session.execute(insert(JournalPosting).values(rows))

    def test_refuses_an_entry_that_is_not_zero(self, session: Any) -> None:
        with pytest.raises(IntegrityError, match="does not sum to zero"):
            self.write(self.entry(), 5, -4)

    def test_refuses_more_postings_for_an_entry_even_if_they_sum_to_zero(self, session: Any) -> None:
        entry = self.entry()
        self.write(entry, 5, -5)
        with pytest.raises(IntegrityError, match="is complete"):
            self.write(entry, 1, -1)

    def test_refuses_an_entry_or_a_line_that_does_not_exist(self, session: Any) -> None:
        with pytest.raises(IntegrityError, match="there is no entry"), db.session.begin_nested():
            self.write(10**9, 1, -1)
        with pytest.raises(IntegrityError, match="there is no order_line_id"):
            self.write(self.entry(), 1, -1, line=10**9)

    @pytest.mark.parametrize("table", ["journal_entries", "journal_postings"])
    @pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_a_change(self, session: Any, table: str, change: str) -> None:
        write_entry(EntryKind.FEE, "test", 1, {Account.BANK: 1, Account.WECHAT: -1}, at=now())
        with pytest.raises(IntegrityError, match="append-only"):
            db.session.execute(text(change.format(table)))


def test_many_who_post_at_once_post_each_fact_once(app: Flask, race: Callable[..., list[Any]]) -> None:
    with committed(app):
        product = make_product()
        for _ in range(10):
            sale = sell([Sold(make_variant(product), 1, 999, cluster_fen=99), Sold(make_variant(), 2, 500)])
            refund(sale, {sale.line_ids[0]: 300})
            refund(sale, {sale.line_ids[0]: 600})
    outcomes = race(*[post_new] * 8)
    assert sorted((out.sales, out.refunds) for out in outcomes) == [(0, 0)] * 7 + [(20, 20)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == 40 + 10 + 20
        assert sum(balances().values()) == 0
        assert balances()["wechat"] == 10 * 1000


def test_posting_that_was_killed_is_repeated_whole(app: Flask, clean_database: None) -> None:
    with committed(app):
        sale = sell([Sold(make_variant(), 2)])
        refund(sale, {sale.line_ids[0]: 2000})

    def die() -> None:
        with committed(app):
            post_new()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    with app.app_context():
        assert not db.session.scalar(select(func.count()).select_from(JournalEntry))
    with committed(app):
        assert post_new() == Posted(1, 1, 0, receipts=2)
    with app.app_context():
        sums = balances()
        assert "wechat" not in sums
        assert sum(fen for account, fen in sums.items() if account.startswith("workshop_")) == 0
