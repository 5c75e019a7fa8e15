"""The cluster's promotions: coupons, flash sales, group buys and bundles in one list; making one, changing it, stopping it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster import picking
from blueprints.cluster.pages import actor, blueprint, console
from blueprints.cluster.promotion_words import heading_of, terms_in_words, typed
from core.clock import now
from core.errors import InvalidInput, NotFound
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.idempotency import once
from core.web.inputs import Fen, FreeFen, LocalTime, bind_rows
from domain.groups.reading import figures_of, teams_of_offer
from domain.products.finding import seller_of, variants_by_sku
from domain.promotions import editing, figures, finding
from domain.promotions.models import Bundle, Coupon, FlashSale, GroupBuy, Promotion
from domain.promotions.terms import CouponKind, Scope, taken_off
from domain.workshops.directory import workshops_by_id


class CouponForm(picking.Searching):
    """`tenths` is what people say: 9 折 is nine tenths of the price. `target`: `all`, or a scope and its key, `brand:hong`."""

    title: str = Field(min_length=1, max_length=40)
    kind: CouponKind
    threshold_fen: FreeFen = 0
    off_fen: FreeFen = 0
    tenths: float = Field(default=0, ge=0, lt=10)
    cap_fen: Fen | None = None
    target: str = Field(default=Scope.ALL, max_length=30, pattern=r"^(all|(brand|workshop|category|product):\w+)$")
    code: str | None = Field(default=None, min_length=4, max_length=40)
    total_limit: int = Field(ge=1, le=10_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    valid_from: LocalTime
    valid_until: LocalTime
    reason: str = Field(default="", max_length=100)


class FlashForm(picking.Searching):
    sku: str = Field(max_length=40)
    price_fen: Fen
    seats: int = Field(ge=1, le=1_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    starts_at: LocalTime
    ends_at: LocalTime
    reason: str = Field(default="", max_length=100)


class GroupBuyForm(picking.Searching):
    """`funder`: who bears what comes off, the cluster or the workshop whose product it is."""

    sku: str = Field(max_length=40)
    price_fen: Fen
    size: int = Field(ge=2, le=20)
    hours: int = Field(default=24, ge=1, le=24)
    seats: int = Field(ge=2, le=1_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    starts_at: LocalTime
    ends_at: LocalTime
    funder: Literal["cluster", "workshop"] = "cluster"
    reason: str = Field(default="", max_length=100)


class PartRow(Payload):
    """Packets of a variant in a bundle; 0 leaves it out."""

    sku: str = Field(max_length=40)
    quantity: int = Field(default=1, ge=0, le=99)


class BundleForm(picking.Searching):
    title: str = Field(min_length=1, max_length=40)
    price_fen: Fen
    parts: list[PartRow] = Field(max_length=picking.MOST_PARTS)
    starts_at: LocalTime
    ends_at: LocalTime
    reason: str = Field(default="", max_length=100)


class StopForm(Payload):
    reason: str = Field(min_length=2, max_length=100)


@blueprint.get("/promotions")
@role(Role.OPERATOR)
def promotions() -> tuple[str, int]:
    coupons, flash_sales = finding.every(Coupon), finding.every(FlashSale)
    group_buys, bundles = finding.every(GroupBuy), finding.every(Bundle)
    funders = [[row.funded_by_workshop_id for row in rows] for rows in (coupons, flash_sales, group_buys, bundles)]
    return console(
        "cluster/promotions.html", gettext("促销"), "promotions",
        coupons=coupons,
        given_away=figures.given_away([row.id for row in coupons]),
        flash_sales=flash_sales,
        people=figures.people_at([row.id for row in flash_sales]),
        group_buys=group_buys,
        teams=figures_of([row.id for row in group_buys]),
        bundles=bundles,
        funders=workshops_by_id({key for keys in funders for key in keys if key}),
        at=now(),
    )  # fmt: skip


@blueprint.get("/promotions/new/<kind>")
@role(Role.OPERATOR)
def new_promotion(kind: str) -> tuple[str, int]:
    return _form_page(kind, None)


@blueprint.post("/promotions/new/<kind>")
@role(Role.OPERATOR)
@once
def make_promotion(kind: str) -> tuple[str, int] | Response:
    if picking.is_searching():
        return _form_page(kind, picking.typed_so_far())
    form = _bound(kind)
    refused = attempt(form, lambda: _kind(kind).make(_kind(kind).wish(form.value), actor()))
    if refused:
        return _form_page(kind, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("cluster.promotions"))


@blueprint.get("/promotions/<kind>/<int:promotion_id>")
@role(Role.OPERATOR)
def promotion(kind: str, promotion_id: int) -> tuple[str, int]:
    return _promotion_page(kind, finding.find(kind, promotion_id), None)


@blueprint.get("/promotions/<kind>/<int:promotion_id>/edit")
@role(Role.OPERATOR)
def edit_promotion(kind: str, promotion_id: int) -> tuple[str, int]:
    found = finding.find(kind, promotion_id)
    return _form_page(kind, typed(found), found=found)


@blueprint.post("/promotions/<kind>/<int:promotion_id>/edit")
@role(Role.OPERATOR)
def change_promotion(kind: str, promotion_id: int) -> tuple[str, int] | Response:
    found = finding.find(kind, promotion_id)
    if picking.is_searching():
        return _form_page(kind, picking.typed_so_far(), found=found)
    form, each = _bound(kind), _kind(kind)
    refused = attempt(form, lambda: each.change(found.id, each.wish(form.value), actor(), form.value.reason))
    if refused:
        return _form_page(kind, form, refused, found)
    flash(gettext("改好了，新下的订单按这个算"), "success")
    return redirect(url_for("cluster.promotion", kind=kind, promotion_id=promotion_id))


@blueprint.post("/promotions/<kind>/<int:promotion_id>/stop")
@role(Role.OPERATOR)
def stop_promotion(kind: str, promotion_id: int) -> tuple[str, int] | Response:
    found, form = finding.find(kind, promotion_id), bind_form(StopForm)
    refused = attempt(form, lambda: editing.stop(found, actor(), form.value.reason))
    if refused:
        return _promotion_page(kind, found, form, refused)
    flash(gettext("已停止"), "info")
    return redirect(url_for("cluster.promotion", kind=kind, promotion_id=promotion_id))


def _coupon_wish(form: CouponForm) -> editing.CouponWish:
    values = form.model_dump(exclude={"tenths", "target", "q", "reason"})
    scope, _, reference = form.target.partition(":")
    off = taken_off(form.tenths) if form.kind == CouponKind.PERCENTAGE else 0
    return editing.CouponWish(**values, off_basis_points=off, scope=Scope(scope), scope_ref=reference)


def _flash_wish(form: FlashForm) -> editing.FlashWish:
    found = variants_by_sku({form.sku})
    if form.sku not in found:
        raise InvalidInput({"sku": "没有这个规格"})
    return editing.FlashWish(variant_id=found[form.sku], **form.model_dump(exclude={"sku", "q", "reason"}))


def _group_wish(form: GroupBuyForm) -> editing.GroupBuyWish:
    found = variants_by_sku({form.sku})
    if form.sku not in found:
        raise InvalidInput({"sku": "没有这个规格"})
    values = form.model_dump(exclude={"sku", "funder", "q", "reason"})
    funder = seller_of(found[form.sku]) if form.funder == "workshop" else None
    return editing.GroupBuyWish(variant_id=found[form.sku], funded_by_workshop_id=funder, **values)


def _bundle_wish(form: BundleForm) -> editing.BundleWish:
    counts = {row.sku: row.quantity for row in form.parts if row.quantity}
    found = variants_by_sku(set(counts))
    if len(found) != len(counts):
        raise InvalidInput({"parts": "没有这个规格"})
    items = {found[sku]: count for sku, count in counts.items()}
    return editing.BundleWish(items=items, **form.model_dump(exclude={"parts", "q", "reason"}))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the pages of one kind of promotion need; its partials are `parts/promotion_fields_….html` and `…_rows_….html`."""

    form: type[Payload]
    wish: Callable[[Any], Any]
    make: Callable[[Any, str], Any]
    change: Callable[[int, Any, str, str], Any]


