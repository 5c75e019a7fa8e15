"""A buyer's coupons: claiming one (领券), typing a code, and those in hand (我的优惠券)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.offer_shapes import coupon_shapes, offered_for
from blueprints.shop.pages import blueprint
from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.web.forms import Form, Payload, bind_form
from core.web.guards import current_identity, public, require_identity, signed_in
from core.web.limits import limit
from core.web.responses import translated
from domain.promotions import claiming
from domain.promotions.offers import Shelf, held_coupons, spent_coupons


class CodeForm(Payload):
    code: str = Field(min_length=2, max_length=40)


@blueprint.get("/me/coupons")
@signed_in
def coupons() -> tuple[str, int]:
    return _page(None)


@blueprint.post("/coupons/<int:coupon_id>/claim")
@public
def claim_coupon(coupon_id: int) -> Response:
    """A visitor is sent to sign in, and back to where the button stood."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("accounts.sign_in", next=_back()))
    account_id = identity.account_id
    limit("claim", times=60, seconds=60, who=str(account_id))
    try:
        # Nothing of a refused claim may stay: the page that says so is a good answer, and commits.
        with db.session.begin_nested():
            coupon = claiming.claim(account_id, coupon_id)
    except (claiming.CouponGone, claiming.CouponClaimedAlready, claiming.CouponOver) as refusal:
        flash(translated(refusal), "warning")
    else:
        flash(gettext("领到了：%(title)s", title=coupon.title), "success")
    return redirect(_back())


@blueprint.post("/me/coupons")
@signed_in
def claim_code() -> Response | tuple[str, int]:
    account_id = require_identity().account_id
    # A code is worth guessing.
    limit("coupon_code", times=10, seconds=300, who=str(account_id))
    form = bind_form(CodeForm)
    if form.errors:
        return _page(form, InvalidInput.status)
    try:
        with db.session.begin_nested():
            coupon = claiming.claim_by_code(account_id, form.value.code)
    except NotFound:
        form.errors["code"] = gettext("没有这个券码")
        return _page(form, InvalidInput.status)
    except DomainError as refusal:
        form.errors["code"] = translated(refusal)
        return _page(form, refusal.status)
    flash(gettext("领到了：%(title)s", title=coupon.title), "success")
    return redirect(url_for("shop.coupons"))


def _page(form: Form[CodeForm] | None, status: int = 200) -> tuple[str, int]:
    account_id = require_identity().account_id
    page = render_template(
        "shop/coupons.html",
        heading=gettext("我的优惠券"),
        held=coupon_shapes((each.coupon, each.left) for each in held_coupons(account_id)),
        spent=coupon_shapes((coupon, 0) for coupon in spent_coupons(account_id)),
        offers=offered_for(Shelf(), account_id),
        form=form,
    )
    return page, status


def _back() -> str:
    """The page the button stood on, if it is one of ours."""
    place = urlsplit(request.referrer or "")
    is_ours = place.netloc == request.host and place.path.startswith("/") and not place.path.startswith("//")
    return place.path if is_ours else url_for("shop.coupons")
