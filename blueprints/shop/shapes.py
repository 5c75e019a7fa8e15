"""What the storefront's templates are given: plain values, shaped for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.web.language import fill, is_english, say, told
from domain.batches.models import Batch
from domain.products.models import BRAND_NAMES, Brand, Product, Variant
from domain.recordings.showing import live_views
from domain.workshops.models import Workshop


@dataclass(frozen=True, slots=True)
class BrandSign:
    """A brand on the home page. `picture` is an address without width and ending."""

    code: str
    name: str
    tagline: str
    picture: str


_TAGLINES = {Brand.HONG: "红曲与糯米，慢慢酿", Brand.XIAN: "豆腐、面、糕饼、肉丸，当天做"}
# What the label of wine must say (GB 2757), whatever its maker typed.
_WINE_WARNING = "过量饮酒有害健康"


def brand_signs() -> list[BrandSign]:
    return [
        BrandSign(brand.value, say(name), say(_TAGLINES[brand]), f"/static/generated/brands/{brand.value}")
        for brand, name in BRAND_NAMES.items()
    ]


@dataclass(frozen=True, slots=True)
class WorkshopShape:
    """A workshop with its licence in the open."""

    slug: str
    name: str
    town: str
    kind: str
    story: str
    address: str
    is_member: bool
    founded_year: int | None
    trademark: str | None
    certificate_type: str
    certificate_number: str
    scope: str
    picture: str
    expires_on: date | None


def workshop_shape(workshop: Workshop) -> WorkshopShape:
    licence = workshop.certificate
    return WorkshopShape(
        slug=workshop.slug, name=told(workshop), town=say(workshop.town), kind=workshop.kind,
        story=told(workshop, "story"),
        address=workshop.address, is_member=workshop.is_member, founded_year=workshop.founded_year,
        trademark=workshop.trademark, certificate_type=say(licence.type) if licence else "",
        certificate_number=licence.number if licence else "", scope=licence.scope if licence else "", picture=workshop.picture,
        expires_on=licence.expires_on if licence else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductShape:
    """A product's page: everything a buyer must be told before buying."""

    slug: str
    name: str
    tagline: str
    description: str
    brand: str
    category: str
    pictures: list[str]
    ingredients: list[str]
    allergens: list[str]
    net_content: str
    storage: str
    shelf_life_days: int
    standard: str
    alcohol_percent: str
    warnings: list[str]
    is_perishable: bool
    origin: str


def product_shape(product: Product, workshop: Workshop) -> ProductShape:
    """In English the tagline says all that there is in English: no description stands below it."""
    warnings = product.warnings or ([_WINE_WARNING] if product.alcohol_percent else [])
    return ProductShape(
        slug=product.slug, name=told(product), tagline=told(product, "tagline"),
        description="" if is_english() and product.tagline_en else product.description,
        brand=product.brand, category=told(product.category), pictures=product.pictures,
        ingredients=product.ingredients, allergens=[say(each) for each in product.allergens],
        net_content=product.net_content,
        storage=product.storage, shelf_life_days=product.shelf_life_days, standard=product.product_standard,
        alcohol_percent=product.alcohol_percent, warnings=[say(each) for each in warnings], is_perishable=product.is_perishable,
        origin=fill("福建漳州长泰%(town)s", {"town": say(workshop.town)}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VariantShape:
    """A variant to choose: one value of each of its product's specifications."""

    sku: str
    name: str
    values: tuple[str, ...]
    picture: str
    price_fen: int
    weight_grams: int
    available: int


def variant_shapes(product: Product, available: dict[int, int]) -> list[VariantShape]:
    """Those that the product's owner sells."""
    return [
        VariantShape(
            variant.sku, variant.name, tuple(variant.specification_values), variant.picture, variant.price_fen,
            variant.weight_grams, available[variant.id],
        )
        for variant in product.offered_variants
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The newest batch a buyer would get, as the product's page names it."""

    lot: str
    made_on: date
    path: str


def batch_shape(batch: Batch | None, variants: list[Variant]) -> BatchShape | None:
    gtin = next((variant.gtin for variant in variants if batch and variant.id == batch.variant_id), None)
    if batch is None or gtin is None:
        return None
    return BatchShape(batch.lot, batch.made_on, f"/01/{gtin}/10/{batch.lot}")


@dataclass(frozen=True, slots=True)
class ZoneTile:
    """One zone of a workshop, as it is now."""

    workshop: Workshop
    zone: str
    poster_url: str


def zone_tiles(workshop: Workshop) -> list[ZoneTile]:
    """The zones that give a picture now."""
    return [ZoneTile(workshop, say(view.zone_name), view.poster) for view in live_views(workshop) if view.is_live]
