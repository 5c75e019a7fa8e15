"""The control room at /sandbox: what tests and testers turn, and what the real WeChat never had."""

import math
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import faults, orders, people, tickets
from sandbox.cashier.doors import BadPaySign, check_pay_sign, code_of, package_of, prepay_of
from sandbox.control.asking import asked, asked_person, text
from sandbox.control.errors import ControlError
from sandbox.faults import BadFault
from sandbox.mini import shipping
from sandbox.rows import Order, Person, Prepay, Refund, Row, Share, ShareReturn, Switches
from sandbox.world import world

blueprint = Blueprint("control", __name__, url_prefix="/sandbox")

MOST_ADVANCE_SECONDS = 400 * 86400
PAY_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    orders.OrderUnknown: (404, "order_unknown"),
    orders.OrderClosed: (410, "order_closed"),
    orders.DoorClosed: (410, "door_closed"),
    orders.OrderPaid: (409, "order_paid"),
    orders.WrongPayer: (403, "wrong_payer"),
    BadPaySign: (400, "bad_pay_sign"),
}


@blueprint.errorhandler(ControlError)
def refuse(error: ControlError) -> tuple[Response, int]:
    return jsonify(error=error.error, message=error.message), error.status


@blueprint.errorhandler(BadFault)
def refuse_fault(error: BadFault) -> tuple[Response, int]:
    return jsonify(error="bad_fault", message=str(error)), 400


@blueprint.post("/login-code")
def login_code() -> Response:
    """A code as wx.login gives it."""
    return _mint("login")


@blueprint.post("/phone-code")
def phone_code() -> Response:
    """A code as the getPhoneNumber button gives it."""
    return _mint("phone")


@blueprint.get("/people")
def list_people() -> Response:
    return jsonify(people=[_card(person) for person in people.everybody(world().store)])


@blueprint.post("/people")
def make_person() -> Response:
    return jsonify(_card(asked_person(asked())))


@blueprint.post("/pay")
def pay() -> Response:
    """Pay without a page. With paySign and its companions in the body, these are checked first."""
    body, till = asked(), world().till
    try:
        handle = _handle(body)
        order = orders.behind_door(till, handle)
        if "paySign" in body:
            # wx.requestPayment is not handed the appId, though it is signed.
            signed = {"appId": order.request["appid"]} | {name: str(value) for name, value in body.items()}
            check_pay_sign(till.keys, order, signed)
        paid = orders.pay(till, handle, _payer(body, order))
    except tuple(PAY_REFUSALS) as error:
        status, word = PAY_REFUSALS[type(error)]
        raise ControlError(status, word, str(error)) from None
    return jsonify(
        out_trade_no=paid.out_trade_no,
        trade_state=paid.trade_state,
        transaction_id=paid.transaction_id,
        openid=paid.payer_openid,
        total_fen=paid.total_fen,
    )


@blueprint.get("/orders")
def list_orders() -> Response:
    shown = ("out_trade_no", "endpoint", "trade_state", "transaction_id", "payer_openid")
    rows = [{name: getattr(order, name) for name in shown} | {"total_fen": order.total_fen} for order in _orders()]
    return jsonify(orders=rows)


@blueprint.get("/refunds")
def list_refunds() -> Response:
    """Every refund that was taken on, as it stands by now."""
    here = world()
    now = here.clock.now()
    rows = [
        {
            "out_refund_no": each.out_refund_no,
            "out_trade_no": each.out_trade_no,
            "refund_fen": each.amount_fen,
            "state": each.state_at(now),
        }
        for each in here.store.all(Refund)
    ]
    return jsonify(refunds=rows)


@blueprint.post("/forget")
def forget() -> Response:
    """A new ledger: no order, refund, share or door is known any more. Persons, tokens and switches stay."""
    store = world().store
    with store.lock:
        rows: list[Row] = [row for kind in (Prepay, ShareReturn, Share, Refund, Order) for row in store.all(kind)]
        store.forget(*rows)
    return jsonify(forgotten=len(rows))


@blueprint.get("/clock")
def read_clock() -> Response:
    clock = world().clock
    return jsonify(rate=clock.rate, advance_seconds=clock.advance_seconds, now=clock.now().isoformat())


@blueprint.post("/clock")
def set_clock() -> Response:
    """rate: how much faster retries come. advance_seconds: how far orders, codes and tokens have aged beyond now."""
    here, body = world(), asked()
    unknown = set(body) - {"rate", "advance_seconds"}
    if unknown:
        raise ControlError(400, "bad_value", f"{', '.join(sorted(unknown))}: not a setting of the clock")
    rate = _number(body, "rate", here.clock.rate, 0.001, 1_000_000)
    advance = _number(body, "advance_seconds", here.clock.advance_seconds, 0, MOST_ADVANCE_SECONDS)
    with here.store.lock:
        here.store.save(replace(_switches(), clock_rate=rate, advance_seconds=advance))
    here.notifier.set_rate(rate)
    here.clock.set_advance(advance)
    here.notifier.look_again()
    shipping.tick(here)
    return read_clock()


@blueprint.get("/faults")
def read_faults() -> Response:
    return jsonify(asdict(faults.current(world().store)))


@blueprint.post("/faults")
def set_faults() -> Response:
    return jsonify(asdict(faults.change(world().store, asked())))


@blueprint.post("/pages")
def set_released_pages() -> Response:
    """Which mini-program pages count as released; an empty list means every well-formed one."""
    released = asked().get("released")
    if not isinstance(released, list) or not all(isinstance(page, str) for page in released):
        raise ControlError(400, "bad_value", "released: a list of page paths")
    with world().store.lock:
        world().store.save(replace(_switches(), released_pages=released))
    return jsonify(released=released)


def change_switches(**values: Any) -> None:
    with world().store.lock:
        world().store.save(replace(_switches(), **values))


def _mint(purpose: str) -> Response:
    here = world()
    person = asked_person(asked())
    appid = here.keys.app_of("mini").appid
    ticket = tickets.issue(here.store, here.clock, person, purpose=purpose, appid=appid)
    return jsonify(code=ticket.code, openid=person.openids[appid], nickname=person.nickname)


def _card(person: Person) -> dict[str, Any]:
    openids = {app.line: person.openids[app.appid] for app in world().keys.apps}
    return {"nickname": person.nickname, "phone": person.phone, "unionid": person.unionid, "openids": openids}


def _handle(body: dict[str, Any]) -> str:
    handle = package_of({name: value for name, value in body.items() if isinstance(value, str)})
    handle = handle or code_of(text(body, "code_url")) or prepay_of(text(body, "h5_url"))
    if handle:
        return handle
    if not text(body, "out_trade_no"):
        raise ControlError(400, "bad_value", "out_trade_no, prepay_id, code_url or h5_url: which order to pay")
    return orders.newest_door(world().till, text(body, "out_trade_no")).handle


def _payer(body: dict[str, Any], order: Order) -> Person:
    if not text(body, "openid") and not text(body, "nickname"):
        openid = order.request.get("payer", {}).get("openid", "")
        named = people.find_by_openid(world().store, order.request["appid"], openid)
        if named:
            return named
    return asked_person(body)


def _orders() -> list[Order]:
    return world().store.all(Order)


def _switches() -> Switches:
    return world().store.get(Switches, "switches") or Switches()


def _number(body: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ControlError(400, "bad_value", f"{name}: a number")
    if not least <= value <= most:
        raise ControlError(400, "bad_value", f"{name}: from {least:g} to {most:g}")
    return float(value)
