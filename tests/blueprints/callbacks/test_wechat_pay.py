"""WeChat's notices over HTTP: only a proven one is kept, each is worked on once, and none makes money out of nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from core.db import db
from core.settings import settings
from domain.orders import cancelling
from domain.orders.jobs import process_notice
from domain.orders.models import Order, OrderStatus, WorkshopOrder
from domain.payments.models import Payment, PaymentNotice, PaymentStatus
from domain.stock.models import Stock
from gateways import registry
from tests.blueprints.callbacks.conftest import PATH, TOTAL_FEN, Awaited, Craft, Sent, Work
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.wechat import PretendWechat


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def jobs_of_notices(app: Flask) -> int:
    statement = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'domain.orders.jobs.process_notice'"
    with app.app_context():
        return db.session.scalar(text(statement)) or 0


def unfinished(app: Flask) -> int:
    """Jobs about notices that did not succeed: failed, or about to be tried again."""
    statement = (
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'domain.orders.jobs.process_notice' "
        "AND status <> 'succeeded'"
    )
    with app.app_context():
        return db.session.scalar(text(statement)) or 0


def standing(app: Flask) -> dict[str, Any]:
    """Where the one order, its payment, its parts and its packets stand."""
    with app.app_context():
        return {
            "order": db.session.scalars(select(Order.status)).one(),
            "payments": sorted(db.session.scalars(select(Payment.status))),
            "parts": db.session.scalar(select(func.count(WorkshopOrder.id))),
            "reserved": db.session.scalar(select(func.sum(Stock.reserved))),
            "on_hand": db.session.scalar(select(func.sum(Stock.on_hand))),
        }


WAITS = {
    "order": OrderStatus.AWAITING_PAYMENT,
    "payments": [PaymentStatus.OPEN],
    "parts": 0,
    "reserved": 3,
    "on_hand": 20,
}
PAID = {"order": OrderStatus.PAID, "payments": [PaymentStatus.PAID], "parts": 2, "reserved": 0, "on_hand": 17}


def refused(response: TestResponse, status: int, reason: str) -> None:
    assert (response.status_code, response.mimetype) == (status, "application/json")
    assert json.loads(response.data) == {"code": "FAIL", "message": reason}


def test_a_notice_pays_the_order(app: Flask, client: FlaskClient, craft: Craft, work: Work) -> None:
    response = craft().to(client)
    assert (response.status_code, response.data) == (204, b"")
    # The answer comes before the work: a slow order never makes WeChat repeat itself.
    assert standing(app) == WAITS
    work()
    assert standing(app) == PAID


def test_a_notice_signed_with_a_certificate(app: Flask, client: FlaskClient, craft: Craft, work: Work) -> None:
    sent = craft(faults={"certificate_signed": True})
    refused(sent.to(client), 400, "serial_unknown")
    assert registry.wechat_pay().refresh_certificates() > 0
    assert sent.to(client).status_code == 204
    work()
    assert standing(app) == PAID


@pytest.mark.parametrize("name", ["Timestamp", "Nonce", "Signature", "Serial"])
def test_each_header_of_the_signature_is_needed(
    client: FlaskClient, craft: Craft, unchanged: Unchanged, name: str
) -> None:
    sent = craft()
    with unchanged():
        for value in (None, ""):
            headers = {key: text for key, text in sent.headers.items() if key != f"Wechatpay-{name}"}
            headers |= {} if value is None else {f"Wechatpay-{name}": value}
            refused(Sent(headers, sent.body).to(client), 400, "header_missing")


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"signed": False}, "header_missing"),
        ({"signtest": True}, "signature_wrong"),
        ({"faults": {"tampered": True}}, "signature_wrong"),
        ({"faults": {"stale_timestamp": True}}, "stale"),
        ({"faults": {"unknown_serial": True}}, "serial_unknown"),
        ({"content": {"mchid": "1230000109"}}, "other_merchant"),
        ({"content": {"amount": {}}}, "content_malformed"),
        ({"content": {"amount": {"total": "1", "currency": "CNY"}}}, "content_malformed"),
        ({"content": {"amount": None}}, "content_malformed"),
        ({"content": {"trade_state": "SUCH"}}, "content_malformed"),
        ({"content": {"success_time": "yesterday"}}, "content_malformed"),
    ],
    ids=str,
)
def test_what_is_not_proven_changes_nothing(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, unchanged: Unchanged, what: dict[str, Any], reason: str
) -> None:
    with unchanged():
        refused(craft(**what).to(client), 400, reason)
    work()
    assert standing(app) == WAITS


def body_changed(sent: Sent) -> Sent:
    return Sent(sent.headers, sent.body.replace("encrypt-resource", "encrypt-resourcE"))


def blank_added(sent: Sent) -> Sent:
    return Sent(sent.headers, sent.body + " ")


def nonce_changed(sent: Sent) -> Sent:
    return Sent(sent.headers | {"Wechatpay-Nonce": "0" * 32}, sent.body)


def time_changed(sent: Sent) -> Sent:
    later = int(sent.headers["Wechatpay-Timestamp"]) + 1
    return Sent(sent.headers | {"Wechatpay-Timestamp": str(later)}, sent.body)


def signature_not_base64(sent: Sent) -> Sent:
    return Sent(sent.headers | {"Wechatpay-Signature": "!" * 344}, sent.body)


def signature_cut(sent: Sent) -> Sent:
    return Sent(sent.headers | {"Wechatpay-Signature": sent.headers["Wechatpay-Signature"][:-4]}, sent.body)


@pytest.mark.parametrize(
    "forge", [body_changed, blank_added, nonce_changed, time_changed, signature_not_base64, signature_cut]
)
def test_nothing_of_a_signed_notice_can_be_altered(
    client: FlaskClient, craft: Craft, unchanged: Unchanged, forge: Callable[[Sent], Sent]
) -> None:
    with unchanged():
        refused(forge(craft()).to(client), 400, "signature_wrong")


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("Wechatpay-Timestamp", "now", "timestamp_malformed"), ("Wechatpay-Timestamp", "-1", "timestamp_malformed"),
        ("Wechatpay-Timestamp", "1", "stale"), ("Wechatpay-Timestamp", "999999999999", "stale"),
        ("Wechatpay-Serial", "PUB_KEY_ID_OF_NOBODY", "serial_unknown"), ("Wechatpay-Serial", "x" * 4000, "serial_unknown"),
        ("Wechatpay-Signature-Type", "WECHATPAY2-MD5", "signature_type_unknown"),
    ],
)  # fmt: skip
def test_headers_that_make_no_sense(
    client: FlaskClient, craft: Craft, unchanged: Unchanged, header: str, value: str, reason: str
) -> None:
    sent = craft()
    with unchanged():
        refused(Sent(sent.headers | {header: value}, sent.body).to(client), 400, reason)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"null", b"[]", b"not json", b"\xff\xfe", b"\0", b'{"id":', b"<xml><return_code>SUCCESS</return_code></xml>",
     b"[" * 60000, b"9" * 60000],
    ids=lambda body: str(body[:12]),
)  # fmt: skip
def test_bodies_that_wechat_never_sends(client: FlaskClient, craft: Craft, unchanged: Unchanged, body: bytes) -> None:
    with unchanged():
        response = client.post(PATH, data=body, headers=craft().headers)
        assert response.status_code == 400
        assert json.loads(response.data)["code"] == "FAIL"
        assert client.post(PATH, data=body).status_code == 400


def test_a_body_that_is_too_large_is_not_even_verified(client: FlaskClient, craft: Craft, unchanged: Unchanged) -> None:
    with unchanged():
        refused(client.post(PATH, data=b" " * (64 * 1024 + 1), headers=craft().headers), 413, "too large")
        assert client.post(PATH, data=b" " * (33 * 1024 * 1024), headers=craft().headers).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts_are_taken(client: FlaskClient, method: str) -> None:
    response = client.open(PATH, method=method)
    assert (response.status_code, response.mimetype) == (405, "application/problem+json")
    assert "POST" in response.headers["Allow"]


def test_the_same_notice_twice(app: Flask, client: FlaskClient, craft: Craft, work: Work) -> None:
    sent = craft(id="EV-1")
    assert sent.to(client).status_code == 204
    assert sent.to(client).status_code == 204
    assert (count(app, PaymentNotice), jobs_of_notices(app)) == (1, 1)
    work()
    assert craft(id="EV-1").to(client).status_code == 204
    work()
    assert (count(app, PaymentNotice), jobs_of_notices(app)) == (1, 1)
    assert standing(app) == PAID
    assert unfinished(app) == 0


def test_the_same_payment_under_another_notices_id(app: Flask, client: FlaskClient, craft: Craft, work: Work) -> None:
    for name in ("EV-1", "EV-2", "EV-3"):
        assert craft(id=name).to(client).status_code == 204
    work()
    assert craft(id="EV-4").to(client).status_code == 204
    work()
    assert count(app, PaymentNotice) == 4
    assert standing(app) == PAID
    assert unfinished(app) == 0


def test_an_old_notice_sent_again_later_is_stale(
    app: Flask, client: FlaskClient, craft: Craft, unchanged: Unchanged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who recorded WeChat's call can't repeat it."""
    from core import clock

    sent = craft()
    real = clock.now
    monkeypatch.setattr("gateways.wechat_pay.verifying.now", lambda: real() + timedelta(seconds=301))
    with unchanged():
        refused(sent.to(client), 400, "stale")


