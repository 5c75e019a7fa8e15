"""The cluster's promotions: coupons, flash sales and bundles in one list; making one; stopping it with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import BeforeValidator, Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.clock import now
from core.errors import InvalidInput, NotFound
from core.identity import Role
from core.settings import settings
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.idempotency import once
from domain.products.finding import variants_by_sku
from domain.promotions import editing
from domain.promotions.models import Bundle, Coupon, FlashSale
from domain.promotions.terms import CouponKind, Scope

_YUAN = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,2})?")
_PART = re.compile(r"([A-Za-z0-9._\-]{1,40})(?:\s*[×x*]\s*([0-9]{1,2}))?")


def _fen(text: object) -> object:
    """`12.80` → 1280."""
    if not isinstance(text, str):
        return text
    if not _YUAN.fullmatch(text.strip()):
        raise ValueError("请填写金额，如 12.80，最多两位小数")
    return int((Decimal(text.strip()) * 100).to_integral_value(ROUND_HALF_UP))


def _instant(text: object) -> object:
    """`2026-05-24T08:12` on the workshops' clock."""
    if not isinstance(text, str):
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=settings().zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("请填写日期和时间，如 2026-05-24 08:12") from None


Fen = Annotated[int, BeforeValidator(_fen)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class CouponForm(Payload):
    """`tenths` is what people say: 9 折 is nine tenths of the price. `scope_ref`: a brand's code or a key."""

    title: str = Field(min_length=1, max_length=40)
    kind: CouponKind
    threshold_fen: Fen = 0
    off_fen: Fen = 0
    tenths: float = Field(default=0, ge=0, lt=10)
    cap_fen: Fen | None = None
    scope: Scope = Scope.ALL
    scope_ref: str = Field(default="", max_length=20)
    code: str | None = Field(default=None, min_length=4, max_length=40)
    total_limit: int = Field(ge=1, le=10_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    valid_from: Instant
    valid_until: Instant


class FlashForm(Payload):
    sku: str = Field(max_length=40)
    price_fen: Fen
    seats: int = Field(ge=1, le=1_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    starts_at: Instant
    ends_at: Instant


class BundleForm(Payload):
    """`parts`: SKUs, one a line, `SKU × 2` for two of it."""

    title: str = Field(min_length=1, max_length=40)
    price_fen: Fen
    parts: str = Field(max_length=1000)
    starts_at: Instant
    ends_at: Instant


class StopForm(Payload):
    reason: str = Field(min_length=2, max_length=100)


@blueprint.get("/promotions")
@role(Role.OPERATOR)
def promotions() -> tuple[str, int]:
    return console(
        "cluster/promotions.html",
        gettext("促销"),
        "promotions",
        coupons=editing.every(Coupon),
        flash_sales=editing.every(FlashSale),
        bundles=editing.every(Bundle),
        at=now(),
    )


@blueprint.get("/promotions/new/<kind>")
@role(Role.OPERATOR)
def new_promotion(kind: str) -> tuple[str, int]:
    return _form_page(kind, None)


@blueprint.post("/promotions/new/<kind>")
@role(Role.OPERATOR)
@once
def make_promotion(kind: str) -> tuple[str, int] | Response:
    if kind not in _MAKERS:
        raise NotFound(what="promotion")
    model, make = _MAKERS[kind]
    form = bind_form(model)
    refused = attempt(form, lambda: make(form.value))
    if refused:
        if "off_basis_points" in form.errors:
            form.errors["tenths"] = form.errors.pop("off_basis_points")
        return _form_page(kind, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("cluster.promotions"))


@blueprint.get("/promotions/<kind>/<int:promotion_id>")
@role(Role.OPERATOR)
def promotion(kind: str, promotion_id: int) -> tuple[str, int]:
    return _promotion_page(kind, editing.find(kind, promotion_id), None)


@blueprint.post("/promotions/<kind>/<int:promotion_id>/stop")
@role(Role.OPERATOR)
def stop_promotion(kind: str, promotion_id: int) -> tuple[str, int] | Response:
    found, form = editing.find(kind, promotion_id), bind_form(StopForm)
    refused = attempt(form, lambda: editing.stop(found, actor(), form.value.reason))
    if refused:
        return _promotion_page(kind, found, form, refused)
    flash(gettext("已停止"), "info")
    return redirect(url_for("cluster.promotion", kind=kind, promotion_id=promotion_id))


def _make_coupon(form: CouponForm) -> None:
    values = form.model_dump(exclude={"tenths"})
    is_share = form.kind == CouponKind.PERCENTAGE
    off = 10_000 - round(form.tenths * 1000) if is_share else 0
    editing.make_coupon(editing.CouponWish(**values, off_basis_points=off), actor())


def _make_flash_sale(form: FlashForm) -> None:
    found = variants_by_sku({form.sku})
    if form.sku not in found:
        raise InvalidInput({"sku": "没有这个规格"})
    values = form.model_dump(exclude={"sku"})
    editing.make_flash_sale(editing.FlashWish(variant_id=found[form.sku], **values), actor())


def _make_bundle(form: BundleForm) -> None:
    matches = [_PART.fullmatch(line.strip()) for line in form.parts.splitlines() if line.strip()]
    counts = {match[1]: int(match[2] or 1) for match in matches if match}
    found = variants_by_sku(set(counts))
    if not all(matches) or len(counts) != len(matches) or len(found) != len(counts):
        raise InvalidInput({"parts": "每行一个 SKU，两件以上写成 SKU × 2"})
    values = form.model_dump(exclude={"parts"})
    items = {found[sku]: count for sku, count in counts.items()}
    editing.make_bundle(editing.BundleWish(items=items, **values), actor())


_MAKERS: dict[str, tuple[type[Payload], Callable[..., object]]] = {
    "coupons": (CouponForm, _make_coupon),
    "flash_sales": (FlashForm, _make_flash_sale),
    "bundles": (BundleForm, _make_bundle),
}


def _form_page(kind: str, form: Form[Payload] | None, status: int = 200) -> tuple[str, int]:
    words = {"coupons": gettext("新优惠券"), "flash_sales": gettext("新秒杀"), "bundles": gettext("新组合价")}
    if kind not in words:
        raise NotFound(what="promotion")
    scopes = [
        ("all", gettext("全场")), ("brand", gettext("品牌")), ("workshop", gettext("作坊")), ("category", gettext("分类")),
        ("product", gettext("商品")),
    ]  # fmt: skip
    return console(
        "cluster/promotion_form.html", words[kind], "promotions", status, kind=kind, form=form, scopes=scopes
    )


def _promotion_page(
    kind: str, found: editing.Promotion, form: Form[StopForm] | None, status: int = 200
) -> tuple[str, int]:
    return console(
        "cluster/promotion.html", gettext("促销 %(number)s", number=found.id), "promotions", status,
        kind=kind, found=found, history=editing.history_of(found), form=form,
    )  # fmt: skip
