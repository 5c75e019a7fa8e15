"""What workshops make: products (SPU), their variants (SKU) with price and GTIN, pictures, and their listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from core.clock import now
from core.db import Keyed, Model, Timestamped


class Brand(StrEnum):
    """The cluster's two brands: 坂里红 for wine and red yeast, 坂里鲜 for everything fresh."""

    HONG = "hong"
    XIAN = "xian"


BRAND_NAMES = {Brand.HONG: "坂里红", Brand.XIAN: "坂里鲜"}


class ListingStatus(StrEnum):
    """Whether buyers see a product. `submitted` waits for the operator; `returned` came back with a reason."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ON_SALE = "on_sale"
    OFF_SALE = "off_sale"


TRANSITIONS: Mapping[ListingStatus, frozenset[ListingStatus]] = {
    ListingStatus.DRAFT: frozenset({ListingStatus.SUBMITTED}),
    ListingStatus.SUBMITTED: frozenset({ListingStatus.ON_SALE, ListingStatus.RETURNED, ListingStatus.DRAFT}),
    ListingStatus.RETURNED: frozenset({ListingStatus.SUBMITTED}),
    ListingStatus.ON_SALE: frozenset({ListingStatus.OFF_SALE, ListingStatus.SUBMITTED, ListingStatus.RETURNED}),
    ListingStatus.OFF_SALE: frozenset({ListingStatus.ON_SALE, ListingStatus.SUBMITTED}),
}


class Category(Model, Keyed):
    """A shelf of the shop."""

    __tablename__ = "categories"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class Specification:
    """One dimension in which a product is sold (规格): 口味, with 原味, 微辣, 中辣 in their order."""

    name: str
    values: tuple[str, ...]


# What the one dimension is called of a product whose variants were only named.
PLAIN_SPECIFICATION = "规格"


class Product(Model, Keyed, Timestamped):
    """A product of one workshop, with the facts its label and its page must show (食品安全法 67)."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("jsonb_array_length(specifications) <= 2", name="two_specifications_at_most"),
        Index("ix_products_status", "status", "id"),
        Index("ix_products_search_terms", "search_terms", postgresql_using="gin"),
    )

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    brand: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    tagline: Mapped[str] = mapped_column(default="")
    tagline_en: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    ingredients: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    allergens: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    additives: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    net_content: Mapped[str] = mapped_column(default="")
    storage: Mapped[str] = mapped_column(default="")
    shelf_life_days: Mapped[int]
    product_standard: Mapped[str] = mapped_column(default="")
    alcohol_percent: Mapped[str] = mapped_column(default="")
    warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    is_perishable: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default=ListingStatus.DRAFT)
    approved_at: Mapped[datetime | None]
    """When the operator approved it as it is now; None while something in it has not been looked at."""
    revision: Mapped[int] = mapped_column(default=0)
    """Grows with every change that must be looked at."""
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    search_terms: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    """What it is found by: single signs, pairs and words of its texts (domain/products/terms.py)."""
    search_text: Mapped[str] = mapped_column(default="")
    """The texts themselves, to look at what the terms found."""
    sold_count: Mapped[int] = mapped_column(default=0)
    sale_cutoff_days: Mapped[int | None]
    """How many days must be left before the best-before day for a packet to be sold; None: as its shelf life suggests."""

    specifications: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """`{"name": …, "values": […]}` for each dimension; read it through `dimensions`."""

    variants: Mapped[list[Variant]] = relationship(order_by="Variant.position", lazy="selectin")
    category: Mapped[Category] = relationship(lazy="joined", innerjoin=True)

    @property
    def brand_name(self) -> str:
        return BRAND_NAMES[Brand(self.brand)]

    @property
    def picture(self) -> str:
        """The address of the first picture without its width and ending (`…-400.webp`, `…-800.webp`)."""
        return self.pictures[0] if self.pictures else ""

    @property
    def dimensions(self) -> tuple[Specification, ...]:
        """None to two. Variants that were only named make up one, 规格."""
        if self.specifications:
            return tuple(Specification(each["name"], tuple(each["values"])) for each in self.specifications)
        named = tuple(value for variant in self.variants for value in variant.specification_values)
        return (Specification(PLAIN_SPECIFICATION, named),) if named else ()

    @property
    def offered_variants(self) -> list[Variant]:
        """Those that its owner sells."""
        return [variant for variant in self.variants if variant.is_enabled]


def _named(context: DefaultExecutionContext) -> list[str]:
    return [str(context.get_current_parameters()["name"])]  # type: ignore[no-untyped-call]


class Variant(Model, Keyed):
    """One size or pack of a product: what is priced, counted and labelled."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_fen > 0", name="price_positive"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint("cardinality(specification_values) <= 2", name="two_values_at_most"),
        UniqueConstraint("product_id", "name"),
        UniqueConstraint("product_id", "specification_values"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(unique=True)
    gtin: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    """Its values, as carts, orders and labels show them: `微辣 / 500 g`."""
    specification_values: Mapped[list[str]] = mapped_column(ARRAY(Text), default=_named)
    """One value of each of its product's specifications, in their order; no two variants have the same."""
    is_enabled: Mapped[bool] = mapped_column(default=True)
    """Whether its owner sells it; what was ordered goes on."""
    picture: Mapped[str] = mapped_column(default="")
    """One of its product's pictures, shown when it is chosen; empty for the first one."""
    price_fen: Mapped[int]
    approved_price_fen: Mapped[int | None]
    """What it cost when it was last approved: small changes of the price are measured from here."""
    weight_grams: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="variants")


class VariantMaker(Model):
    """A workshop that makes a variant under the shared brand. A variant without any is made by its product's workshop."""

    __tablename__ = "variant_makers"
    __table_args__ = (CheckConstraint("daily_capacity > 0", name="capacity_positive"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), primary_key=True, index=True)
    daily_capacity: Mapped[int]
    """How many packets of it the workshop can take orders for in a day."""
    is_active: Mapped[bool] = mapped_column(default=True)


class MakerHistory(Model, Keyed):
    """Who gave a variant a maker or changed one; a value is None before there was any. Append-only."""

    __tablename__ = "maker_history"

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_capacity: Mapped[int | None]
    to_capacity: Mapped[int]
    from_active: Mapped[bool | None]
    to_active: Mapped[bool]


class CutoffHistory(Model, Keyed):
    """Who changed how long before its best-before day a product stops selling; None: as its shelf life suggests.

    Append-only.
    """

    __tablename__ = "cutoff_history"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_days: Mapped[int | None]
    to_days: Mapped[int | None]


class ListingHistory(Model, Keyed):
    """Who put a product on or off sale, when and why."""

    __tablename__ = "listing_history"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
