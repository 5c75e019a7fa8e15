"""What the buyer may still do with each line of an order: review it, follow up, ask for after-sale."""

from __future__ import annotations

from dataclasses import dataclass

from domain.aftersale.models import AftersaleCase
from domain.aftersale.reading import cases_of_order
from domain.aftersale.rights import rights_of_lines
from domain.fulfillment.reviewing import is_received
from domain.orders.models import Order
from domain.reviews.models import Review
from domain.reviews.reading import reviews_of_lines


@dataclass(frozen=True, slots=True)
class LineState:
    """`case` is the newest case about the line."""

    review: Review | None
    case: AftersaleCase | None
    may_review: bool
    may_follow_up: bool
    may_apply: bool


def line_states(order: Order) -> dict[int, LineState]:
    """By the id of the line."""
    reviews = reviews_of_lines([line.id for line in order.lines]) if order.paid_at else {}
    cases = cases_of_order(order.id) if order.paid_at else {}
    rights = rights_of_lines(order)
    states = {}
    for line in order.lines:
        review = reviews.get(line.id)
        states[line.id] = LineState(
            review=review,
            case=cases.get(line.id),
            may_review=review is None and is_received(order, line),
            may_follow_up=review is not None and review.may_be_followed_up,
            may_apply=bool(rights[line.id].kinds),
        )
    return states
