"""The shop's window of the demo: two topics and three banners, with the illustrations there are."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

from sqlalchemy import select

from core.clock import today
from core.db import db
from core.settings import settings
from domain.products.models import Category, Product
from domain.showcase.models import Banner, Topic, TopicProduct
from domain.workshops.models import Workshop

# Slug, title, intro, both in English, its shelves, whose picture it carries.
TOPICS = (
    (
        "xiajiu",
        "冬夜一壶红曲酒",
        "温到四十度的酒，配卤黑豆腐和手打肉丸。",
        "A jar of red-yeast wine for winter nights",
        "Wine warmed to forty degrees, with braised black tofu and hand-beaten meatballs.",
        ("wine", "tofu", "meatballs"),
        "workshops/sidatong",
    ),
    (
        "zaocan",
        "坂里的早饭桌",
        "一把碱水面，两块刚出笼的糕。",
        "Breakfast in Banli",
        "A handful of alkaline noodles and two cakes just out of the steamer.",
        ("noodles", "cakes"),
        "workshops/banlixu",
    ),
)
MAKER, MAKER_TITLE = "neifang", "一块黑豆腐，从泡豆到出箱"
MAKER_TITLE_EN = "A block of black tofu, from soaked beans to the press"
GENERATED = Path(__file__).resolve().parents[1] / "static" / "generated"


def picture_file(slug: str) -> Path:
    """A product's illustration, as a photo that somebody could send."""
    return GENERATED / "products" / f"{slug}-800.webp"


def dress(workshops: dict[str, Workshop]) -> None:
    """Topics in the order of their shelves, a banner to each, and one to a workshop."""
    since = datetime.combine(today(), time.min, settings().zone)
    for place, (slug, title, intro, title_en, intro_en, shelves, picture) in enumerate(TOPICS):
        topic = Topic(
            slug=slug, title=title, intro=intro, title_en=title_en, intro_en=intro_en, picture=f"/static/generated/{picture}"
        )  # fmt: skip
        topic.products = [TopicProduct(product_id=each, position=n) for n, each in enumerate(_goods(shelves))]
        db.session.add(topic)
        db.session.flush()
        values = {"title": title, "title_en": title_en, "picture": topic.picture, "topic_id": topic.id}
        db.session.add(Banner(**values, position=place, shown_from=since))
    maker = workshops[MAKER]
    values = {"title": MAKER_TITLE, "title_en": MAKER_TITLE_EN, "picture": maker.picture, "workshop_id": maker.id}
    db.session.add(Banner(**values, position=9, shown_from=since))
    db.session.flush()


def _goods(shelves: tuple[str, ...]) -> list[int]:
    """At most four of each shelf."""
    chosen: list[int] = []
    for shelf in shelves:
        statement = select(Product.id).join(Category, Category.id == Product.category_id).where(Category.slug == shelf)
        chosen += db.session.scalars(statement.order_by(Product.id).limit(4))
    return chosen
