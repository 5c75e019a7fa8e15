"""The workshop's own offers: coupons it bears itself, and its freight template."""

from __future__ import annotations

from typing import Literal

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.clock import now
from core.identity import Role
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from core.web.idempotency import once
from core.web.inputs import Fen, FreeFen, LocalTime, Nothing, Text, Words, bind_rows
from domain.promotions import editing, finding
from domain.promotions.terms import CouponKind, taken_off
from domain.shipping.models import FreightRule, FreightUnit
from domain.shipping.templates import RuleTerms, save_template, templates_of

EMPTY_RULES = 3


class CouponForm(Payload):
    """`tenths` is what people say: 9 折 is nine tenths of the price."""

    title: Text = Field(min_length=1, max_length=40)
    kind: CouponKind
    threshold_fen: FreeFen = 0
    off_fen: FreeFen = 0
    tenths: float = Field(default=0, ge=0, lt=10)
    cap_fen: Fen | None = None
    total_limit: int = Field(ge=1, le=1_000_000)
    per_person_limit: int = Field(default=1, ge=1, le=99)
    valid_from: LocalTime
    valid_until: LocalTime


class RuleRow(Payload):
    """A rule of the template; without regions it is the default one."""

    regions: Words = Field(default_factory=list)
    is_served: Literal["yes", "no"] = "yes"
    base_fen: FreeFen = 0
    base_units: int = Field(default=1, ge=1, le=1_000_000)
    extra_fen: FreeFen = 0
    extra_units: int = Field(default=1, ge=1, le=1_000_000)
    free_over_fen: Fen | None = None

    @property
    def terms(self) -> RuleTerms:
        return RuleTerms(
            tuple(self.regions), self.is_served == "yes", self.base_fen, self.base_units, self.extra_fen, self.extra_units,
            self.free_over_fen,
        )  # fmt: skip


class FreightForm(Payload):
    unit: FreightUnit
    pickup_place: Text = Field(default="", max_length=200)
    rules: list[RuleRow] = Field(max_length=40)


@blueprint.get("/coupons")
@role(Role.OWNER)
def coupons() -> tuple[str, int]:
    return _coupons_page(None)


@blueprint.post("/coupons")
@role(Role.OWNER)
@once
def make_coupon() -> tuple[str, int] | Response:
    form = bind_form(CouponForm)
    refused = attempt(form, lambda: editing.make_coupon(_wish(form.value), actor()))
    if refused:
        if "off_basis_points" in form.errors:
            form.errors["tenths"] = form.errors.pop("off_basis_points")
        return _coupons_page(form, refused)
    flash(gettext("券发出去了，买家能领了"), "success")
    return redirect(url_for("workshop.coupons"))


@blueprint.post("/coupons/<int:coupon_id>/stop")
@role(Role.OWNER)
def stop_coupon(coupon_id: int) -> tuple[str, int] | Response:
    coupon, form = finding.find_coupon_of(coupon_id, own_workshop_ids()), bind_form(Nothing)
    refused = attempt(form, lambda: editing.stop(coupon, actor(), "owner stopped"))
    if refused:
        return _coupons_page(None, refused)
    flash(gettext("这张券停了，没用的也不能再用"), "info")
    return redirect(url_for("workshop.coupons"))


@blueprint.get("/freight")
@role(Role.OWNER)
def freight() -> tuple[str, int]:
    return _freight_page(None)


@blueprint.post("/freight")
@role(Role.OWNER)
def save_freight() -> tuple[str, int] | Response:
    form, workshop = bind_rows(FreightForm, "rules"), own_workshop()

    def act() -> None:
        wish = form.value
        save_template(workshop.id, [row.terms for row in wish.rules], unit=wish.unit, pickup_place=wish.pickup_place)

    refused = attempt(form, act)
    if refused:
        return _freight_page(form, refused)
    flash(gettext("运费改好了，新下的订单按这个算"), "success")
    return redirect(url_for("workshop.freight"))


def _wish(form: CouponForm) -> editing.CouponWish:
    percentage = form.kind == CouponKind.PERCENTAGE
    return editing.CouponWish(
        title=form.title, kind=form.kind, total_limit=form.total_limit, valid_from=form.valid_from,
        valid_until=form.valid_until, threshold_fen=form.threshold_fen, off_fen=form.off_fen,
        off_basis_points=taken_off(form.tenths) if percentage else 0, cap_fen=form.cap_fen,
        per_person_limit=form.per_person_limit, funded_by_workshop_id=own_workshop().id,
    )  # fmt: skip


def _coupons_page(form: Form[CouponForm] | None, status: int = 200) -> tuple[str, int]:
    found = finding.coupons_of(own_workshop().id)
    return console("coupons.html", gettext("优惠券"), "products", status, coupons=found, at=now(), form=form)


def _freight_page(form: Form[FreightForm] | None, status: int = 200) -> tuple[str, int]:
    template = templates_of({own_workshop().id}).get(own_workshop().id)
    rules: list[FreightRule] = sorted(template.rules, key=lambda rule: bool(rule.regions)) if template else []
    places = max(len(rules) + EMPTY_RULES, 4)
    return console(
        "freight.html", gettext("运费和自提"), "products", status, kept=template, rules=rules, places=places, form=form
    )
