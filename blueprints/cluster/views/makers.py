"""制作方: which workshops make a variant and how much a day, and how long before its best-before day a product stops selling."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field, field_validator
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.errors import NotFound
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.language import told
from domain.products import makers as making
from domain.products import queue
from domain.stock import cutoff
from domain.workshops import directory


class MakerForm(Payload):
    """A member by its slug; unchecked `is_active`, it gets no new orders."""

    workshop: str = Field(max_length=80)
    daily_capacity: int = Field(ge=1, le=100_000)
    is_active: bool = False


class CutoffForm(Payload):
    """Left empty, the days follow from the shelf life again."""

    sale_cutoff_days: int | None = Field(default=None, ge=0, le=10_000)

    @field_validator("sale_cutoff_days", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None if isinstance(value, str) else value


@blueprint.get("/makers/<int:variant_id>")
@role(Role.OPERATOR)
def makers(variant_id: int) -> tuple[str, int]:
    return _page(variant_id, None)


@blueprint.post("/makers/<int:variant_id>")
@role(Role.OPERATOR)
def set_maker(variant_id: int) -> tuple[str, int] | Response:
    queue.find_variant(variant_id)
    form = bind_form(MakerForm)

    def act() -> None:
        wish = form.value
        member = next((each for each in directory.list_members() if each.slug == wish.workshop), None)
        if member is None:
            raise NotFound(what="workshop")
        making.set_maker(
            variant_id, member.id, daily_capacity=wish.daily_capacity, is_active=wish.is_active, by=actor()
        )

    return _answer(variant_id, form, attempt(form, act))


@blueprint.post("/makers/<int:variant_id>/cutoff")
@role(Role.OPERATOR)
def set_cutoff(variant_id: int) -> tuple[str, int] | Response:
    product = queue.find_listing(queue.find_variant(variant_id).product.slug, lock=True)
    form = bind_form(CutoffForm)
    return _answer(
        variant_id, form, attempt(form, lambda: cutoff.set_cutoff(product, form.value.sale_cutoff_days, by=actor()))
    )


def _answer(variant_id: int, form: Form[Any], refused: int) -> tuple[str, int] | Response:
    if refused:
        return _page(variant_id, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("cluster.makers", variant_id=variant_id))


def _page(variant_id: int, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    variant = queue.find_variant(variant_id)
    rows = making.makers_of({variant_id})[variant_id]
    members = directory.list_members()
    own_id = variant.product.workshop_id
    changes = making.maker_changes(variant_id)
    named = {row.workshop_id for row in rows} | {row.workshop_id for row in changes} | {own_id}
    workshops = directory.workshops_by_id(named)
    return console(
        "cluster/makers.html",
        gettext("制作方：%(name)s", name=told(variant.product)),
        "dispatch",
        status,
        variant=variant,
        product=variant.product,
        rows=rows,
        workshops=workshops,
        own=workshops[own_id],
        choices=[(each.slug, told(each)) for each in members],
        changes=changes,
        cutoffs=cutoff.cutoff_changes(variant.product.id),
        band_days=cutoff.default_cutoff_days(variant.product.shelf_life_days),
        form=form,
    )
