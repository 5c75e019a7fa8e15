"""Background work: jobs are rows of the same PostgreSQL, enqueued in the transaction that causes them (procrastinate).

`@job` declares one; `enqueue` writes its row on the session's own connection, so a rolled-back request leaves no job
and a committed one always has its job. A worker runs each job as one transaction, in an application context.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import procrastinate
import structlog
from flask import Flask
from sqlalchemy import text

from core.clock import now
from core.db import db
from core.settings import settings

log = structlog.get_logger(__name__)
queue = procrastinate.App(connector=procrastinate.PsycopgConnector())
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :name, 0, :lock, NULL, CAST(:args AS jsonb), :at)"
    "::procrastinate_job_to_defer_v1])"
)


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job: `run` does the work inside the caller's transaction, `name` is what its rows are called."""

    name: str
    queue: str
    run: Callable[..., None]


def job(
    *, queue_name: str = "default", attempts: int = 10, cron: str | None = None
) -> Callable[[Callable[..., None]], Job]:
    """Declare a function as a job. It is retried with growing pauses up to `attempts` times (4 s, 16 s, 64 s, …).

    With `cron` (five fields, UTC) it also runs by itself; such a function takes no argument.
    """

    def declare(function: Callable[..., None]) -> Job:
        name = f"{function.__module__}.{function.__name__}"

        @functools.wraps(function)
        def in_transaction(**args: Any) -> None:
            args.pop("timestamp", None)
            _run_in_transaction(name, function, args)

        retry = procrastinate.RetryStrategy(max_attempts=attempts, exponential_wait=4)
        task = queue.task(name=name, queue=queue_name, retry=retry)(in_transaction)
        if cron:
            queue.periodic(cron=cron)(task)  # type: ignore[arg-type]
        return Job(name, queue_name, function)

    return declare


def enqueue(job: Job, *, at: datetime | None = None, lock: str | None = None, **args: Any) -> None:
    """Write a row for `job` in the current transaction. It runs after the commit, not before `at`; never without it.

    Jobs of the same `lock` run one after the other.
    """
    values = {"queue": job.queue, "name": job.name, "lock": lock, "args": orjson.dumps(args).decode(), "at": at}
    db.session.execute(_DEFER, values)


def run_worker(app: Flask, *, wait: bool = True, concurrency: int = 4) -> None:
    """Work on jobs until stopped by a signal; with `wait=False` until none is due."""
    _Worker.app = app
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(), min_size=1, max_size=concurrency + 2)
    with queue.replace_connector(connector):
        asyncio.run(_work(wait, concurrency))


@queue.periodic(cron="* * * * *")
@queue.task(name="core.jobs.retry_stalled", queueing_lock="core.jobs.retry_stalled")
async def retry_stalled(timestamp: int) -> None:
    """A job whose worker was killed is tried again once that worker's heartbeat is 30 s old."""
    for stalled in await queue.job_manager.get_stalled_jobs():
        log.warning("job_taken_over", job=stalled.task_name, id=stalled.id)
        await queue.job_manager.retry_job(stalled)


@contextmanager
def transaction() -> Iterator[None]:
    """For commands and long-lived processes, in an application context: one block is one transaction."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def libpq_url() -> str:
    """The database's address as libpq reads it, without SQLAlchemy's driver name."""
    return settings().database_url.replace("postgresql+psycopg://", "postgresql://", 1)


class _Worker:
    app: Flask


async def _work(wait: bool, concurrency: int) -> None:
    async with queue.open_async():
        await retry_stalled(0)
        await queue.run_worker_async(
            wait=wait, concurrency=concurrency, listen_notify=wait, fetch_job_polling_interval=2.0,
            delete_jobs="never", install_signal_handlers=wait,
        )  # fmt: skip


def _run_in_transaction(name: str, function: Callable[..., None], args: dict[str, Any]) -> None:
    started_at = now()
    with _Worker.app.app_context():
        try:
            with transaction():
                function(**args)
        except Exception:
            log.exception("job_failed", job=name, **args)
            raise
    log.info("job_done", job=name, seconds=round((now() - started_at).total_seconds(), 3), **args)
