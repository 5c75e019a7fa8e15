"""The phone simulator: whose phone it is, what it scans, what is waiting to be paid."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from sandbox import people
from sandbox.addresses import is_web_address
from sandbox.cashier.doors import code_of
from sandbox.drawing import portrait_svg
from sandbox.people import BadPerson
from sandbox.phone.owner import chosen_person, owner, remember
from sandbox.rows import Order, Person, Prepay
from sandbox.world import world

blueprint = Blueprint("phone", __name__, url_prefix="/phone")

SHOWN_ORDERS = 5


@blueprint.get("")
def home() -> str:
    everybody = people.everybody(world().store)
    return render_template("phone/home.html", everybody=everybody, chosen=owner(), waiting=_waiting_orders())


@blueprint.post("/person")
def choose_person() -> Response:
    try:
        person = chosen_person()
    except BadPerson as error:
        return make_response(render_template("refused.html", heading="没有这个人", reason=str(error)), 400)
    if person is None:
        abort(404)
    return remember(_go(url_for("phone.home")), person)


@blueprint.post("/scan")
def scan() -> Response:
    """A payment code opens the cashier, an address opens itself, anything else is shown as text."""
    content = request.form.get("content", "").strip()
    handle = code_of(content)
    if handle:
        return _go(url_for("cashier.native", pr=handle))
    if is_web_address(content):
        return _go(content)
    return make_response(render_template("phone/scanned.html", content=content[:2000]), 400 if not content else 200)


@blueprint.get("/mini-program")
def mini_program() -> str:
    """What a mini-program code opens: the page and scene that the real phone would hand over."""
    return render_template("phone/mini_program.html", values=request.args)


@blueprint.get("/portrait/<unionid>.svg")
def portrait(unionid: str) -> Response:
    person = world().store.get(Person, unionid)
    if person is None:
        abort(404)
    return Response(portrait_svg(person), content_type="image/svg+xml")


def _waiting_orders() -> list[tuple[Order, str]]:
    """The newest unpaid native orders and the handle that pays each; other kinds need their merchant's page."""
    store, now = world().store, world().clock.now()
    native = [door for door in store.all(Prepay) if door.endpoint == "native"]
    doors = [door for door in native if not door.dead and door.expires_at > now]
    pairs = [(store.get(Order, door.out_trade_no), door.handle) for door in reversed(doors)]
    waiting = [(order, handle) for order, handle in pairs if order and order.trade_state == "NOTPAY"]
    return [(order, handle) for order, handle in waiting if order.expires_at > now][:SHOWN_ORDERS]


def _go(address: str) -> Response:
    return make_response(redirect(address))
