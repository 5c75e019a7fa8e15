"""The catalogue: the first page, the shelves, the list with its filters, and a product."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from flask import Response
from pydantic import Field

from blueprints.shop.api.surface import (
    CATALOG,
    Answer,
    PageQuery,
    Parameters,
    Picture,
    Slug,
    Words40,
    answer,
    answers,
    blueprint,
    picture,
)
from blueprints.shop.group_shapes import OfferShape, group_offers
from blueprints.shop.offer_shapes import flash_of
from blueprints.shop.shapes import VariantShape, batch_shape, brand_signs, product_shape, variant_shapes
from core.settings import settings
from core.web.guards import current_identity, public
from core.web.language import say, told
from core.web.snapshots import snapshot
from domain.batches.finding import latest_released
from domain.browsing import keeping
from domain.catalog import listing
from domain.products.models import Brand
from domain.promotions.terms import FlashTerms
from domain.reviews.reading import rating_of
from domain.showcase.banners import banners_now
from domain.stock.availability import available
from domain.workshops import directory
from domain.workshops.models import Workshop

BrandCode = Literal["hong", "xian"]


class ProductQuery(PageQuery):
    """A cursor belongs to the sort it was given with."""

    brand: Brand | None = Field(default=None, description="hong 坂里红，xian 坂里鲜")
    category: Slug | None = None
    workshop: Slug | None = None
    q: Words40 | None = Field(default=None, description="搜索词，空格分开的都要命中")
    sort: listing.Sort = listing.Sort.DEFAULT


class ProductPath(Parameters):
    slug: Slug


class WorkshopName(Answer):
    slug: str
    name: str


class ProductCard(Answer):
    """A product in a list. Prices are of its cheapest and its dearest variant; `available` counts packets."""

    slug: str
    name: str
    tagline: str
    brand: BrandCode
    workshop: WorkshopName
    picture: Picture | None
    price_fen: int
    max_price_fen: int
    available: int
    rating: float = Field(description="1 到 5；没有评价时是 0")
    review_count: int


class ProductPage(Answer):
    items: list[ProductCard]
    next_cursor: str | None


class Category(Answer):
    slug: str
    name: str


class Categories(Answer):
    items: list[Category]


class BrandSign(Answer):
    code: BrandCode
    name: str
    tagline: str
    picture: Picture | None


class Banner(Answer):
    """A picture that leads to `path`: `/products/…`, `/workshops/…` or `/topics/…`."""

    title: str
    picture: Picture | None
    path: str


class Home(Answer):
    banners: list[Banner]
    brands: list[BrandSign]
    categories: list[Category]
    featured: list[ProductCard]
    newest: list[ProductCard]
    workshops: list[WorkshopName]


class FlashOffer(Answer):
    """A price for a while. `left`: how many packets the asker may still have at it."""

    price_fen: int
    left: int
    ends_at: datetime


class Specification(Answer):
    """A dimension in which the product is sold (规格), with its values in their order."""

    name: str
    values: list[str]


class OpenGroup(Answer):
    """A group that lacks people; `opener` is masked. Joined on `/groups/{code}`."""

    code: str
    opener: str
    size: int
    paid: int
    lacks: int = Field(description="还差几个人付款")
    closes_at: datetime


class GroupOffer(Answer):
    """A price for `size` people who buy together. `left`: how many packets the asker may still have at it."""

    id: int
    price_fen: int
    size: int
    hours: int = Field(description="开团后多少小时内要拼满")
    left: int
    ends_at: datetime
    groups: list[OpenGroup] = Field(description="正在等人的团，差得最少的在前")


class Variant(Answer):
    """What is put in a cart, by its `sku`. A combination of values without a variant isn't sold."""

    sku: str
    name: str = Field(description="各项规格的值，如「微辣 / 500 g」")
    values: list[str] = Field(description="每项规格一个值，次序同 specifications")
    picture: Picture | None = Field(description="选中它时先看的图片；null 表示用商品首图")
    price_fen: int
    weight_grams: int
    available: int
    flash: FlashOffer | None
    group_buy: GroupOffer | None


class Batch(Answer):
    """The newest batch that was released, and its page."""

    lot: str
    made_on: date
    trace_url: str


class ProductDetail(Answer):
    """Everything a buyer must be told before buying (食品安全法 67)."""

    slug: str
    name: str
    tagline: str
    description: str
    brand: BrandCode
    category: str
    workshop: WorkshopName
    pictures: list[Picture]
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
    specifications: list[Specification] = Field(description="零到两项")
    variants: list[Variant]
    latest_batch: Batch | None
    rating: float = Field(description="1 到 5；没有评价时是 0")
    review_count: int


