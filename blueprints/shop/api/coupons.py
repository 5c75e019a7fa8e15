"""A buyer's coupons: those in hand, those to claim, and claiming."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field

from blueprints.shop.api.surface import (
    COUPONS,
    Answer,
    Body,
    Id,
    Parameters,
    Slug,
    Words40,
    answer,
    answers,
    blueprint,
)
from blueprints.shop.offer_shapes import CouponShape, coupon_shapes, offered_for, offered_on
from core.web.guards import current_identity, public, require_identity, signed_in
from core.web.limits import limit
from domain.catalog import listing
from domain.promotions import claiming
from domain.promotions.models import Coupon as StoredCoupon
from domain.promotions.offers import Shelf, held_coupons
from domain.workshops import directory


class OfferQuery(Parameters):
    """Of a product, of a workshop, or (without either) for everything."""

    product: Slug | None = None
    workshop: Slug | None = None


class CouponPath(Parameters):
    coupon_id: Id


class Code(Body):
    code: Words40


class Coupon(Answer):
    """`worth`, `condition` and `reach` are words for people. `left`: how often it may still be used."""

    id: int
    title: str
    worth: str
    condition: str
    reach: str
    valid_until: datetime
    left: int
    is_valid: bool = Field(description="现在能不能用")


class Coupons(Answer):
    items: list[Coupon]


@blueprint.get("/coupons", tags=[COUPONS], summary="我的优惠券", responses=answers(Coupons))
@signed_in
def list_coupons() -> Response:
    held = held_coupons(require_identity().account_id)
    return answer(_all(coupon_shapes((each.coupon, each.left) for each in held)))


@blueprint.get("/coupons/offers", tags=[COUPONS], summary="可以领的券", responses=answers(Coupons, 404))
@public
def list_offers(query: OfferQuery) -> Response:
    identity = current_identity()
    account_id = identity.account_id if identity else None
    if query.product:
        return answer(_all(offered_on([listing.find_product(query.product)], account_id)))
    own = frozenset({directory.find_workshop(query.workshop).id}) if query.workshop else frozenset[int]()
    return answer(_all(offered_for(Shelf(workshop_ids=own), account_id)))


@blueprint.post(
    "/coupons/<int:coupon_id>/claim",
    tags=[COUPONS],
    summary="领券",
    responses=answers(Coupon, 404, 409, 429, status=201),
)
@signed_in
def claim_coupon(path: CouponPath) -> Response:
    account_id = require_identity().account_id
    limit("claim", times=60, seconds=60, who=str(account_id))
    return _claimed(claiming.claim(account_id, path.coupon_id))


@blueprint.post(
    "/coupons/codes", tags=[COUPONS], summary="用券码领券", responses=answers(Coupon, 404, 409, 429, status=201)
)
@signed_in
def claim_code(body: Code) -> Response:
    account_id = require_identity().account_id
    limit("coupon_code", times=10, seconds=300, who=str(account_id))
    return _claimed(claiming.claim_by_code(account_id, body.code))


def _claimed(coupon: StoredCoupon) -> Response:
    (shape,) = coupon_shapes([(coupon, 1)])
    return answer(_coupon(shape), 201)


def _all(shapes: list[CouponShape]) -> Coupons:
    return Coupons(items=[_coupon(shape) for shape in shapes])


def _coupon(shape: CouponShape) -> Coupon:
    return Coupon.model_validate({name: getattr(shape, name) for name in Coupon.model_fields})
