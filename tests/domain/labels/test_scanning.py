"""What is said about a code, and how often it was read."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session
from time_machine import travel

from core.gs1 import TraceCode
from domain.batches.models import BatchStatus
from domain.batches.releasing import block_batch, recall_batch
from domain.labels.minting import mint_codes, void_codes
from domain.labels.models import PackageCode, Scan
from domain.labels.scanning import Verdict, count_scan, find_code, product_of, read_code
from domain.products.models import ListingStatus
from tests.factories.batches import age_batch, make_batch, make_code
from tests.factories.products import make_product, make_variant

Database = scoped_session[Session]


def read(code: PackageCode, gtin: str, lot: str, visitor: str | None = "甲") -> Verdict:
    return read_code(gtin, lot, code.serial, visitor).verdict


def test_the_first_visitor_is_told_so_and_the_second_is_not(session: Database) -> None:
    variant = make_variant()
    batch = make_batch(variant)
    code = make_code(batch)
    assert read(code, variant.gtin, batch.lot) == Verdict.GENUINE_FIRST
    assert read(code, variant.gtin, batch.lot) == Verdict.GENUINE_FIRST  # the same visitor looks again
    answer = read_code(variant.gtin, batch.lot, code.serial, "乙")
    assert (answer.verdict, answer.scans.total) == (Verdict.GENUINE, 2)
    first = session.scalar(select(func.min(Scan.scanned_at)))
    assert answer.scans.first_at == first


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(BatchStatus.IN_PRODUCTION, Verdict.NOT_RELEASED), (BatchStatus.AWAITING_TEST, Verdict.NOT_RELEASED),
     (BatchStatus.RELEASED, Verdict.BATCH_ONLY), (BatchStatus.BLOCKED, Verdict.BLOCKED),
     (BatchStatus.RECALLED, Verdict.RECALLED)],
)  # fmt: skip
def test_a_batch_code_says_how_the_batch_stands_and_counts_nothing(
    session: Database, status: BatchStatus, verdict: Verdict
) -> None:
    variant = make_variant()
    batch = make_batch(variant, status=status)
    answer = read_code(variant.gtin, batch.lot, None, "甲")
    assert answer.verdict == verdict
    assert answer.scans.total == 0
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_the_gravest_fact_is_said_first(session: Database) -> None:
    variant = make_variant(make_product(shelf_life_days=30))
    batch = make_batch(variant)
    code = make_code(batch)
    age_batch(batch, 30)
    assert read(code, variant.gtin, batch.lot) == Verdict.GENUINE_FIRST  # the last good day
    age_batch(batch, 1)
    assert read(code, variant.gtin, batch.lot) == Verdict.PAST_DATE
    void_codes(batch, [code.serial])
    session.expire(code)
    assert read(code, variant.gtin, batch.lot) == Verdict.VOID
    block_batch(batch, by="某人", reason="复检")
    assert read(code, variant.gtin, batch.lot) == Verdict.BLOCKED
    recall_batch(batch, by="某人", reason="不合格")
    assert read(code, variant.gtin, batch.lot) == Verdict.RECALLED


def test_everything_behind_a_code_comes_by_one_query(session: Database, statements: list[str]) -> None:
    variant = make_variant()
    batch = make_batch(variant)
    code = make_code(batch)
    trace = TraceCode(variant.gtin, batch.lot, code.serial)
    session.flush()
    session.expunge_all()
    statements.clear()
    facts = find_code(trace)
    assert facts is not None
    assert facts.code is not None
    assert facts.workshop.certificate is not None
    assert facts.product.name
    assert facts.variant.gtin == variant.gtin
    selects = [sql for sql in statements if "FROM batches" in sql or "certificates" in sql or "products" in sql]
    assert len(selects) == 1


@pytest.mark.parametrize(
    ("gtin", "lot", "serial"),
    [
        ("09521000101013", "A", "B"),
        ("9521000101012", "A", "B"),
        ("０9521000101012", "A", "B"),
        ("09521000101012", "A" * 21, "B"),
        ("09521000101012", "", "B"),
        ("09521000101012", "A", ""),
        ("09521000101012", "A", "B" * 21),
        ("09521000101012", "批", "B"),
        ("09521000101012", "A\0", "B"),
        ("09521000101012", "A", "B C"),
    ],
)
def test_what_is_no_code_is_malformed(session: Database, gtin: str, lot: str, serial: str) -> None:
    answer = read_code(gtin, lot, serial, "甲")
    assert answer.verdict == Verdict.MALFORMED
    assert answer.facts is None
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_a_code_we_never_issued_is_unknown(session: Database) -> None:
    variant = make_variant()
    batch, other = make_batch(variant), make_batch(variant)
    code = make_code(other)
    for lot, serial in (
        (batch.lot, code.serial),  # the serial of another batch
        (batch.lot, "000000000000"),
        (batch.lot, code.serial.lower()),
        ("NOSUCHLOT", code.serial),
        ("NOSUCHLOT", None),
        (batch.lot, "';DROP/**/TABLE--"),
    ):
        answer = read_code(variant.gtin, lot, serial, "甲")
        assert answer.verdict == Verdict.UNKNOWN, (lot, serial)
        assert answer.facts is None
    assert read_code(make_variant().gtin, batch.lot, code.serial, "甲").verdict == Verdict.UNKNOWN
    assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_a_program_reads_without_being_counted(session: Database) -> None:
    variant = make_variant()
    batch = make_batch(variant)
    code = make_code(batch)
    answer = read_code(variant.gtin, batch.lot, code.serial, None)
    assert (answer.verdict, answer.scans.total, answer.scans.first_at) == (Verdict.GENUINE_FIRST, 0, None)


def test_a_visitor_counts_once_a_day_where_the_workshops_are(session: Database) -> None:
    code = make_code()
    with travel("2026-11-22T15:59:00+00:00", tick=False):  # 23:59 in Zhangzhou
        assert count_scan(code, "甲").total == 1
    with travel("2026-11-22T16:00:00+00:00", tick=False):  # the next day
        assert count_scan(code, "甲").total == 2
    with travel("2026-11-23T15:59:00+00:00", tick=False):
        assert count_scan(code, "甲").total == 2


def test_nothing_of_the_visitor_is_kept_but_a_hash_that_changes_with_the_day(session: Database) -> None:
    code = make_code()
    with travel("2026-11-22T02:00:00+00:00", tick=False):
        count_scan(code, "10.0.0.1 Firefox")
    with travel("2026-11-23T02:00:00+00:00", tick=False):
        count_scan(code, "10.0.0.1 Firefox")
    hashes = session.scalars(select(Scan.visitor_hash)).all()
    assert len(set(hashes)) == 2
    assert not any("10.0.0.1" in kept or "Firefox" in kept for kept in hashes)


def test_the_product_of_a_gtin(session: Database) -> None:
    variant = make_variant()
    draft = make_variant(make_product(status=ListingStatus.DRAFT))
    assert product_of(variant.gtin) == variant.product
    assert product_of(draft.gtin) is None
    assert product_of("09521000101012") is None


def test_twenty_visitors_at_once_are_twenty_and_one_visitor_twenty_times_is_one(
    app: Flask, clean_database: None
) -> None:
    from core.db import db

    with app.app_context():
        ids = [code.id for code in mint_codes(make_batch(), 2)]
        db.session.commit()
    barrier, seen = Barrier(20, timeout=30), []

    def scan(number: int) -> None:
        with app.app_context():
            barrier.wait()
            crowded, quiet = (db.session.get_one(PackageCode, code_id) for code_id in ids)
            count_scan(crowded, f"visitor {number}")
            count_scan(quiet, "the same")
            db.session.commit()
            seen.append(number)
            db.session.remove()

    threads = [Thread(target=scan, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 20
    with app.app_context():
        counts = [
            db.session.scalar(select(func.count()).select_from(Scan).filter_by(package_code_id=code_id))
            for code_id in ids
        ]
        assert counts == [20, 1]