@blueprint.get("/home", tags=[CATALOG], summary="首页", responses=answers(Home))
@public
@snapshot
def read_home() -> Response:
    featured = listing.list_cards_after(listing.Query(sort=listing.Sort.SOLD), None, size=8)
    newest = listing.list_cards_after(listing.Query(sort=listing.Sort.NEWEST), None, size=8)
    return answer(
        Home(
            banners=[
                Banner(title=told(each, "title"), picture=picture(each.picture), path=each.path)
                for each in banners_now()
            ],
            brands=[
                BrandSign.model_validate(
                    {"code": sign.code, "name": sign.name, "tagline": sign.tagline, "picture": picture(sign.picture)}
                )
                for sign in brand_signs()
            ],
            categories=_categories(),
            featured=[product_card(card) for card in featured.items],
            newest=[product_card(card) for card in newest.items],
            workshops=[workshop_name(workshop) for workshop in directory.list_members()],
        )
    )


@blueprint.get("/categories", tags=[CATALOG], summary="分类", responses=answers(Categories))
@public
@snapshot
def list_categories() -> Response:
    return answer(Categories(items=_categories()))


@blueprint.get("/products", tags=[CATALOG], summary="商品列表", responses=answers(ProductPage))
@public
@snapshot
def list_products(query: ProductQuery) -> Response:
    wish = listing.Query(query.brand, query.category, query.workshop, query.q, query.sort)
    found = listing.list_cards_after(wish, query.cursor, size=query.limit)
    identity = current_identity()
    if query.q and query.cursor is None and identity:
        keeping.note_search(identity.account_id, query.q)
    return answer(ProductPage(items=[product_card(card) for card in found.items], next_cursor=found.next_cursor))


@blueprint.get("/products/<slug>", tags=[CATALOG], summary="商品详情", responses=answers(ProductDetail, 404))
@public
@snapshot
def read_product(path: ProductPath) -> Response:
    product = listing.find_product(path.slug)
    identity = current_identity()
    if identity:
        keeping.note_view(identity.account_id, product.id)
    workshop = directory.workshops_by_id({product.workshop_id})[product.workshop_id]
    shape = product_shape(product, workshop)
    rating = rating_of(product.id)
    batch = batch_shape(latest_released(product.id), product.variants)
    variants = variant_shapes(product, available({variant.id for variant in product.variants}))
    account_id = identity.account_id if identity else None
    offered = product.offered_variants
    flash, together = flash_of(offered, account_id), group_offers(offered, account_id)
    return answer(
        ProductDetail.model_validate(
            {field: getattr(shape, field) for field in ProductDetail.model_fields if hasattr(shape, field)}
            | {
                "workshop": workshop_name(workshop),
                "rating": rating.average,
                "review_count": rating.count,
                "pictures": [picture(base) for base in product.pictures],
                "specifications": [
                    Specification(name=say(each.name), values=list(each.values)) for each in product.dimensions
                ],
                "variants": [
                    _variant(variant, flash.get(variant.sku), together.get(variant.sku)) for variant in variants
                ],
                "latest_batch": batch
                and Batch(lot=batch.lot, made_on=batch.made_on, trace_url=settings().public_base_url + batch.path),
            }
        )
    )


def product_card(card: listing.Card) -> ProductCard:
    return ProductCard.model_validate(
        {
            "slug": card.slug,
            "name": told(card),
            "tagline": told(card, "tagline"),
            "brand": card.brand,
            "workshop": WorkshopName(slug=card.workshop_slug, name=told(card, "workshop_name")),
            "picture": picture(card.picture),
            "price_fen": card.price_fen,
            "max_price_fen": card.max_price_fen,
            "available": max(0, card.available),
            "rating": card.rating,
            "review_count": card.review_count,
        }
    )


def _variant(shape: VariantShape, flash: FlashTerms | None, together: OfferShape | None) -> Variant:
    offer = FlashOffer(price_fen=flash.price_fen, left=flash.left, ends_at=flash.ends_at) if flash else None
    told_values = {
        "values": list(shape.values), "picture": picture(shape.picture), "flash": offer,
        "group_buy": together and _group_offer(together),
    }  # fmt: skip
    return Variant.model_validate(asdict(shape) | told_values)


def _group_offer(shape: OfferShape) -> GroupOffer:
    values = {name: getattr(shape, name) for name in GroupOffer.model_fields if name != "groups"}
    return GroupOffer(**values, groups=[OpenGroup(**asdict(team)) for team in shape.teams])


def workshop_name(workshop: Workshop | directory.Name) -> WorkshopName:
    return WorkshopName(slug=workshop.slug, name=told(workshop))


def _categories() -> list[Category]:
    return [Category(slug=row.slug, name=told(row)) for row in listing.list_categories()]
