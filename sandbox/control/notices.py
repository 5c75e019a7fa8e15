"""The ledger of notices: what was sent, what was answered; send one again, or craft one without sending."""

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from sandbox import orders
from sandbox.control.asking import asked, text
from sandbox.control.errors import ControlError
from sandbox.control.views import refuse, refuse_fault
from sandbox.faults import BadFault, Faults, with_changes
from sandbox.notices import Parcel, combined_content, envelope, payment_content, probe, refund_content, wrap
from sandbox.notifier import RETRY_SECONDS
from sandbox.rows import Attempt, Notice, Order, Refund
from sandbox.world import world

blueprint = Blueprint("notices", __name__, url_prefix="/sandbox/notices")
blueprint.register_error_handler(ControlError, refuse)
blueprint.register_error_handler(BadFault, refuse_fault)

SHOWN_NOTICES = 100


@blueprint.get("")
def ledger() -> Response | str:
    """A page; with ?format=json or Accept: application/json the same as data. ?out_trade_no= picks one order."""
    store = world().store
    number = request.args.get("out_trade_no", "")
    notices = [each for each in store.all(Notice) if number in ("", each.out_trade_no)][::-1][:SHOWN_NOTICES]
    attempts = store.all(Attempt)
    entries = [(notice, [each for each in attempts if each.notice_id == notice.id]) for notice in notices]
    if request.args.get("format") == "json" or request.accept_mimetypes.best == "application/json":
        return jsonify(notices=[_entry(notice, tries) for notice, tries in entries])
    return render_template("control/notices.html", entries=entries, most_tries=len(RETRY_SECONDS) + 1)


@blueprint.post("/replay")
def replay() -> Response:
    """The newest notice of an order again: same id, same body, signed anew."""
    body = asked()
    attempt = world().notifier.send_once_more(_newest_notice(text(body, "out_trade_no")))
    if request.form:
        return make_response(redirect(url_for("notices.ledger")))
    return jsonify(_try(attempt))


@blueprint.post("/craft")
def craft() -> Response:
    """Headers and body of a notice that is not sent.

    out_trade_no: whose; an unpaid order is told as paid. out_refund_no: a refund's instead, told as refund_status.
    content: fields laid over the content. event_type, id: others. faults: as at /sandbox/faults.
    signed false: without Wechatpay- headers. signtest: with a probe's signature.
    """
    body = asked()
    content, changes = body.get("content", {}), body.get("faults", {})
    if not isinstance(content, dict) or not isinstance(changes, dict):
        raise ControlError(400, "bad_value", "content, faults: objects")
    keys = world().keys
    notice = _crafted(body, content)
    parcel = wrap(keys, notice, with_changes(Faults(), changes))
    if body.get("signtest"):
        parcel = probe(parcel)
    return jsonify(headers=_headers(parcel, signed=body.get("signed", True)), body=parcel.body, content=notice.content)


def _crafted(body: dict[str, Any], content: dict[str, Any]) -> Notice:
    here = world()
    if text(body, "out_refund_no"):
        return _crafted_refund(body, content)
    number = text(body, "out_trade_no")
    order = _as_paid(orders.find(here.till, number)) if here.store.get(Order, number) else _sample_order(number)
    whole = _content(order) | content
    sent = [each for each in here.store.all(Notice) if each.out_trade_no == order.out_trade_no]
    notice_id = text(body, "id") or (sent[-1].id if sent else str(uuid.uuid4()))
    event_type = text(body, "event_type") or "TRANSACTION.SUCCESS"
    assert order.paid_at is not None
    sealed = envelope(here.keys, notice_id, order.paid_at, whole, event_type)
    return Notice(notice_id, order.out_trade_no, order.request["notify_url"], whole, sealed, order.paid_at, None)


def _crafted_refund(body: dict[str, Any], content: dict[str, Any]) -> Notice:
    here = world()
    refund = here.store.get(Refund, text(body, "out_refund_no"))
    if refund is None:
        raise ControlError(404, "no_refund", "out_refund_no: no such refund")
    order = orders.find(here.till, refund.out_trade_no)
    state = text(body, "refund_status") or refund.outcome
    whole = refund_content(order, refund, here.keys, state) | content
    notice_id = text(body, "id") or str(uuid.uuid4())
    sealed = envelope(here.keys, notice_id, refund.created_at, whole, f"REFUND.{state}")
    url = refund.request.get("notify_url", "http://127.0.0.1/")
    return Notice(notice_id, order.out_trade_no, url, whole, sealed, refund.created_at, None)


def _content(order: Order) -> dict[str, Any]:
    """What the notice of a payment says; of a combined one, with its sub-orders as paid as it is itself."""
    here = world()
    if not order.subs:
        return payment_content(order, here.keys)
    assert order.paid_at is not None
    subs = [orders.find(here.till, number) for number in order.subs]
    subs = [sub if sub.paid_at else orders.as_paid(sub, order.paid_at, order.payer_openid) for sub in subs]
    return combined_content(order, subs, here.keys)


def _as_paid(order: Order) -> Order:
    if order.paid_at is not None:
        return order
    payer = order.request.get("payer", {}).get("openid", "oSomebodyUnknownToTheHouse00")
    transaction = f"4200{0:024d}"
    return replace(order, paid_at=world().clock.now(), transaction_id=transaction, payer_openid=payer)


def _sample_order(number: str) -> Order:
    now = world().clock.now()
    request_body = {
        "appid": world().keys.app_of("mini").appid,
        "notify_url": "http://127.0.0.1/",
        "amount": {"total": 1, "currency": "CNY"},
    }
    return _as_paid(Order(number or "SAMPLE000001", "jsapi", request_body, "NOTPAY", now, now))


def _newest_notice(out_trade_no: str) -> Notice:
    for notice in reversed(world().store.all(Notice)):
        if notice.out_trade_no == out_trade_no:
            return notice
    raise ControlError(404, "no_notice", f"out_trade_no: no notice about {out_trade_no or 'nothing'}")


def _headers(parcel: Parcel, *, signed: object) -> dict[str, str]:
    if signed:
        return parcel.headers
    return {name: value for name, value in parcel.headers.items() if not name.startswith("Wechatpay-")}


def _entry(notice: Notice, tries: list[Attempt]) -> dict[str, Any]:
    return {
        "id": notice.id,
        "out_trade_no": notice.out_trade_no,
        "notify_url": notice.notify_url,
        "tries": notice.tries,
        "due_at": notice.due_at.isoformat() if notice.due_at else None,
        "delivered_at": notice.delivered_at.isoformat() if notice.delivered_at else None,
        "attempts": [_try(each) for each in tries],
    }


def _try(attempt: Attempt) -> dict[str, Any]:
    return {
        "notice_id": attempt.notice_id,
        "number": attempt.number,
        "kind": attempt.kind,
        "sent_at": attempt.sent_at.isoformat(),
        "status": attempt.status,
        "answer": attempt.answer,
        "took_seconds": attempt.took_seconds,
        "fault": attempt.fault,
        "headers": attempt.headers,
        "signed_text": attempt.signed_text,
    }
