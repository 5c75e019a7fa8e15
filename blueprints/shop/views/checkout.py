"""Checkout: one address, one note, coupons, one order for the goods of all workshops.

A choice that changes amounts (another address, coupon, fetching) is sent with `go=again`: the page comes back counted anew.
"""

from __future__ import annotations

from typing import Annotated, Literal

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.offer_shapes import coupon_choices, savings_of
from blueprints.shop.pages import blueprint
from core.db import db
from core.errors import InvalidInput, NotFound
from core.numbers import token
from core.web.forms import Form, Payload, bind_form
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from core.web.responses import translated
from domain.cart import totals
from domain.cart.holding import Holder
from domain.orders import placing
from domain.orders.models import Order
from domain.promotions.redeeming import CouponUnusable, FlashSeatsGone
from domain.shipping import addresses as book
from domain.stock.reserving import StockInsufficient

_REFUSALS = (CouponUnusable, FlashSeatsGone, StockInsufficient)
CouponId = Annotated[int, Field(ge=1, le=2**62)]


class CheckoutForm(Payload):
    address_id: int = Field(ge=1, le=2**62)
    note: str = Field(default="", max_length=200)
    expected_total_fen: int = Field(ge=1, le=10**12)
    request_key: str = Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    sku: list[str] = Field(default_factory=list, max_length=100)
    coupon: list[CouponId] = Field(default_factory=list, max_length=50)
    pickup: list[str] = Field(default_factory=list, max_length=50)
    go: Literal["again"] | None = None


@blueprint.get("/checkout")
@signed_in
def checkout() -> str | Response:
    skus = set(request.args.getlist("sku")[:100])
    return _page(None, skus) or redirect(url_for("shop.cart"))


@blueprint.post("/checkout")
@signed_in
def place() -> Response | tuple[str, int]:
    account_id = require_identity().account_id
    limit("checkout", times=30, seconds=60, who=str(account_id))
    form = bind_form(CheckoutForm)
    if form.errors:
        return _again(form, InvalidInput.status)
    if form.value.go:
        return _again(form, 200)
    try:
        # Nothing of a refused order may be seen by the page that says why.
        with db.session.begin_nested():
            order = _place(account_id, form.value)
    except NotFound as refusal:
        form.errors["address_id"] = translated(refusal)
        return _again(form, InvalidInput.status)
    except (placing.TotalChanged, placing.CartHasProblems, *_REFUSALS) as refusal:
        form.errors["total"] = translated(refusal)
        return _again(form, refusal.status)
    return redirect(url_for("shop.pay", number=order.number))


def _place(account_id: int, wish: CheckoutForm) -> Order:
    return placing.place_order(
        account_id,
        placing.Request(
            address=book.find_address(account_id, wish.address_id),
            expected_total_fen=wish.expected_total_fen,
            request_key=wish.request_key,
            note=wish.note,
            skus=frozenset(wish.sku) or None,
            coupon_ids=frozenset(wish.coupon),
            pickups=frozenset(wish.pickup),
        ),
    )


def _again(form: Form[CheckoutForm], status: int) -> tuple[str, int]:
    """The page once more, with what was wrong; CartEmpty when there is nothing left to order."""
    page = _page(form, set(request.form.getlist("sku")[:100]))
    if not page:
        raise placing.CartEmpty
    return page, status


def _page(form: Form[CheckoutForm] | None, skus: set[str]) -> str:
    """The page, counted for what was chosen; empty when there is nothing to order."""
    account_id = require_identity().account_id
    known = book.list_addresses(account_id)
    wanted = form.raw.get("address_id", "") if form else request.args.get("address", "")
    chosen = next((address for address in known if str(address.id) == wanted), known[0] if known else None)
    choices = totals.Choices(
        chosen.destination if chosen else None,
        frozenset(request.form.getlist("pickup")[:50]),
        # What somebody unticked stays unticked; who sees the page for the first time sees the best.
        frozenset(int(key) for key in request.form.getlist("coupon")[:50] if key.isdecimal()) if form else None,
    )
    basket = totals.cart_totals(Holder(account_id=account_id), skus or None, choices)
    if not basket.lines:
        return ""
    has_good_key = form is not None and "request_key" not in form.errors
    return render_template(
        "shop/checkout.html",
        heading=gettext("确认订单"),
        basket=basket,
        coupon_choices=coupon_choices(basket),
        savings=savings_of((source, title, fen) for (source, title), fen in basket.savings.items()),
        addresses=known,
        chosen=chosen,
        form=form,
        skus=sorted({line.sku for line in basket.lines} & skus),
        note=form.raw.get("note", "") if form else "",
        request_key=form.raw["request_key"] if form and has_good_key else token(),
    )
