"""An order that waits for its money, notices about it as WeChat signs them, and a worker in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.jobs import run_worker
from tests.factories.products import make_product
from tests.factories.purchases import make_mini_buyer, make_received, open_mini_payment, place
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat

PATH = "/callbacks/wechat-pay"
# Two wines at ¥68 and a cake at ¥12.50, which is sent for ¥8.
TOTAL_FEN = 2 * 6800 + 1250 + 800


Work = Callable[[], None]


@dataclass(frozen=True)
class Awaited:
    """An order of two workshops that waits for its money, and our number of its payment."""

    order: str
    payment: str
    buyer: int
    total_fen: int


@pytest.fixture
def awaited(app: Flask, client: FlaskClient, pretend_wechat: PretendWechat) -> Awaited:
    with committed(app):
        buyer = make_mini_buyer(pretend_wechat)
        wine = make_received(10, make_product(make_workshop()), price_fen=6800)
        cake = make_received(10, make_product(make_workshop()), price_fen=1250)
        order = place(buyer, {wine: 2, cake: 1})
        number = open_mini_payment(pretend_wechat, buyer, order)
        return Awaited(order.number, number, buyer.id, order.total_fen)


@dataclass(frozen=True)
class Sent:
    """A notice as it comes over the wire."""

    headers: dict[str, str]
    body: str

    def to(self, client: FlaskClient) -> TestResponse:
        return client.post(PATH, data=self.body.encode(), headers=self.headers)


Craft = Callable[..., Sent]


@pytest.fixture
def craft(pretend_wechat: PretendWechat, awaited: Awaited) -> Craft:
    """A notice that WeChat signed, saying that the awaited payment succeeded, or whatever else it is told to say."""

    def make(**what: Any) -> Sent:
        crafted = pretend_wechat.ask("notices/craft", {"out_trade_no": awaited.payment} | what)
        return Sent(crafted["headers"], crafted["body"])

    return make


@pytest.fixture
def work(app: Flask) -> Work:
    """Work on every job that is due, and on the jobs that those leave behind."""

    def work_on() -> None:
        for _ in range(2):
            run_worker(app, wait=False)

    return work_on
