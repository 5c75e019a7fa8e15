"""Web and worker are killed with SIGKILL at every step of placing, paying, refunding, dispatching and settling.

A flow names its steps in the order in which a request or a job comes to them. For each step there is a subject of its
own, which is brought to exactly that step and waits there (`Stops`); then all are killed at once. Right after it every
book must agree, as if what was under way had never begun, or had ended. Then whoever was left without an answer asks
again, a new worker starts, and what was wanted has happened once.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults import web_flows as web
from tests.faults import worker_flows as worker
from tests.faults.flows import AT_WECHAT, Flow, Queued
from tests.faults.stage import Stage
from tests.fixtures.killable import Lost
from tests.fixtures.product import wait_until
from tests.fixtures.stopping import Stops

WEB: list[type[Flow]] = [
    web.Placing, web.OpeningPayment, web.Noticing, web.Cancelling, web.Refunding, web.Declining, web.Assigning,
    web.Drafting, web.Paying, web.BankAnswering,
]  # fmt: skip
WORKER: list[type[Flow]] = [
    worker.BelievingANotice, worker.BelievingALateNotice, worker.SendingRefunds, worker.Expiring, worker.Posting,
]  # fmt: skip
JOBS_AT_ONCE = 4


@pytest.mark.parametrize("kind", WEB, ids=lambda kind: kind.__name__)
def test_the_web_server_is_killed(stage: Stage, kind: type[Flow]) -> None:
    flow = kind(stage)
    flow.prepare()
    with set_stops(stage, flow.steps) as stops:
        for batch in _batches(flow, most=len(flow.steps)):
            with asking(flow, batch, stops) as lost:
                stage.shop.kill_web()
                stops.lift()
            assert not lost, "somebody was answered"
            stage.agrees()
    for place in range(len(flow.steps)):
        flow.repeat(place)
    stage.shop.work()
    stage.agrees()
    flow.check()


@pytest.mark.parametrize("kind", WORKER, ids=lambda kind: kind.__name__)
def test_the_worker_is_killed(stage: Stage, kind: type[Flow]) -> None:
    flow = kind(stage)
    flow.prepare()
    with set_stops(stage, flow.steps) as stops:
        for batch in _batches(flow, most=JOBS_AT_ONCE):
            stage.shop.start_worker()
            stage.shop.wait_until_idle()
            with asking(flow, batch, stops):
                stage.shop.kill_worker()
                stops.lift()
            stage.agrees()
            assert stage.count("procrastinate_jobs", "status = 'doing'") >= len(batch)
    if isinstance(flow, Queued):
        flow.let_go()
    stage.shop.work()
    stage.agrees()
    assert stage.count("procrastinate_jobs", "status NOT IN ('todo', 'succeeded')") == 0
    flow.check()


@contextmanager
def set_stops(stage: Stage, steps: Sequence[str]) -> Iterator[Stops]:
    stops = Stops(stage.shop.database_url, [step for step in steps if step != AT_WECHAT])
    try:
        yield stops
    finally:
        stops.remove()


@contextmanager
def asking(flow: Flow, places: Sequence[int], stops: Stops) -> Iterator[list[Any]]:
    """Every place of the batch waits at its step within the block; afterwards the list holds what was answered."""
    answered: list[int] = []
    faults: list[BaseException] = []

    def ask(place: int) -> None:
        try:
            flow.begin(place)
            answered.append(place)
        except Lost:
            pass
        except BaseException as fault:
            faults.append(fault)

    threads = []
    # Who goes furthest goes first: nobody passes a stop on the way to their own.
    for place in reversed(places):
        step = flow.steps[place]
        if step == AT_WECHAT:
            flow.stage.wechat.ask("faults", {"slow_answer_seconds": 1.5})
        else:
            stops.set(step)
        threads.append(threading.Thread(target=ask, args=(place,)))
        threads[-1].start()
        try:
            if step == AT_WECHAT:
                wait_until(functools.partial(flow.is_known_at_wechat, place), 8)
                flow.stage.wechat.ask("faults", {"slow_answer_seconds": 0})
            else:
                stops.wait(step)
        except AssertionError as missed:
            raise AssertionError(f"{missed}\n{faults}\n{flow.stage.shop.logs()}") from None
    yield answered
    for thread in threads:
        thread.join(20)
    assert not faults, faults
    if isinstance(flow, web.Noticing):
        answered.clear()  # the cashier's own answers, which say nothing about ours


def _batches(flow: Flow, most: int) -> list[list[int]]:
    size = 1 if flow.is_serial else most
    places = list(range(len(flow.steps)))
    return [places[start : start + size] for start in range(0, len(places), size)]