_KINDS = {
    "coupons": _Kind(CouponForm, _coupon_wish, editing.make_coupon, editing.change_coupon),
    "flash_sales": _Kind(FlashForm, _flash_wish, editing.make_flash_sale, editing.change_flash_sale),
    "group_buys": _Kind(GroupBuyForm, _group_wish, editing.make_group_buy, editing.change_group_buy),
    "bundles": _Kind(BundleForm, _bundle_wish, editing.make_bundle, editing.change_bundle),
}
# Where an act names a field by another word than the form does.
_FIELDS = {"off_basis_points": "tenths", "scope_ref": "target", "items": "parts", "variant_id": "sku"}


def _kind(kind: str) -> _Kind:
    if kind not in _KINDS:
        raise NotFound(what="promotion")
    return _KINDS[kind]


def _bound(kind: str) -> Form[Any]:
    model = _kind(kind).form
    return bind_rows(model, "parts") if "parts" in model.model_fields else bind_form(model)


def _form_page(kind: str, form: Form[Any] | None, status: int = 200, found: Promotion | None = None) -> tuple[str, int]:
    words = {
        "coupons": gettext("新优惠券"), "flash_sales": gettext("新秒杀"), "group_buys": gettext("新拼团"),
        "bundles": gettext("新组合价"),
    }  # fmt: skip
    if kind not in words:
        raise NotFound(what="promotion")
    raw = form.raw if form else {}
    if form:
        form.errors = {_FIELDS.get(name, name): text for name, text in form.errors.items()}
    places = sorted({int(name.split(".")[1]) for name in raw if name.startswith("parts.") and name.endswith(".sku")})
    skus = [raw.get("sku", ""), *(raw[f"parts.{place}.sku"] for place in places)]
    return console(
        "cluster/promotion_form.html", gettext("改促销") if found else words[kind], "promotions", status,
        kind=kind, form=form, found=found, at=now(), places=places,
        candidates=picking.found_variants(raw.get("q", "")) if "q" in raw else None,
        chosen=picking.chosen_variants(skus),
        targets=picking.scope_choices(raw.get("q", ""), raw.get("target", "")) if kind == "coupons" else [],
    )  # fmt: skip


def _promotion_page(kind: str, found: Promotion, form: Form[StopForm] | None, status: int = 200) -> tuple[str, int]:
    history = finding.history_of(found)
    return console(
        "cluster/promotion.html", heading_of(found), "promotions", status,
        kind=kind, found=found, history=history, terms=terms_in_words(history), form=form,
        is_over=(found.valid_until if isinstance(found, Coupon) else found.ends_at) <= now(),
        teams=teams_of_offer(found.id) if kind == "group_buys" else None,
    )  # fmt: skip
