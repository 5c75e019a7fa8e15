"""Races over HTTP with 64 connections, a round or two of each cell of `bench.racing`, and races of the order's own life."""

from __future__ import annotations

import functools
from collections import Counter
from uuid import uuid4

import pytest
from sqlalchemy import text

from bench.races import CELLS, Act, Arena, at_once
from bench.world import fill, sign_in_buyers
from core.db import db
from core.settings import settings
from domain.aftersale.answering import refuse
from domain.aftersale.applying import Application, apply
from domain.aftersale.arbitrating import ask_as_buyer
from domain.aftersale.models import CaseKind
from domain.batches.models import Batch
from domain.fulfillment.moves import lock_part, move_part
from domain.labels.minting import mint_codes
from domain.orders.models import OrderLine, WorkshopOrder, WorkshopOrderStatus
from domain.products.models import Variant
from tests.faults.stage import Paid, Stage
from tests.fixtures.killable import Caller
from tests.fixtures.racing import committed

CONNECTIONS = 64
ROUNDS = 2


@pytest.fixture
def arena(stage: Stage) -> Arena:
    with stage.app.app_context():
        fill(workshop_count=4, product_count=8)
        openids = [f"racer-{number}" for number in range(CONNECTIONS)]
        buyers = sign_in_buyers(openids, settings().wechat_mini_appid)
        skus = list(db.session.scalars(db.select(Variant.sku)))
    return Arena(stage.shop.base_url, stage.app, buyers, skus)


@pytest.mark.parametrize("cell", CELLS)
def test_everybody_at_once(stage: Stage, arena: Arena, cell: str) -> None:
    for _ in range(ROUNDS):
        assert CELLS[cell](arena) == []
    stage.agrees()


def test_cancelled_while_it_is_paid(stage: Stage) -> None:
    """Every notice and every tap at once, while the worker works: it is paid, or its money goes back."""
    stage.shop.start_worker()
    for _ in range(2):
        buyer, number = stage.awaiting()
        assert buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}).status_code == 200
        total_fen = stage.shop.sql("SELECT total_fen FROM orders WHERE number = %s", number)[0][0]
        cancels = [lambda: buyer.phone.api(f"/orders/{number}/cancel").status_code] * 31  # noqa: B023
        pay = lambda: int(bool(stage.wechat.pay(out_trade_no=f"{number}M")))  # noqa: B023, E731
        answers = at_once([pay, *cancels, *_notices(stage, number, 16)])
        assert set(answers) <= {1, 200, 204, 409}
        stage.shop.wait_until_idle()
        [(status,)] = stage.shop.sql("SELECT status FROM orders WHERE number = %s", number)
        refunded = [fen for payment, fen in stage.refunds_at_wechat() if payment == f"{number}M"]
        assert (status, refunded) in [("paid", []), ("cancelled", [total_fen])]
        assert (200 in answers) == (status == "cancelled")
    stage.agrees()


def test_packed_while_it_is_given_up(stage: Stage) -> None:
    for _ in range(2):
        paid = stage.paid()
        owner, part = stage.owner(paid.makers[0]), f"{paid.number}-1"
        with committed(stage.app):
            variant_id = db.session.get_one(OrderLine, paid.line_id).variant_id
            batch = db.session.query(Batch).filter_by(variant_id=variant_id).one()
            serial = mint_codes(batch, 1)[0].serial
        pack: Act = lambda: owner.form(f"/workshop/orders/{part}/pack", code=serial).status_code  # noqa: B023, E731
        answers = at_once(_mixed(pack, _give_up(paid)))
        packed = stage.count("packed_packages")
        assert Counter(answers)[302] == packed
        assert Counter(answers)[200] == 1 - packed
        assert stage.count("refunds", f"out_refund_no LIKE '{paid.number}%%'") == 1 - packed
        stage.agrees()
        with stage.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("DELETE FROM packed_packages"))


def test_received_while_money_is_asked_back(stage: Stage) -> None:
    paid = stage.paid()
    _ship(stage, paid)
    phone = paid.buyer.phone
    wish = {"kind": "refund_only", "quantity": 1, "text": "少了一瓶"}
    answers = at_once(
        _mixed(
            lambda: phone.api(f"/orders/{paid.number}/confirm-receipt").status_code,
            lambda: phone.api(f"/orders/{paid.number}/lines/{paid.sku}/aftersale", wish).status_code,
        )
    )
    assert Counter(answers) == {200: 1, 201: 1, 409: CONNECTIONS - 2}
    assert stage.count("aftersale_cases") == stage.count("order_history", "to_status = 'received'") == 1
    stage.agrees()


