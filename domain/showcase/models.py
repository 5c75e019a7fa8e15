"""The shop's window: banners on the first page, and topics, pages of chosen products."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Keyed, Model, Timestamped


class Topic(Model, Keyed, Timestamped):
    """A page with products in an order of its own. `picture` is an address without width and ending."""

    __tablename__ = "topics"

    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    title_en: Mapped[str] = mapped_column(default="")
    intro: Mapped[str] = mapped_column(default="")
    intro_en: Mapped[str] = mapped_column(default="")
    picture: Mapped[str] = mapped_column(default="")
    is_shown: Mapped[bool] = mapped_column(default=True)

    products: Mapped[list[TopicProduct]] = relationship(
        order_by="TopicProduct.position", lazy="selectin", cascade="all, delete-orphan"
    )


class TopicProduct(Model):
    """A product's place in a topic."""

    __tablename__ = "topic_products"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    position: Mapped[int]


class Banner(Model, Keyed, Timestamped):
    """A picture on the first page that leads to exactly one thing, while it is its time."""

    __tablename__ = "banners"
    __table_args__ = (
        CheckConstraint("num_nonnulls(product_id, workshop_id, topic_id) = 1", name="one_target"),
        CheckConstraint("shown_until IS NULL OR shown_until > shown_from", name="ends_after_start"),
        Index("ix_banners_shown", "position", "id"),
    )

    title: Mapped[str]
    title_en: Mapped[str] = mapped_column(default="")
    picture: Mapped[str]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    position: Mapped[int] = mapped_column(default=0)
    shown_from: Mapped[datetime]
    shown_until: Mapped[datetime | None]
