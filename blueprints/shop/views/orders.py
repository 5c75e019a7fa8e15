"""A buyer's orders: the list, one order with its parcels, giving up, confirming receipt."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.line_states import line_states
from blueprints.shop.order_shapes import part_shapes, story
from blueprints.shop.pages import blueprint
from core.web.forms import Payload, bind_form, parse_query
from core.web.guards import require_identity, signed_in
from domain.fulfillment import receiving
from domain.fulfillment.parcels import shipments_of
from domain.orders import cancelling, history
from domain.orders.models import OrderStatus


class OrdersQuery(Payload):
    status: OrderStatus | None = None
    page: int = Field(default=1, ge=1, le=10000)


class Receipt(Payload):
    workshop_order: str | None = Field(default=None, max_length=32)


@blueprint.get("/orders")
@signed_in
def orders() -> str:
    query = parse_query(OrdersQuery)
    found = history.orders_of(
        require_identity().account_id, {query.status} if query.status else None, number=query.page
    )

    def page_url(number: int) -> str:
        return url_for("shop.orders", status=query.status, page=number)

    return render_template("shop/orders.html", heading=gettext("我的订单"), page=found, page_url=page_url, query=query)


@blueprint.get("/orders/<number>")
@signed_in
def order(number: str) -> str:
    found = history.order_of(require_identity().account_id, number)
    return render_template(
        "shop/order.html",
        heading=gettext("订单详情"),
        order=found,
        workshop_orders=part_shapes(found, shipments_of(found.id)),
        states=line_states(found),
        history=story(found, history.moves_of(found)),
    )


@blueprint.post("/orders/<number>/cancel")
@signed_in
def cancel(number: str) -> Response:
    cancelling.cancel(require_identity().account_id, number, reason="buyer cancelled")
    flash(gettext("订单已取消"), "success")
    return redirect(url_for("shop.order", number=number))


@blueprint.post("/orders/<number>/receive")
@signed_in
def receive(number: str) -> Response:
    """The buyer has one workshop's box, or all of them."""
    wish = bind_form(Receipt).value
    found = history.order_of(require_identity().account_id, number)
    receiving.confirm_receipt(found, "buyer", wish.workshop_order)
    return redirect(url_for("shop.order", number=number))