def money(total_fen: int, currency: str = "CNY") -> dict[str, Any]:
    return {
        "amount": {
            "total": total_fen, "payer_total": total_fen, "currency": currency, "payer_currency": currency,
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        money(1),
        money(TOTAL_FEN - 1),
        money(TOTAL_FEN + 1),
        money(TOTAL_FEN * 100),
        money(0),
        money(-TOTAL_FEN),
        money(TOTAL_FEN, "USD"),
        {"appid": "wx0000000000000000"},
        {"trade_state": "NOTPAY"},
        {"trade_state": "CLOSED"},
        {"trade_state": "REVOKED"},
        {"trade_state": "PAYERROR"},
    ],
    ids=str,
)
def test_a_proven_notice_about_other_money_pays_nothing(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, awaited: Awaited, content: dict[str, Any]
) -> None:
    """The order goes on waiting, and the right notice still pays it."""
    assert awaited.total_fen == TOTAL_FEN
    assert craft(id="EV-wrong", content=content).to(client).status_code in {204, 400}
    work()
    assert standing(app) == WAITS
    assert craft(id="EV-right").to(client).status_code == 204
    work()
    assert standing(app) == PAID


def test_a_notice_about_an_order_nobody_placed(app: Flask, client: FlaskClient, craft: Craft, work: Work) -> None:
    assert craft(out_trade_no="NOBODYS00001M").to(client).status_code == 204
    work()
    assert standing(app) == WAITS
    assert count(app, PaymentNotice) == 1


