"""What a buyer looked at, kept and searched for: theirs alone, and theirs to clear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import now
from core.db import Model


class Favorite(Model):
    """A product a buyer keeps (收藏)."""

    __tablename__ = "favorites"
    __table_args__ = (Index("ix_favorites_newest", "account_id", "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


class ProductView(Model):
    """When a buyer last looked at a product (最近浏览)."""

    __tablename__ = "product_views"
    __table_args__ = (Index("ix_product_views_newest", "account_id", "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


class Search(Model):
    """When a buyer last searched for these words."""

    __tablename__ = "searches"
    __table_args__ = (Index("ix_searches_newest", "account_id", "at"), Index("ix_searches_at", "at"))

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    words: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
