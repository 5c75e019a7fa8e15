"""Nothing is shown before it passed: WeChat's answer, our own words, a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.errors import InvalidInput
from core.settings import settings
from core.states import TransitionRefused
from domain.accounts.models import WechatIdentity
from domain.reviews.checking import check, hear_of_picture, history_of, hold_unanswered
from domain.reviews.deciding import decide, held_reviews
from domain.reviews.models import Part, PictureCheck, Review, ReviewStatus
from domain.reviews.reading import rating_of
from domain.reviews.words import has_doubtful_words
from gateways import registry
from gateways.wechat_mini.contract import ContentVerdict, Suggestion
from gateways.wechat_mini.errors import OpenidInactive, WechatUnavailable
from tests.factories.accounts import make_buyer
from tests.factories.products import make_variant
from tests.factories.reviews import make_review

Session_ = scoped_session[Session]


class Mini:
    """WeChat's side of content security, as told."""

    def __init__(self, verdict: Suggestion | Exception) -> None:
        self.verdict = verdict
        self.asked: list[str] = []

    def check_text(self, text: str, openid: str) -> ContentVerdict:
        self.asked.append(text)
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return ContentVerdict(self.verdict, 100)

    def check_picture(self, url: str, openid: str) -> str:
        self.asked.append(url)
        return f"trace-{len(self.asked)}"


@pytest.fixture
def mini(monkeypatch: pytest.MonkeyPatch) -> Mini:
    mini = Mini(Suggestion.PASS)
    monkeypatch.setattr(registry, "wechat_mini", lambda: mini)
    monkeypatch.setattr(settings(), "wechat_mini_appid", "wx-mini")
    return mini


def review_of_mini_buyer(session: Session_, **values: object) -> Review:
    buyer = make_buyer()
    session.add(WechatIdentity(appid="wx-mini", openid=f"mini-{buyer.id}", account_id=buyer.id))
    return make_review(make_variant(), buyer, **values)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Suggestion.PASS, "shown"),
        (Suggestion.REVIEW, "held"),
        (Suggestion.RISKY, "refused"),
        (OpenidInactive(errcode=61010), "held"),
    ],
)
def test_what_wechat_says_is_done(session: Session_, mini: Mini, verdict: Suggestion | Exception, status: str) -> None:
    mini.verdict = verdict
    review = review_of_mini_buyer(session)
    check(review.id, Part.REVIEW)
    check(review.id, Part.REVIEW)
    assert (review.status, mini.asked) == (status, ["好吃"])
    assert [row.to_status for row in history_of(review.id)] == ["pending", status]
    assert rating_of(review.product_id).count == (status == "shown")


def test_without_an_answer_it_stays_unseen_and_a_person_gets_it_after_an_hour(session: Session_, mini: Mini) -> None:
    mini.verdict = WechatUnavailable()
    review = review_of_mini_buyer(session)
    with pytest.raises(WechatUnavailable):
        check(review.id, Part.REVIEW)
    hold_unanswered()
    assert review.status == "pending"
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        hold_unanswered()
        hold_unanswered()
    assert review.status == "held"


@pytest.mark.parametrize(
    ("text", "pictures", "status"),
    [
        ("酒香，豆腐嫩", [], "shown"),
        ("", [], "shown"),
        ("加 ＶＸ 返利", [], "held"),
        ("打 13800138000", [], "held"),
        ("好看", ["/pictures/" + "a" * 64], "held"),
    ],
)
def test_whom_wechat_does_not_know_our_words_judge_and_photos_wait_for_a_person(
    session: Session_, text: str, pictures: list[str], status: str
) -> None:
    review = make_review(make_variant(), text=text, pictures=pictures)
    check(review.id, Part.REVIEW)
    assert review.status == status


def test_harmless_words_pass() -> None:
    for text in (
        "第二次买了，豆腐煎着吃",
        "2026 年的新酒",
        "给爸妈买的，一共 3 瓶",
        "妈妈的味道",
        "2026-05-24 做的，微辣",
    ):
        assert not has_doubtful_words(text), text


def test_photos_wait_for_the_push_and_the_last_one_shows_the_review(
    session: Session_, mini: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "wechat_mini_push_token", SecretStr("token"))
    review = review_of_mini_buyer(session, pictures=["/pictures/" + "a" * 64, "/pictures/" + "b" * 64])
    check(review.id, Part.REVIEW)
    first, second = session.scalars(select(PictureCheck).order_by(PictureCheck.id))
    assert (review.status, first.trace_id) == ("pending", "trace-2")
    assert mini.asked[1] == f"{settings().public_base_url}/pictures/{'a' * 64}-800.webp"
    hear_of_picture(first.trace_id, Suggestion.PASS, 100)
    hear_of_picture(first.trace_id, Suggestion.RISKY, 20002)
    hear_of_picture("unknown", Suggestion.RISKY, 20002)
    assert review.status == "pending"
    hear_of_picture(second.trace_id, Suggestion.PASS, 100)
    assert review.status == "shown"


@pytest.mark.parametrize(
    ("heard", "status"), [(Suggestion.RISKY, "refused"), (Suggestion.REVIEW, "held"), (None, "held")]
)
def test_one_bad_or_unseen_photo_keeps_the_review_back(
    session: Session_, mini: Mini, monkeypatch: pytest.MonkeyPatch, heard: Suggestion | None, status: str
) -> None:
    monkeypatch.setattr(settings(), "wechat_mini_push_token", SecretStr("token"))
    review = review_of_mini_buyer(session, pictures=["/pictures/" + "a" * 64, "/pictures/" + "b" * 64])
    check(review.id, Part.REVIEW)
    first, second = session.scalars(select(PictureCheck).order_by(PictureCheck.id))
    hear_of_picture(first.trace_id, heard, 20002)
    hear_of_picture(second.trace_id, Suggestion.PASS, 100)
    assert review.status == status


def test_the_operator_decides_about_what_is_held_and_takes_down_what_is_shown(session: Session_) -> None:
    review = make_review(make_variant(), text="加微信")
    check(review.id, Part.REVIEW)
    assert held_reviews().items == [review]
    with pytest.raises(InvalidInput):
        decide(review.id, ReviewStatus.REFUSED, "运营 #1")
    decide(review.id, ReviewStatus.SHOWN, "运营 #1")
    assert (review.status, rating_of(review.product_id).count, held_reviews().total) == ("shown", 1, 0)
    with pytest.raises(TransitionRefused):
        decide(review.id, ReviewStatus.SHOWN, "运营 #1")
    decide(review.id, ReviewStatus.REFUSED, "运营 #1", "广告")
    assert (review.status, rating_of(review.product_id).count) == ("refused", 0)
