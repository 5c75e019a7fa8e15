"""A banner is shown in its time and only where it leads somewhere; a topic keeps the order it was given."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import now
from core.errors import InvalidInput, NotFound
from domain.products.models import ListingStatus, Product
from domain.showcase import banners, topics
from domain.showcase.models import Banner
from tests.factories.accounts import make_operator
from tests.factories.pictures import make_picture
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")


def shown() -> list[str]:
    return [banner.path for banner in banners.banners_now()]


def hang(target: str, **values: object) -> Banner:
    fields = {"title": "年货", "target": target, "position": 0, "shown_from": now() - timedelta(days=1)} | values
    return banners.write_banner(None, banners.BannerFields(**fields), make_picture(), make_operator().id)  # type: ignore[arg-type]


def make_shown() -> Product:
    return make_variant(make_product()).product


def test_banners_are_shown_in_their_time_and_order() -> None:
    maker = make_workshop().slug
    hang(f"workshop:{maker}", position=2)
    hang(f"product:{make_shown().slug}", position=1)
    hang(f"workshop:{maker}", shown_from=now() + timedelta(hours=1))
    hang(f"workshop:{maker}", shown_until=now() - timedelta(hours=1))
    assert [path.split("/")[1] for path in shown()] == ["products", "workshops"]


def test_a_banner_of_what_is_not_sold_is_not_shown() -> None:
    product = make_shown()
    hang(f"product:{product.slug}")
    assert shown() == [f"/products/{product.slug}"]
    product.status = ListingStatus.OFF_SALE
    assert shown() == []


def test_a_hidden_topic_takes_its_banner_with_it() -> None:
    topic = topics.write_topic(None, topics.TopicFields("年货", is_shown=True), b"", make_operator().id)
    banner = hang(f"topic:{topic.slug}")
    assert shown() == [f"/topics/{topic.slug}"]
    assert banners.target_of(banner) == f"topic:{topic.slug}"
    topics.write_topic(topic, topics.TopicFields("年货"), b"", make_operator().id)
    assert shown() == []
    with pytest.raises(NotFound):
        topics.shown_topic(topic.slug)


@pytest.mark.parametrize("target", ["product:nope", "topic:", "https://elsewhere", "order:1", ""])
def test_a_banner_leads_to_something_of_ours(target: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hang(target)
    assert list(caught.value.fields) == ["target"]
    assert banners.every_banner() == []


def test_no_picture_and_an_end_before_the_start_are_named() -> None:
    target = f"workshop:{make_workshop().slug}"
    with pytest.raises(InvalidInput) as caught:
        hang(target, shown_until=now() - timedelta(days=2))
    assert list(caught.value.fields) == ["shown_until"]
    fields = banners.BannerFields("年货", target, 0, now())
    with pytest.raises(InvalidInput) as caught:
        banners.write_banner(None, fields, b"", make_operator().id)
    assert list(caught.value.fields) == ["picture"]


def test_a_topic_keeps_its_order_and_leaves_out_what_is_not_sold() -> None:
    first, second, third = make_shown(), make_shown(), make_shown()
    topic = topics.write_topic(None, topics.TopicFields("年货", is_shown=True), b"", make_operator().id)
    for product in (first, second, third, first):
        topics.add_product(topic, product.slug)
    topics.move_forward(topic, third.id)
    topics.move_forward(topic, first.id)
    assert [card.slug for card in topics.shown_topic(topic.slug)[1]] == [first.slug, third.slug, second.slug]
    third.status = ListingStatus.DRAFT
    topics.remove_product(topic, second.id)
    assert [card.slug for card in topics.shown_topic(topic.slug)[1]] == [first.slug]
    with pytest.raises(NotFound):
        topics.remove_product(topic, second.id)
    with pytest.raises(InvalidInput):
        topics.add_product(topic, "nope")
