"""Reviews: what others said of a product, and a buyer's own about a line they received."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import Field

from blueprints.shop.api.products import ProductPath
from blueprints.shop.api.surface import (
    REVIEWS,
    Answer,
    Body,
    OrderNumber,
    PageQuery,
    Parameters,
    Photos,
    Picture,
    Said500,
    Sku,
    Text500,
    answer,
    answers,
    blueprint,
    picture,
)
from core.errors import NotFound
from core.web.guards import public, require_identity, signed_in
from domain.attachments.storing import addresses_of
from domain.catalog import listing
from domain.fulfillment.reviewing import line_of, review_line
from domain.orders.history import order_of
from domain.reviews import reading
from domain.reviews.models import Review, ReviewStatus
from domain.reviews.writing import Opinion, follow_up


class LinePath(Parameters):
    number: OrderNumber
    sku: Sku


class ReviewBody(Body):
    stars: int = Field(ge=1, le=5)
    text: Text500 = ""
    pictures: Photos = Field(default_factory=list)
    is_anonymous: bool = False


class FollowUpBody(Body):
    text: Said500
    pictures: Photos = Field(default_factory=list)


class Reply(Answer):
    text: str
    at: datetime


class ShownFollowUp(Answer):
    text: str
    pictures: list[Picture]
    written_at: datetime


class ShownReview(Answer):
    """`author` is empty for an anonymous one."""

    author: str
    stars: int
    text: str
    pictures: list[Picture]
    variant_name: str
    written_at: datetime
    follow_up: ShownFollowUp | None
    reply: Reply | None


class ReviewPage(Answer):
    rating: float = Field(description="1 到 5；没有评价时是 0")
    count: int
    items: list[ShownReview]
    next_cursor: str | None


class OwnReview(ShownReview):
    """One's own, whether others see it yet or not."""

    status: ReviewStatus
    follow_up_status: ReviewStatus | None
    may_follow_up: bool


@blueprint.get("/products/<slug>/reviews", tags=[REVIEWS], summary="商品的评价", responses=answers(ReviewPage, 404))
@public
def list_reviews(path: ProductPath, query: PageQuery) -> Response:
    product = listing.find_product(path.slug)
    found, rating = reading.reviews_after(product.id, query.cursor, size=query.limit), reading.rating_of(product.id)
    items = [ShownReview.model_validate(_shown(review)) for review in found.items]
    return answer(ReviewPage(rating=rating.average, count=rating.count, items=items, next_cursor=found.next_cursor))


@blueprint.get(
    "/orders/<number>/lines/<sku>/review", tags=[REVIEWS], summary="我的评价", responses=answers(OwnReview, 404)
)
@signed_in
def read_review(path: LinePath) -> Response:
    return answer(_own(path))


@blueprint.post(
    "/orders/<number>/lines/<sku>/review",
    tags=[REVIEWS],
    summary="写评价",
    description="收到货才能评价，每件商品一次。审核通过后才展示。",
    responses=answers(OwnReview, 404, 409, status=201),
)
@signed_in
def write_review(path: LinePath, body: ReviewBody) -> Response:
    opinion = Opinion(body.stars, body.text, addresses_of(body.pictures), body.is_anonymous)
    review_line(require_identity().account_id, path.number, path.sku, opinion)
    return answer(_own(path), 201)


@blueprint.post(
    "/orders/<number>/lines/<sku>/follow-up",
    tags=[REVIEWS],
    summary="追评",
    description="评价展示后 30 天内可追评一次。",
    responses=answers(OwnReview, 404, 409, status=201),
)
@signed_in
def write_follow_up(path: LinePath, body: FollowUpBody) -> Response:
    account_id = require_identity().account_id
    line = line_of(order_of(account_id, path.number), path.sku)
    follow_up(account_id, line.id, body.text, addresses_of(body.pictures))
    return answer(_own(path), 201)


def _own(path: LinePath) -> OwnReview:
    line = line_of(order_of(require_identity().account_id, path.number), path.sku)
    review = reading.reviews_of_lines([line.id]).get(line.id)
    if review is None:
        raise NotFound(what="review")
    return OwnReview.model_validate(
        _shown(review)
        | {
            "status": ReviewStatus(review.status),
            "follow_up_status": ReviewStatus(review.follow_up.status) if review.follow_up else None,
            "may_follow_up": review.may_be_followed_up,
        }
    )


def _shown(review: Review) -> dict[str, object]:
    more, reply = review.shown_follow_up, review.reply
    return {
        "author": review.author,
        "stars": review.stars,
        "text": review.text,
        "pictures": [picture(base) for base in review.pictures],
        "variant_name": review.variant_name,
        "written_at": review.created_at,
        "follow_up": more
        and ShownFollowUp.model_validate(
            {"text": more.text, "pictures": [picture(base) for base in more.pictures], "written_at": more.created_at}
        ),
        "reply": reply and Reply(text=reply.text, at=reply.at),
    }
