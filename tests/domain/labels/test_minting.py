"""Codes: only for a released batch, never more than packets, beyond guessing."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.errors import DomainError, InvalidInput
from core.numbers import ALPHABET
from domain.batches.models import Batch, BatchStatus
from domain.labels.minting import (
    BatchNotReleased,
    MoreLabelsThanPackets,
    codes_of,
    count_codes,
    mint_codes,
    void_codes,
)
from domain.labels.models import PackageCode
from tests.factories.batches import make_batch

Database = scoped_session[Session]


def test_codes_are_random_and_unique(session: Database) -> None:
    batch = make_batch(quantity=500)
    codes = mint_codes(batch, 500)
    serials = {code.serial for code in codes}
    assert len(serials) == 500
    assert all(len(serial) == 12 and set(serial) <= set(ALPHABET) for serial in serials)
    # Each place holds nearly all of the 32 letters: nothing counts up.
    assert all(len({serial[place] for serial in serials}) > 24 for place in range(12))
    assert codes_of(batch) == codes


def test_all_codes_come_by_one_insert(session: Database, statements: list[str]) -> None:
    batch = make_batch(quantity=3000)
    statements.clear()
    mint_codes(batch, 3000)
    assert len([sql for sql in statements if sql.startswith("INSERT")]) == 1


@pytest.mark.parametrize("status", [status for status in BatchStatus if status != BatchStatus.RELEASED])
def test_only_a_released_batch_gets_codes(session: Database, status: BatchStatus) -> None:
    batch = make_batch(status=status)
    with pytest.raises(BatchNotReleased):
        mint_codes(batch, 1)
    assert count_codes(batch) == 0


@pytest.mark.parametrize("count", [0, -1, -(10**9)])
def test_a_count_below_one_is_refused(session: Database, count: int) -> None:
    batch = make_batch()
    with pytest.raises(InvalidInput) as refused:
        mint_codes(batch, count)
    assert "count" in refused.value.fields
    assert count_codes(batch) == 0


def test_codes_never_outnumber_packets(session: Database) -> None:
    batch = make_batch(quantity=10)
    mint_codes(batch, 7)
    with pytest.raises(MoreLabelsThanPackets) as refused:
        mint_codes(batch, 4)
    assert refused.value.text == "这一批还能再打印 3 个追溯码"
    assert count_codes(batch) == 7
    mint_codes(batch, 3)
    assert count_codes(batch) == 10


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(quantity=st.integers(1, 40), counts=st.lists(st.integers(-2, 25), max_size=8))
def test_whatever_is_asked_for_the_limit_holds(session: Database, quantity: int, counts: list[int]) -> None:
    batch = make_batch(quantity=quantity)
    for count in counts:
        before = count_codes(batch)
        fits = 1 <= count <= quantity - before
        try:
            assert len(mint_codes(batch, count)) == count
            assert fits
        except DomainError:
            assert not fits
            assert count_codes(batch) == before
    assert count_codes(batch) <= quantity


def test_a_void_code_makes_room_for_another(session: Database) -> None:
    batch = make_batch(quantity=2)
    first, second = mint_codes(batch, 2)
    other = mint_codes(make_batch(), 1)[0]
    assert void_codes(batch, [first.serial, other.serial, "NOSUCHSERIAL"]) == 1
    session.expire_all()
    assert codes_of(batch) == [second]
    assert first.voided_at is not None
    assert other.voided_at is None
    assert void_codes(batch, [first.serial]) == 0
    mint_codes(batch, 1)


def test_two_printers_at_once_do_not_pass_the_limit(app: Flask, clean_database: None) -> None:
    from core.db import db

    with app.app_context():
        batch_id = make_batch(quantity=10).id
        db.session.commit()
    barrier, outcomes = Barrier(8, timeout=30), []

    def mint() -> None:
        with app.app_context():
            batch = db.session.get_one(Batch, batch_id)
            barrier.wait()
            try:
                outcomes.append(len(mint_codes(batch, 3)))
                db.session.commit()
            except MoreLabelsThanPackets:
                db.session.rollback()
            db.session.remove()

    threads = [Thread(target=mint) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [3, 3, 3]
    with app.app_context():
        assert len(db.session.scalars(select(PackageCode)).all()) == 9
