"""Reviews of the workshop's goods, and answering them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.inputs import Text
from domain.reviews import reading
from domain.reviews.replying import reply


class ReviewsQuery(Payload):
    all: bool = False
    page: int = Field(default=1, ge=1, le=10000)


class ReplyForm(Payload):
    text: Text = Field(min_length=1, max_length=500)


@blueprint.get("/reviews")
@role(Role.OWNER)
def reviews() -> tuple[str, int]:
    return _page(parse_query(ReviewsQuery), None)


@blueprint.post("/reviews/<int:review_id>/reply")
@role(Role.OWNER)
def answer_review(review_id: int) -> tuple[str, int] | Response:
    form = bind_form(ReplyForm)
    refused = attempt(form, lambda: reply(own_workshop_ids(), review_id, form.value.text, actor()))
    if refused:
        return _page(ReviewsQuery(all=True), form, refused, review_id)
    flash(gettext("回复已发布"), "success")
    return redirect(url_for("workshop.reviews", all=True) + f"#review-{review_id}")


def _page(
    query: ReviewsQuery, form: Form[Any] | None, status: int = 200, refused_id: int | None = None
) -> tuple[str, int]:
    page = reading.reviews_for_workshops(own_workshop_ids(), unanswered=not query.all, number=query.page)
    return console(
        "reviews.html",
        gettext("评价"),
        "products",
        status,
        page=page,
        query=query,
        rating=reading.rating_of_workshop(own_workshop().id),
        products=reading.product_names({review.product_id for review in page.items}),
        page_url=lambda number: url_for("workshop.reviews", all=query.all or None, page=number),
        form=form,
        refused_id=refused_id,
    )
