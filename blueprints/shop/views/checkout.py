"""Checkout: one address, one note, one order for the goods of all workshops."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from core.numbers import token
from core.web.forms import Form, Payload, bind_form
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from core.web.responses import translated
from domain.cart import totals
from domain.cart.holding import Holder
from domain.orders import placing
from domain.shipping import addresses as book
from domain.stock.reserving import StockInsufficient


class CheckoutForm(Payload):
    address_id: int = Field(ge=1, le=2**62)
    note: str = Field(default="", max_length=200)
    expected_total_fen: int = Field(ge=1, le=10**12)
    request_key: str = Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    sku: list[str] = Field(default_factory=list, max_length=100)


@blueprint.get("/checkout")
@signed_in
def checkout() -> str | Response:
    return _page(None, set(request.args.getlist("sku")[:100]))


@blueprint.post("/checkout")
@signed_in
def place() -> Response | tuple[str | Response, int]:
    account_id = require_identity().account_id
    limit("checkout", times=30, seconds=60, who=str(account_id))
    form = bind_form(CheckoutForm)
    if form.errors:
        return _page(form, set(request.form.getlist("sku"))), 422
    wish = form.value
    try:
        order = placing.place_order(
            account_id,
            placing.Request(
                address=book.find_address(account_id, wish.address_id),
                expected_total_fen=wish.expected_total_fen,
                request_key=wish.request_key,
                note=wish.note,
                skus=frozenset(wish.sku) or None,
            ),
        )
    except (placing.TotalChanged, placing.CartHasProblems, StockInsufficient) as refusal:
        form.errors["total"] = translated(refusal)
        return _page(form, set(wish.sku)), refusal.status
    return redirect(url_for("shop.pay", number=order.number))


def _page(form: Form[CheckoutForm] | None, skus: set[str]) -> str | Response:
    account_id = require_identity().account_id
    basket = totals.cart_totals(Holder(account_id=account_id), skus or None)
    if not basket.lines:
        return redirect(url_for("shop.cart"))
    known = book.list_addresses(account_id)
    wanted = form.raw.get("address_id", "") if form else request.args.get("address", "")
    chosen = next((address for address in known if str(address.id) == wanted), known[0] if known else None)
    return render_template(
        "shop/checkout.html",
        heading=gettext("确认订单"),
        groups=basket.groups,
        goods_fen=basket.goods_fen,
        freight_fen=basket.freight_fen,
        total_fen=basket.total_fen,
        has_perishables=basket.has_perishables,
        addresses=known,
        chosen=chosen,
        form=form,
        skus=sorted(skus),
        note=form.raw.get("note", "") if form else "",
        request_key=form.raw.get("request_key") if form else token(),
    )
