"""Reviews: what others said of a product, writing one about a line received, and following it up."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from blueprints.shop.photos import sent_photos
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import public, require_identity, signed_in
from core.web.language import told
from domain.catalog import listing
from domain.fulfillment.reviewing import is_received, line_of, review_line
from domain.orders.history import order_of
from domain.reviews import reading
from domain.reviews.writing import Opinion, follow_up


class ReviewsQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class ReviewForm(Payload):
    stars: int = Field(ge=1, le=5)
    text: str = Field(default="", max_length=500)
    is_anonymous: bool = False


class FollowUpForm(Payload):
    text: str = Field(min_length=1, max_length=500)


@blueprint.get("/products/<slug>/reviews")
@public
def reviews(slug: str) -> str:
    product = listing.find_product(slug)
    return render_template(
        "shop/reviews.html",
        heading=gettext("%(name)s的评价", name=told(product)),
        product=product,
        rating=reading.rating_of(product.id),
        star_counts=reading.star_counts(product.id),
        page=reading.reviews_of_product(product.id, number=parse_query(ReviewsQuery).page),
        page_url=lambda number: url_for("shop.reviews", slug=slug, page=number),
    )


@blueprint.get("/orders/<number>/lines/<sku>/review")
@signed_in
def review(number: str, sku: str) -> tuple[str, int]:
    return _page(number, sku, None)


@blueprint.post("/orders/<number>/lines/<sku>/review")
@signed_in
def send_review(number: str, sku: str) -> tuple[str, int] | Response:
    account_id, form = require_identity().account_id, bind_form(ReviewForm)
    line_of(order_of(account_id, number), sku)

    def act() -> None:
        wish = form.value
        review_line(account_id, number, sku, Opinion(wish.stars, wish.text, sent_photos(), wish.is_anonymous))

    refused = attempt(form, act)
    if refused:
        return _page(number, sku, form, refused)
    flash(gettext("谢谢评价，审核通过后大家就能看到"), "success")
    return redirect(url_for("shop.order", number=number))


@blueprint.post("/orders/<number>/lines/<sku>/follow-up")
@signed_in
def send_follow_up(number: str, sku: str) -> tuple[str, int] | Response:
    account_id, form = require_identity().account_id, bind_form(FollowUpForm)
    line = line_of(order_of(account_id, number), sku)
    refused = attempt(form, lambda: follow_up(account_id, line.id, form.value.text, sent_photos()))
    if refused:
        return _page(number, sku, form, refused)
    flash(gettext("追评已收到，审核通过后大家就能看到"), "success")
    return redirect(url_for("shop.review", number=number, sku=sku))


def _page(number: str, sku: str, form: Form[Any] | None, status: int = 200) -> tuple[str, int]:
    order = order_of(require_identity().account_id, number)
    line = line_of(order, sku)
    written = reading.reviews_of_lines([line.id]).get(line.id)
    page = render_template(
        "shop/review.html",
        heading=gettext("我的评价") if written else gettext("写评价"),
        order=order,
        line=line,
        review=written,
        may_review=is_received(order, line),
        form=form,
    )
    return page, status
