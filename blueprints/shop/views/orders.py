"""A buyer's orders: the list, one order with its parcels, giving up, confirming receipt."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.line_states import line_states
from blueprints.shop.offer_shapes import savings_of
from blueprints.shop.order_shapes import part_shapes, story
from blueprints.shop.pages import blueprint
from core.web.forms import Payload, bind_form, parse_query
from core.web.guards import require_identity, signed_in
from domain.fulfillment import receiving
from domain.fulfillment.parcels import shipments_of
from domain.groups.reading import teams_of_orders
from domain.orders import cancelling, history
from domain.orders.actions import OrderAction, allowed_actions
from domain.orders.models import OrderStatus
from domain.orders.refunding import refunds_of


class OrdersQuery(Payload):
    status: OrderStatus | None = None
    page: int = Field(default=1, ge=1, le=10000)


class Cancellation(Payload):
    """Without a workshop order all of the order is given up."""

    workshop_order: str | None = Field(default=None, max_length=32)


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

    return render_template(
        "shop/orders.html",
        heading=gettext("我的订单"),
        page=found,
        page_url=page_url,
        query=query,
        teams=teams_of_orders([order.number for order in found.items]),
    )


@blueprint.get("/orders/<number>")
@signed_in
def order(number: str) -> str:
    found = history.order_of(require_identity().account_id, number)
    return render_template(
        "shop/order.html",
        heading=gettext("订单详情"),
        order=found,
        workshop_orders=part_shapes(found, shipments_of(found.id)),
        savings=savings_of((source, "", fen) for source, _, fen in history.savings_of(found)),
        states=line_states(found),
        history=story(found, history.moves_of(found)),
        refunds=refunds_of(found),
        team=teams_of_orders([found.number]).get(found.number),
        can_cancel_paid=OrderAction.CANCEL_PAID in allowed_actions(found),
    )


@blueprint.post("/orders/<number>/cancel")
@signed_in
def cancel(number: str) -> Response:
    cancelling.cancel(require_identity().account_id, number, reason="buyer cancelled")
    flash(gettext("订单已取消"), "success")
    return redirect(url_for("shop.order", number=number))


@blueprint.post("/orders/<number>/cancel-paid")
@signed_in
def cancel_paid(number: str) -> Response:
    """Give up a paid order, or one workshop's part of it, before any of it is packed."""
    wish = bind_form(Cancellation).value
    account_id = require_identity().account_id
    if wish.workshop_order is None:
        cancelling.cancel_paid(account_id, number)
    else:
        cancelling.cancel_part(account_id, number, wish.workshop_order)
    flash(gettext("已取消，付的款原路退回"), "success")
    return redirect(url_for("shop.order", number=number))


@blueprint.post("/orders/<number>/receive")
@signed_in
def receive(number: str) -> Response:
    """The buyer has one workshop's box, or all of them."""
    wish = bind_form(Receipt).value
    found = history.order_of(require_identity().account_id, number)
    receiving.confirm_receipt(found, "buyer", wish.workshop_order)
    return redirect(url_for("shop.order", number=number))
