"""Counting what is on the shelf."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.inputs import Text
from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop_ids
from core.identity import Role
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from domain.products.finding import find_variant_of
from domain.products.models import Variant
from domain.stock.looking import recent_movements, stock_rows
from domain.stock.recounting import recount


class CountForm(Payload):
    """`seen`: the quantity the page showed when the counting began."""

    counted: int = Field(ge=0, le=1_000_000)
    seen: int = Field(ge=0, le=1_000_000_000)
    reason: Text = Field(min_length=2, max_length=100)


@blueprint.get("/variants/<int:variant_id>/stock")
@role(Role.OWNER)
def count_stock(variant_id: int) -> tuple[str, int]:
    return _stock_page(find_variant_of(variant_id, own_workshop_ids()), None)


@blueprint.post("/variants/<int:variant_id>/stock")
@role(Role.OWNER)
def recount_stock(variant_id: int) -> tuple[str, int] | Response:
    variant = find_variant_of(variant_id, own_workshop_ids())
    form = bind_form(CountForm)

    def act() -> None:
        wish = form.value
        recount(variant.id, wish.counted, seen=wish.seen, by=actor(), reason=wish.reason)

    refused = attempt(form, act, "counted")
    if refused:
        return _stock_page(variant, form, refused)
    flash(gettext("库存已更新"), "success")
    return redirect(url_for("workshop.product", slug=variant.product.slug))


def _stock_page(variant: Variant, form: Form[CountForm] | None, status: int = 200) -> tuple[str, int]:
    return console(
        "stock.html",
        gettext("盘点库存"),
        "products",
        status,
        variant=variant,
        stock=stock_rows({variant.id})[variant.id],
        movements=recent_movements({variant.id}),
        form=form,
    )
