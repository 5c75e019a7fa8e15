"""A job exists exactly when the transaction that caused it was committed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from core import jobs
from tests.fixtures.environment import ROOT


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


KILLED_WORKER = """
import time
from app import app
from core import jobs

@jobs.job()
def note(word):
    print("at it", flush=True)
    time.sleep(60)

note = jobs.Job("tests.core.test_jobs.note", "default", note.run)
jobs.queue.tasks["tests.core.test_jobs.note"] = jobs.queue.tasks["__main__.note"]
jobs.run_worker(app)
"""
done: list[str] = []


@jobs.job()
def remember(word: str) -> None:
    """A job that leaves a trace in this process."""
    done.append(word)


def test_a_job_whose_worker_was_killed_is_done_by_another(
    app: Flask, session: scoped_session[Session], clean_database: None
) -> None:
    jobs.enqueue(jobs.Job("tests.core.test_jobs.remember", "default", remember.run), word="again")
    session.commit()
    script = KILLED_WORKER.replace("test_jobs.note", "test_jobs.remember")
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert "at it" in worker.stdout.readline().decode()
        worker.send_signal(signal.SIGKILL)
    session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    session.commit()
    jobs.run_worker(app, wait=False)
    assert done == ["again"]
    statuses = session.execute(text("SELECT status FROM procrastinate_jobs WHERE args->>'word' = 'again'")).scalars()
    assert list(statuses) == ["succeeded"]