def test_the_operator_decides_while_the_case_is_agreed_to(stage: Stage) -> None:
    """Two cases of one line can't take more than was paid, and a case is refunded once."""
    paid = stage.paid()
    _ship(stage, paid)
    with committed(stage.app):
        case = apply(paid.buyer.account_id, paid.number, paid.sku, Application(CaseKind.REFUND_ONLY, 2, "坏了"))
        refuse([case.workshop_id], case.number, "作坊主", "是好的")
        ask_as_buyer(paid.buyer.account_id, case.number, "请看")
        number = case.number
    operator, owner = stage.operator(), stage.owner(paid.makers[0])
    decision = {"decision": "refund", "reason": "看过"}
    answers = at_once(
        _mixed(
            lambda: operator.form(f"/cluster/aftersale/{number}/decision", **decision).status_code,
            lambda: owner.form(f"/workshop/aftersale/{number}/approve").status_code,
        )
    )
    assert Counter(answers) == {302: 1, 409: CONNECTIONS - 1}
    assert stage.count("refunds") == 1
    stage.shop.work()
    assert len(stage.refunds_at_wechat()) == 1
    stage.agrees()


def test_the_same_notices_fifty_times_at_once(stage: Stage) -> None:
    """Of a payment, then of its refund: the very same notice on fifty connections, and fifty of other ids. One effect."""
    buyer, number = stage.awaiting()
    assert buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}).status_code == 200
    stage.wechat.ask("faults", {"delay_seconds": 3000})
    stage.wechat.pay(out_trade_no=f"{number}M")
    stage.shop.start_worker()
    assert set(at_once(_notices(stage, number, 50, same=True) + _notices(stage, number, 50))) == {204}
    stage.shop.wait_until_idle()
    assert stage.count("payment_notices") == 51
    assert stage.count("workshop_orders") == stage.count("payment_history", "to_status = 'paid'") == 1
    assert stage.count("stock", "on_hand = 4 AND reserved = 0") == 1
    stage.agrees()
    stage.wechat.ask("faults", {"refund_seconds": 600})
    assert buyer.phone.api(f"/orders/{number}/cancel-paid", {"reason": "不要了"}).status_code == 200
    stage.shop.wait_until_idle()
    [(refund,)] = stage.shop.sql("SELECT out_refund_no FROM refunds WHERE status = 'processing'")
    done = {"refund_status": "SUCCESS"}
    answers = at_once(_notices(stage, refund, 50, same=True, **done) + _notices(stage, refund, 50, **done))
    assert set(answers) == {204}
    stage.shop.wait_until_idle()
    assert stage.count("payment_notices") == 102
    assert stage.count("refund_history", "to_status = 'succeeded'") == 1
    assert stage.count("refunds", "status = 'succeeded'") == 1
    assert stage.count("procrastinate_jobs", "status = 'failed'") == stage.count("payment_alarms") == 0
    stage.agrees()


def _notices(stage: Stage, number: str, count: int, *, same: bool = False, **what: str) -> list[Act]:
    """Notices of a payment's order or of a refund as WeChat signs them: the same one, or as many with ids of their own."""
    wechat = stage.shop.caller()
    about = {"out_refund_no": number} if what else {"out_trade_no": f"{number}M"}
    ids = [f"EV-{number}-{uuid4()}" for _ in range(1 if same else count)]
    made = [stage.wechat.ask("notices/craft", about | what | {"id": each}) for each in ids]
    sent = made * count if same else made
    path = "/callbacks/wechat-pay"
    return [functools.partial(_post, wechat, path, each["headers"], each["body"]) for each in sent]


def _post(caller: Caller, path: str, headers: dict[str, str], body: str) -> int:
    return caller.raw(path, headers, body).status_code


def _give_up(paid: Paid) -> Act:
    return lambda: paid.buyer.phone.api(f"/orders/{paid.number}/cancel-paid", {"reason": "不要了"}).status_code


def _mixed(one: Act, other: Act) -> list[Act]:
    """Both acts in turn, on all connections."""
    return [one, other] * (CONNECTIONS // 2)


def _ship(stage: Stage, paid: Paid) -> None:
    with committed(stage.app):
        part = db.session.query(WorkshopOrder).filter_by(order_id=paid.order_id).one()
        move_part(lock_part(part.id), WorkshopOrderStatus.PACKED, "test")
        move_part(lock_part(part.id), WorkshopOrderStatus.SHIPPED, "test")
