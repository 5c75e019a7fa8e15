"""Topics: writing them, which products are in them and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.numbers import random_code
from domain.attachments.storing import picture_address, store_picture
from domain.catalog.listing import Card, cards_of
from domain.products.models import Product
from domain.showcase.models import Topic, TopicProduct

MOST_PRODUCTS = 60


class TopicFull(DomainError):
    message = "一个专题最多 60 个商品"


@dataclass(frozen=True, slots=True)
class TopicFields:
    """What the operator says about a topic."""

    title: str
    intro: str = ""
    is_shown: bool = False
    title_en: str = ""
    intro_en: str = ""


def write_topic(topic: Topic | None, fields: TopicFields, content: bytes, uploaded_by: int) -> Topic:
    """A new topic, or another text of `topic`; without `content` its picture stays as it is."""
    topic = topic or Topic(slug=f"t-{random_code(6).lower()}")
    topic.title, topic.intro, topic.is_shown = fields.title, fields.intro, fields.is_shown
    topic.title_en, topic.intro_en = fields.title_en, fields.intro_en
    if content:
        topic.picture = picture_address(store_picture(content, uploaded_by))
    db.session.add(topic)
    db.session.flush()
    return topic


def add_product(topic: Topic, slug: str) -> None:
    """Put a product behind the others; one that is there already stays where it is."""
    product_id = db.session.scalar(select(Product.id).filter_by(slug=slug))
    if product_id is None:
        raise InvalidInput({"product": "没有这个商品"})
    if any(each.product_id == product_id for each in topic.products):
        return
    if len(topic.products) >= MOST_PRODUCTS:
        raise TopicFull
    place = max((each.position for each in topic.products), default=-1) + 1
    topic.products.append(TopicProduct(product_id=product_id, position=place))
    db.session.flush()


def remove_product(topic: Topic, product_id: int) -> None:
    """Take a product out; NotFound when it isn't in."""
    topic.products.remove(_place_of(topic, product_id))
    db.session.flush()


def move_forward(topic: Topic, product_id: int) -> None:
    """One place nearer to the front; the first one stays."""
    moved = _place_of(topic, product_id)
    place = topic.products.index(moved)
    if place > 0:
        other = topic.products[place - 1]
        moved.position, other.position = other.position, moved.position
        db.session.flush()
        db.session.refresh(topic, ["products"])


def every_topic() -> list[Topic]:
    """All there are, newest first."""
    return list(db.session.scalars(select(Topic).order_by(Topic.id.desc())))


def find_topic(slug: str, *, lock: bool = False) -> Topic:
    """The topic, shown or not, or NotFound; with `lock` nobody else changes it meanwhile."""
    statement = select(Topic).filter_by(slug=slug)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    topic = db.session.scalars(statement).first()
    if topic is None:
        raise NotFound(what="topic")
    return topic


def shown_topic(slug: str) -> tuple[Topic, list[Card]]:
    """A topic buyers may open, with its products that are on sale now, in its order; else NotFound."""
    topic = find_topic(slug)
    if not topic.is_shown:
        raise NotFound(what="topic")
    return topic, cards_of([each.product_id for each in topic.products])


def _place_of(topic: Topic, product_id: int) -> TopicProduct:
    for each in topic.products:
        if each.product_id == product_id:
            return each
    raise NotFound(what="product")