@pytest.mark.parametrize("event_type", ["REFUND.SUCCESS", "COUPON.USE", "SOMETHING.NEW"])
def test_other_kinds_of_notices_pay_nothing(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, event_type: str
) -> None:
    assert craft(event_type=event_type).to(client).status_code in {204, 400}
    work()
    assert standing(app) == WAITS


def test_money_for_a_cancelled_order_is_surplus(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, awaited: Awaited
) -> None:
    """Also when the notice is worked on before the payment could be closed."""
    with committed(app):
        cancelling.cancel(awaited.buyer, awaited.order)
    assert craft(id="EV-late").to(client).status_code == 204
    over = {
        "order": OrderStatus.CANCELLED,
        "payments": [PaymentStatus.SURPLUS],
        "parts": 0,
        "reserved": 0,
        "on_hand": 20,
    }
    with committed(app):
        process_notice.run(notice_id="EV-late")
    assert standing(app) == over
    work()
    assert standing(app) == over


def test_money_after_the_payment_was_closed_is_surplus(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, awaited: Awaited
) -> None:
    with committed(app):
        cancelling.cancel(awaited.buyer, awaited.order)
    work()
    assert standing(app)["payments"] == [PaymentStatus.CLOSED]
    assert craft().to(client).status_code == 204
    work()
    assert standing(app)["payments"] == [PaymentStatus.SURPLUS]
    assert standing(app)["order"] == OrderStatus.CANCELLED


def test_a_payment_at_the_cashier_and_its_replayed_notice(
    app: Flask, client: FlaskClient, craft: Craft, work: Work, awaited: Awaited, pretend_wechat: PretendWechat
) -> None:
    paid = pretend_wechat.pay(out_trade_no=awaited.payment)
    assert paid["total_fen"] == awaited.total_fen
    for _ in range(3):
        assert craft().to(client).status_code == 204
    work()
    assert standing(app) == PAID
    assert unfinished(app) == 0
    with app.app_context():
        payment = db.session.scalars(select(Payment)).one()
        assert (payment.transaction_id, payment.amount_fen) == (paid["transaction_id"], awaited.total_fen)


def test_our_own_keys_missing_is_our_fault_so_wechat_comes_again(
    client: FlaskClient, craft: Craft, unchanged: Unchanged, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = craft()
    monkeypatch.setenv("WECHAT_PAY_APIV3_KEY", "short")
    settings.cache_clear()
    registry.reset()
    with unchanged():
        response = sent.to(client)
    assert response.status_code == 503


def test_an_answer_takes_no_time(client: FlaskClient, craft: Craft) -> None:
    sent = craft()
    started = time.monotonic()
    assert sent.to(client).status_code == 204
    assert time.monotonic() - started < 5
