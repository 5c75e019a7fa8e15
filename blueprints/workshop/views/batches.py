"""Making a batch on a phone: start it, note hours and ingredients while it is made, finish it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.batch_page import batch_page, own_batch
from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.clock import now
from core.errors import InvalidInput, NotFound
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.idempotency import once
from core.web.inputs import Grams, LocalTime, Nothing, Text, bind_rows
from domain.batches import making
from domain.batches.finding import batches_of
from domain.batches.models import Batch, BatchStatus
from domain.products.finding import find_made_variant, variants_made_by
from domain.workshops.models import ZoneKind


class BatchesQuery(Payload):
    status: BatchStatus | None = None
    page: int = Field(default=1, ge=1, le=10000)


class StartQuery(Payload):
    """`like`: a batch to be made once more."""

    like: int | None = Field(default=None, ge=1, le=2**62)


class IngredientForm(Payload):
    material: Text = Field(max_length=40)
    lot: Text = Field(max_length=40)
    supplier: Text = Field(max_length=60)
    kilograms: Grams


class BatchForm(Payload):
    variant_id: int = Field(ge=1, le=2**62)
    quantity: int = Field(ge=1, le=making.MOST_PACKETS)
    lot: Text | None = Field(default=None, max_length=20)
    made_on: date | None = None
    ingredients: list[IngredientForm] = Field(default_factory=list, max_length=30)


class ZoneForm(Payload):
    started_at: LocalTime
    finished_at: LocalTime | None = None


@blueprint.get("/batches")
@role(Role.OWNER)
def batches() -> tuple[str, int]:
    query = parse_query(BatchesQuery)
    return console(
        "batches.html",
        gettext("批次"),
        "batches",
        page=batches_of(own_workshop().id, number=query.page, status=query.status),
        query=query,
        statuses=list(BatchStatus),
        page_url=lambda number: url_for("workshop.batches", status=query.status, page=number),
    )


@blueprint.get("/batches/new")
@role(Role.OWNER)
def new_batch() -> tuple[str, int]:
    like = parse_query(StartQuery).like
    return _start_page(None, own_batch(like) if like else None)


@blueprint.post("/batches/new")
@role(Role.OWNER)
@once
def start_batch() -> tuple[str, int] | Response:
    if "add_row" in request.form:
        return _start_page(Form(raw=request.form), None)
    form = bind_rows(BatchForm, "ingredients")
    made: list[Batch] = []
    refused = attempt(form, lambda: made.append(_start(form.value)), "lot")
    if refused:
        return _start_page(form, None, refused)
    flash(gettext("批次 %(lot)s 开始了", lot=made[0].lot), "success")
    return redirect(url_for("workshop.batch", batch_id=made[0].id))


@blueprint.get("/batches/<int:batch_id>")
@role(Role.OWNER)
def batch(batch_id: int) -> tuple[str, int]:
    return batch_page(own_batch(batch_id), None)


@blueprint.post("/batches/<int:batch_id>/ingredients")
@role(Role.OWNER)
def add_ingredient(batch_id: int) -> tuple[str, int] | Response:
    found = own_batch(batch_id, lock=True)
    form = bind_form(IngredientForm)
    return _after(found, form, attempt(form, lambda: making.add_ingredient(found, _ingredient(form.value))), "#made-of")


@blueprint.post("/batches/<int:batch_id>/zones/<zone>/start")
@role(Role.OWNER)
def start_zone(batch_id: int, zone: str) -> tuple[str, int] | Response:
    """Work in the zone begins now; pressed twice, the first time counts."""
    found, kind, form = own_batch(batch_id, lock=True), _zone(zone), bind_form(Nothing)
    begun = any(times.zone == kind for times in found.zone_times)
    refused = 0 if begun else attempt(form, lambda: making.note_zone_times(found, kind, now()))
    return _after(found, form, refused, "#zones")


@blueprint.post("/batches/<int:batch_id>/zones/<zone>/finish")
@role(Role.OWNER)
def finish_zone(batch_id: int, zone: str) -> tuple[str, int] | Response:
    """Work in the zone ends now."""
    found, kind, form = own_batch(batch_id, lock=True), _zone(zone), bind_form(Nothing)

    def act() -> None:
        for times in found.zone_times:
            if times.zone == kind and times.finished_at is None:
                making.note_zone_times(found, kind, times.started_at, now())

    return _after(found, form, attempt(form, act), "#zones")


@blueprint.post("/batches/<int:batch_id>/zones/<zone>")
@role(Role.OWNER)
def note_zone(batch_id: int, zone: str) -> tuple[str, int] | Response:
    """Set the hours of a zone right."""
    found, kind, form = own_batch(batch_id, lock=True), _zone(zone), bind_form(ZoneForm)

    def act() -> None:
        making.note_zone_times(found, kind, form.value.started_at, form.value.finished_at)

    return _after(found, form, attempt(form, act), "#zones", edited_zone=zone)


@blueprint.post("/batches/<int:batch_id>/finish")
@role(Role.OWNER)
def finish_batch(batch_id: int) -> tuple[str, int] | Response:
    found, form = own_batch(batch_id, lock=True), bind_form(Nothing)
    return _after(found, form, attempt(form, lambda: making.finish_batch(found, by=actor())), "")


def _after(
    found: Batch, form: Form[Any], refused: int, place: str, edited_zone: str = ""
) -> tuple[str, int] | Response:
    if refused:
        return batch_page(found, form, refused, edited_zone=edited_zone)
    return redirect(url_for("workshop.batch", batch_id=found.id) + place)


def _start(wish: BatchForm) -> Batch:
    """The batch of the owner's own variant, whichever key was sent."""
    try:
        variant = find_made_variant(wish.variant_id, own_workshop_ids())
    except NotFound:
        raise InvalidInput({"variant_id": "没有这个规格"}) from None
    return making.start_batch(
        variant,
        wish.quantity,
        by=actor(),
        lot=wish.lot,
        made_on=wish.made_on,
        ingredients=[_ingredient(row) for row in wish.ingredients],
        workshop_id=None if variant.product.workshop_id in own_workshop_ids() else own_workshop().id,
    )


def _ingredient(row: IngredientForm) -> making.IngredientFields:
    return making.IngredientFields(row.material, row.lot, row.supplier, row.kilograms)


def _zone(zone: str) -> ZoneKind:
    if zone not in set(ZoneKind):
        raise NotFound(what="zone")
    return ZoneKind(zone)


def _start_page(form: Form[Any] | None, like: Batch | None, status: int = 200) -> tuple[str, int]:
    typed = [int(name.split(".")[1]) + 1 for name in (form.raw if form else ()) if name.startswith("ingredients.")]
    rows = max([len(like.ingredients) if like else 3, *typed]) + ("add_row" in request.form)
    variants = [
        (variant.id, f"{variant.product.name} · {variant.name}") for variant in variants_made_by(own_workshop_ids())
    ]
    return console(
        "batch_start.html", gettext("开始一批"), "batches", status, form=form, like=like, rows=rows, variants=variants
    )
