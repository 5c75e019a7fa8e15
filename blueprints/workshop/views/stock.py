"""Counting what is on the shelf: a variant as a whole, or one lot of it."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.errors import NotFound
from core.identity import Role
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.inputs import Text
from domain.products.finding import find_made_variant
from domain.products.makers import makers_of
from domain.products.models import Variant
from domain.stock.looking import LotRow, lots_on_shelf, recent_movements, stock_rows
from domain.stock.recounting import Shelf, count_shelf, recount


class CountForm(Payload):
    """`seen`: the quantity the page showed when the counting began."""

    counted: int = Field(ge=0, le=1_000_000)
    seen: int = Field(ge=0, le=1_000_000_000)
    reason: Text = Field(min_length=2, max_length=100)


@blueprint.get("/variants/<int:variant_id>/stock")
@role(Role.OWNER)
def count_stock(variant_id: int) -> tuple[str, int]:
    return _stock_page(find_made_variant(variant_id, own_workshop_ids()), None)


@blueprint.post("/variants/<int:variant_id>/stock")
@role(Role.OWNER)
def recount_stock(variant_id: int) -> tuple[str, int] | Response:
    """Count the variant as a whole: only where no other workshop has some of it, too."""
    variant = find_made_variant(variant_id, own_workshop_ids())
    if not _is_all_own(variant):
        raise NotFound(what="variant")
    form = bind_form(CountForm)

    def act() -> None:
        wish = form.value
        recount(variant.id, wish.counted, seen=wish.seen, by=actor(), reason=wish.reason)

    refused = attempt(form, act, "counted")
    if refused:
        return _stock_page(variant, form, refused)
    flash(gettext("库存已更新"), "success")
    return redirect(url_for("workshop.product", slug=variant.product.slug))


@blueprint.get("/variants/<int:variant_id>/lots/<int:batch_id>")
@role(Role.OWNER)
def count_lot(variant_id: int, batch_id: int) -> tuple[str, int]:
    """One lot; `batch_id` 0 stands for the packets without batch."""
    variant = find_made_variant(variant_id, own_workshop_ids())
    return _lot_page(variant, _lot(variant, batch_id), None)


@blueprint.post("/variants/<int:variant_id>/lots/<int:batch_id>")
@role(Role.OWNER)
def recount_lot(variant_id: int, batch_id: int) -> tuple[str, int] | Response:
    variant = find_made_variant(variant_id, own_workshop_ids())
    row = _lot(variant, batch_id)
    form = bind_form(CountForm)

    def act() -> None:
        wish = form.value
        shelf = Shelf(variant.id, row.batch_id, own_workshop().id)
        count_shelf(shelf, wish.counted, seen=wish.seen, by=actor(), reason=wish.reason)

    refused = attempt(form, act, "counted")
    if refused:
        return _lot_page(variant, row, form, refused)
    flash(gettext("库存已更新"), "success")
    return redirect(url_for("workshop.count_stock", variant_id=variant.id))


def _is_all_own(variant: Variant) -> bool:
    return {maker.workshop_id for maker in makers_of({variant.id})[variant.id]} <= own_workshop_ids()


def _lot(variant: Variant, batch_id: int) -> LotRow:
    """The workshop's lot, also one of a released batch that was never counted."""
    for row in lots_on_shelf(variant.id, own_workshop_ids()):
        if (row.batch_id or 0) == batch_id:
            return row
    raise NotFound(what="lot")


def _stock_page(variant: Variant, form: Form[CountForm] | None, status: int = 200) -> tuple[str, int]:
    lots = lots_on_shelf(variant.id, own_workshop_ids())
    return console(
        "stock.html",
        gettext("盘点库存"),
        "products",
        status,
        variant=variant,
        is_own=variant.product.workshop_id in own_workshop_ids(),
        is_all_own=_is_all_own(variant),
        stock=stock_rows({variant.id})[variant.id],
        lots=lots,
        next_lot=next((row for row in lots if row.is_sellable and row.unsold), None),
        movements=recent_movements({variant.id}, own_workshop_ids()),
        form=form,
    )


def _lot_page(variant: Variant, row: LotRow, form: Form[CountForm] | None, status: int = 200) -> tuple[str, int]:
    heading = gettext("盘点批次 %(lot)s", lot=row.lot) if row.lot else gettext("盘点没有批号的")
    return console("stock_lot.html", heading, "products", status, variant=variant, row=row, form=form)
