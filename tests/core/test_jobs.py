"""A job exists exactly when the transaction that caused it was committed."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from core import jobs


@jobs.job()
def note(word: str) -> None:
    """A job that does nothing."""


def waiting(session: scoped_session[Session]) -> list[str]:
    rows = session.execute(text("SELECT args->>'word' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"))
    return [str(row[0]) for row in rows]


def test_a_rolled_back_transaction_leaves_no_job(session: scoped_session[Session]) -> None:
    jobs.enqueue(note, word="lost")
    assert waiting(session) == ["lost"]
    session.rollback()
    assert waiting(session) == []


def test_a_committed_transaction_always_has_its_job(session: scoped_session[Session], clean_database: None) -> None:
    jobs.enqueue(note, word="kept")
    session.commit()
    session.remove()
    assert waiting(session) == ["kept"]
