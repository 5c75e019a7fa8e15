"""The shop's window of the demo: two topics and three banners, with the illustrations there are."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import select

from core.clock import today
from core.db import db
from core.settings import settings
from domain.products.models import Category, Product
from domain.showcase.models import Banner, Topic, TopicProduct
from domain.workshops.models import Workshop

# Slug, title, intro, its shelves, whose picture it carries.
TOPICS = (
    (
        "xiajiu",
        "冬夜一壶红曲酒",
        "温到四十度的酒，配卤黑豆腐和手打肉丸。",
        ("wine", "tofu", "meatballs"),
        "workshops/sidatong",
    ),
    ("zaocan", "坂里的早饭桌", "一把碱水面，两块刚出笼的糕。", ("noodles", "cakes"), "workshops/banlixu"),
)
MAKER, MAKER_TITLE = "neifang", "一块黑豆腐，从泡豆到出箱"


def dress(workshops: dict[str, Workshop]) -> None:
    """Topics in the order of their shelves, a banner to each, and one to a workshop."""
    since = datetime.combine(today(), time.min, settings().zone)
    for place, (slug, title, intro, shelves, picture) in enumerate(TOPICS):
        topic = Topic(slug=slug, title=title, intro=intro, picture=f"/static/generated/{picture}")
        topic.products = [TopicProduct(product_id=each, position=n) for n, each in enumerate(_goods(shelves))]
        db.session.add(topic)
        db.session.flush()
        db.session.add(Banner(title=title, picture=topic.picture, topic_id=topic.id, position=place, shown_from=since))
    maker = workshops[MAKER]
    db.session.add(Banner(title=MAKER_TITLE, picture=maker.picture, workshop_id=maker.id, position=9, shown_from=since))
    db.session.flush()


def _goods(shelves: tuple[str, ...]) -> list[int]:
    """At most four of each shelf."""
    chosen: list[int] = []
    for shelf in shelves:
        statement = select(Product.id).join(Category, Category.id == Product.category_id).where(Category.slug == shelf)
        chosen += db.session.scalars(statement.order_by(Product.id).limit(4))
    return chosen
