"""Reviews, follow-ups and answers: what is kept, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.errors import InvalidInput, NotFound
from domain.reviews.checking import check
from domain.reviews.models import Part, Reply, Review
from domain.reviews.reading import rating_of, reviews_of_product
from domain.reviews.replying import reply
from domain.reviews.writing import FollowUpOver, follow_up, hide_name
from tests.factories.accounts import make_buyer
from tests.factories.products import make_variant
from tests.factories.reviews import make_review, make_shown_review

Session_ = scoped_session[Session]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stars": 0}, "stars"),
        ({"stars": 6}, "stars"),
        ({"text": "字" * 501}, "text"),
        ({"pictures": ["/pictures/x"] * 7}, "pictures"),
    ],
)
def test_what_cannot_be_a_review_names_its_field(session: Session_, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_review(make_variant(), **wrong)
    assert set(refused.value.fields) == {field}
    assert not session.scalars(select(Review)).all()


def test_an_anonymous_review_keeps_no_name(session: Session_) -> None:
    assert make_review(make_variant(), make_buyer("顾客丁"), is_anonymous=True).author == ""
    assert hide_name("欧阳") == "欧**"


def test_a_review_is_seen_and_counted_once_it_passed(session: Session_) -> None:
    variant = make_variant()
    review = make_review(variant, stars=3)
    assert reviews_of_product(variant.product_id).total == 0
    assert rating_of(variant.product_id).count == 0
    check(review.id, Part.REVIEW)
    assert reviews_of_product(variant.product_id).items == [review]
    make_shown_review(variant, stars=4)
    rating = rating_of(variant.product_id)
    assert (rating.count, rating.stars, rating.average) == (2, 7, 3.5)


def test_one_follow_up_within_thirty_days(session: Session_) -> None:
    buyer, variant = make_buyer(), make_variant()
    review = make_shown_review(variant, buyer)
    follow_up(buyer.id, review.order_line_id, "放了一周还是好")
    assert review.shown_follow_up is None
    check(review.id, Part.FOLLOW_UP)
    assert review.shown_follow_up is not None
    with pytest.raises(FollowUpOver):
        follow_up(buyer.id, review.order_line_id, "再说一次")


def test_no_follow_up_of_anothers_late_or_unseen_review(session: Session_) -> None:
    buyer = make_buyer()
    unseen, shown = make_review(make_variant(), buyer), make_shown_review(make_variant(), buyer)
    with pytest.raises(FollowUpOver):
        follow_up(buyer.id, unseen.order_line_id, "还没审完")
    with pytest.raises(NotFound):
        follow_up(make_buyer().id, shown.order_line_id, "不是我的")
    with time_machine.travel(now() + timedelta(days=30, minutes=1), tick=False), pytest.raises(FollowUpOver):
        follow_up(buyer.id, shown.order_line_id, "太晚了")
    assert shown.follow_up is None


def test_the_workshop_answers_and_may_change_its_words_with_history(session: Session_) -> None:
    variant = make_variant()
    ours = {variant.product.workshop_id}
    review = make_shown_review(variant)
    reply(ours, review.id, "谢谢", "作坊主 #1")
    reply(ours, review.id, "谢谢", "作坊主 #1")
    reply(ours, review.id, "谢谢您，下次多放冰袋", "作坊主 #1")
    assert review.reply is not None
    assert review.reply.text == "谢谢您，下次多放冰袋"
    assert list(session.scalars(select(Reply.text).order_by(Reply.id))) == ["谢谢", "谢谢您，下次多放冰袋"]


def test_nobody_answers_for_another_workshop_or_before_others_see_it(session: Session_) -> None:
    variant = make_variant()
    ours = {variant.product.workshop_id}
    with pytest.raises(NotFound):
        reply(ours, make_shown_review(make_variant()).id, "谢谢", "作坊主 #1")
    with pytest.raises(NotFound):
        reply(ours, make_review(variant).id, "谢谢", "作坊主 #1")
    with pytest.raises(InvalidInput):
        reply(ours, make_shown_review(variant).id, "加微信返利", "作坊主 #1")
    assert not session.scalars(select(Reply)).all()
