"""Reviews that no check could decide: show or refuse, part by part."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.reviews.deciding import decide, held_reviews
from domain.reviews.models import Part, ReviewStatus
from domain.reviews.reading import product_names


class ReviewsQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


class DecisionForm(Payload):
    part: Part
    status: ReviewStatus
    reason: str = Field(default="", max_length=200)


@blueprint.get("/reviews")
@role(Role.OPERATOR)
def reviews() -> tuple[str, int]:
    return _page(parse_query(ReviewsQuery).page, None)


@blueprint.post("/reviews/<int:review_id>")
@role(Role.OPERATOR)
def decide_review(review_id: int) -> tuple[str, int] | Response:
    form = bind_form(DecisionForm)

    def act() -> None:
        wish = form.value
        decide(review_id, wish.status, actor(), wish.reason, wish.part)

    refused = attempt(form, act)
    if refused:
        return _page(1, form, refused, review_id)
    shown = form.value.status is ReviewStatus.SHOWN
    flash(gettext("已展示") if shown else gettext("已拒绝，理由记下了"), "success")
    return redirect(url_for("cluster.reviews"))


def _page(number: int, form: Form[Any] | None, status: int = 200, refused_id: int | None = None) -> tuple[str, int]:
    page = held_reviews(number=number)
    return console(
        "cluster/reviews.html",
        gettext("评价审核"),
        "reviews",
        status,
        page=page,
        products=product_names({review.product_id for review in page.items}),
        page_url=lambda number: url_for("cluster.reviews", page=number),
        form=form,
        refused_id=refused_id,
    )
