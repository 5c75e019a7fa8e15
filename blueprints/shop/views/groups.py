"""Buying together (拼团): a group's page, and the checkout of one variant at a group's price, past the cart."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.group_shapes import team_shape
from blueprints.shop.offer_shapes import savings_of
from blueprints.shop.pages import blueprint
from core.db import db
from core.errors import InvalidInput, NotFound
from core.numbers import token
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import current_identity, public, require_identity, signed_in
from core.web.language import told
from core.web.limits import limit
from core.web.responses import translated
from domain.cart import direct, totals
from domain.groups import reading
from domain.groups.joining import GroupFull, GroupJoinedAlready, GroupLimitReached, GroupOfferOver, Wish
from domain.orders import placing
from domain.orders.models import Order
from domain.shipping import addresses as book
from domain.stock.reserving import StockInsufficient

_REFUSALS = (
    GroupFull, GroupJoinedAlready, GroupLimitReached, GroupOfferOver, StockInsufficient, placing.TotalChanged,
    placing.CartHasProblems,
)  # fmt: skip
CODE = r"^[0-9A-Z]{10}$"


class GroupQuery(Payload):
    """So many packets of an offer; with `group` in that group, else in a new one."""

    offer: int = Field(ge=1, le=2**62)
    group: str | None = Field(default=None, pattern=CODE)
    quantity: int = Field(default=1, ge=1, le=99)
    address: int | None = Field(default=None, ge=1, le=2**62)

    @property
    def wish(self) -> Wish:
        return Wish(self.offer, self.quantity, self.group)


class GroupForm(Payload):
    """What is bought in which group stands in the address of the page."""

    quantity: int = Field(default=1, ge=1, le=99)
    address_id: int = Field(ge=1, le=2**62)
    note: str = Field(default="", max_length=200)
    expected_total_fen: int = Field(ge=1, le=10**12)
    request_key: str = Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    pickup: list[str] = Field(default_factory=list, max_length=1)
    go: Literal["again"] | None = None


@blueprint.get("/groups/<code>")
@public
def group(code: str) -> str:
    identity = current_identity()
    found = team_shape(reading.find_team(code), identity.account_id if identity else None)
    return render_template("shop/group.html", heading=told(found.variant.product), team=found)


@blueprint.get("/checkout/group")
@signed_in
def group_checkout() -> str:
    query = parse_query(GroupQuery)
    return _page(query.wish, query.address, None)


@blueprint.post("/checkout/group")
@signed_in
def place_in_group() -> Response | tuple[str, int]:
    account_id = require_identity().account_id
    limit("checkout", times=30, seconds=60, who=str(account_id))
    query, form = parse_query(GroupQuery), bind_form(GroupForm)
    if form.errors:
        return _page(query.wish, None, form), InvalidInput.status
    wish, address_id = replace(query.wish, quantity=form.value.quantity), form.value.address_id
    if form.value.go:
        return _page(wish, address_id, form), 200
    try:
        # Nothing of a refused order may be seen by the page that says why.
        with db.session.begin_nested():
            order = _place(account_id, wish, form.value)
    except NotFound as refusal:
        form.errors["address_id"] = translated(refusal)
        return _page(wish, address_id, form), InvalidInput.status
    except _REFUSALS as refusal:
        form.errors["total"] = translated(refusal)
        return _page(wish, address_id, form), refusal.status
    return redirect(url_for("shop.pay", number=order.number))


def _place(account_id: int, wish: Wish, form: GroupForm) -> Order:
    return placing.place_order(
        account_id,
        placing.Request(
            address=book.find_address(account_id, form.address_id),
            expected_total_fen=form.expected_total_fen,
            request_key=form.request_key,
            note=form.note,
            pickups=frozenset(form.pickup),
            group=wish,
        ),
    )


def _page(wish: Wish, address_id: int | None, form: Form[GroupForm] | None) -> str:
    """The page, counted for what was chosen, at most for what one may have. Raises GroupOfferOver."""
    account_id = require_identity().account_id
    known = book.list_addresses(account_id)
    chosen = next((address for address in known if address.id == address_id), known[0] if known else None)
    most = direct.most_packets(account_id, wish)
    wish = replace(wish, quantity=min(wish.quantity, most))
    pickups = frozenset(request.form.getlist("pickup")[:1])
    basket = direct.group_totals(account_id, wish, totals.Choices(chosen.destination if chosen else None, pickups))
    has_good_key = form is not None and "request_key" not in form.errors
    return render_template(
        "shop/group_checkout.html",
        heading=gettext("参团") if wish.code else gettext("开团"),
        basket=basket,
        wish=wish,
        most=most,
        savings=savings_of((source, title, fen) for (source, title), fen in basket.savings.items()),
        addresses=known,
        chosen=chosen,
        form=form,
        note=form.raw.get("note", "") if form else "",
        request_key=form.raw["request_key"] if form and has_good_key else token(),
        here=url_for("shop.group_checkout", offer=wish.group_buy_id, group=wish.code, quantity=wish.quantity),
    )
