"""The cart's page and its lines."""

from __future__ import annotations

from typing import Literal

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.holders import cart_choices, current_holder, own_holder
from blueprints.shop.offer_shapes import offered_for, savings_of, shelf_of
from blueprints.shop.pages import blueprint
from core.web.forms import Payload, bind_form
from core.web.guards import public
from domain.cart import holding, totals


class AddLine(Payload):
    sku: str = Field(min_length=1, max_length=40)
    quantity: int = Field(default=1, ge=1, le=99)
    go: Literal["cart", "checkout"] | None = None


class ChangeLine(Payload):
    quantity: int = Field(default=0, ge=0, le=99)
    remove: Literal["1"] | None = None


@blueprint.get("/cart")
@public
def cart() -> str:
    holder = current_holder()
    account_id = holder.account_id if holder else None
    basket = totals.cart_totals(holder, None, cart_choices(account_id)) if holder else totals.Totals([])
    return render_template(
        "shop/cart.html",
        heading=gettext("购物车"),
        groups=basket.groups,
        total_fen=basket.goods_fen - basket.discount_fen,
        savings=savings_of((source, title, fen) for (source, title), fen in basket.savings.items()),
        offers=offered_for(shelf_of(basket), account_id) if basket.lines else [],
        is_estimate=basket.is_estimate,
        count=basket.count,
    )


@blueprint.post("/cart/lines")
@public
def add_line() -> Response:
    wish = bind_form(AddLine).value
    holding.add(own_holder(), wish.sku, wish.quantity)
    if wish.go == "checkout":
        return redirect(url_for("shop.checkout", sku=wish.sku))
    flash(gettext("已加入购物车"), "success")
    return redirect(url_for("shop.cart"))


@blueprint.post("/cart/lines/<sku>")
@public
def change_line(sku: str) -> Response:
    wish = bind_form(ChangeLine).value
    holding.set_quantity(own_holder(), sku, 0 if wish.remove else wish.quantity)
    return redirect(request.referrer if _is_cart(request.referrer) else url_for("shop.cart"))


def _is_cart(address: str | None) -> bool:
    return bool(address) and str(address).startswith(request.host_url + "cart")
