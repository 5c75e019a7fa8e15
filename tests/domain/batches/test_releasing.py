"""A batch's status moves by its table only, and every move is remembered."""

from __future__ import annotations

from itertools import product
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from core.errors import DomainError, InvalidInput
from core.states import TransitionRefused
from domain.batches.finding import history_of
from domain.batches.models import TRANSITIONS, Batch, BatchStatus
from domain.batches.releasing import block_batch, move_batch, recall_batch, release_batch
from tests.factories.batches import make_batch

Database = scoped_session[Session]


def test_the_life_of_a_batch_is_remembered(session: Database) -> None:
    batch = make_batch(status=BatchStatus.RECALLED)
    moves = [(row.from_status, row.to_status, row.by) for row in history_of(batch)]
    assert moves == [
        (None, "in_production", "作坊主"),
        ("in_production", "awaiting_test", "作坊主"),
        ("awaiting_test", "released", "坂兴实验室"),
        ("released", "recalled", "长泰区市场监管局"),
    ]
    assert history_of(batch)[-1].reason == "大肠菌群超标"


@pytest.mark.parametrize(("was", "to"), list(product(BatchStatus, BatchStatus)))
def test_exactly_the_moves_of_the_table_are_possible(session: Database, was: BatchStatus, to: BatchStatus) -> None:
    batch = make_batch(status=was)
    before = len(history_of(batch))
    if to in TRANSITIONS[was]:
        move_batch(batch, to, by="某人", reason="因为")
        assert batch.status == to
        assert len(history_of(batch)) == before + 1
    else:
        with pytest.raises(TransitionRefused):
            move_batch(batch, to, by="某人", reason="因为")
        assert batch.status == was
        assert len(history_of(batch)) == before


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_block_and_a_recall_need_a_reason(session: Database, reason: str) -> None:
    batch = make_batch()
    for act in (block_batch, recall_batch):
        with pytest.raises(InvalidInput) as refused:
            act(batch, by="某人", reason=reason)
        assert "reason" in refused.value.fields
    assert batch.status == BatchStatus.RELEASED
    assert len(history_of(batch)) == 3


def test_a_blocked_batch_may_be_released_again(session: Database) -> None:
    batch = make_batch(status=BatchStatus.BLOCKED)
    assert not batch.is_sellable
    release_batch(batch, by="坂兴实验室", reason="复检合格")
    assert batch.is_sellable


def test_history_cannot_be_rewritten(session: Database) -> None:
    batch = make_batch()
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text("UPDATE batch_history SET reason = '' WHERE batch_id = :id"), {"id": batch.id})


def test_of_two_moves_at_once_the_second_sees_the_first(app: Flask, clean_database: None) -> None:
    from core.db import db

    with app.app_context():
        batch_id = make_batch(status=BatchStatus.AWAITING_TEST).id
        db.session.commit()
    barrier, outcomes = Barrier(8, timeout=30), []

    def release() -> None:
        with app.app_context():
            batch = db.session.get_one(Batch, batch_id)
            barrier.wait()
            try:
                release_batch(batch, by="坂兴实验室")
                db.session.commit()
                outcomes.append("released")
            except DomainError as error:
                db.session.rollback()
                outcomes.append(error.code)
            db.session.remove()

    threads = [Thread(target=release) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["released"] + ["transition_refused"] * 7
    with app.app_context():
        assert len(history_of(db.session.get_one(Batch, batch_id))) == 3
