"""Browsing: the product list with its filters, and a product."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext
from pydantic import Field

from blueprints.shop.choosing import pick
from blueprints.shop.group_shapes import group_offers
from blueprints.shop.offer_shapes import bundle_shapes, flash_of, offered_on
from blueprints.shop.pages import blueprint
from blueprints.shop.shapes import batch_shape, brand_signs, product_shape, variant_shapes, workshop_shape
from core.web.forms import Payload, parse_query
from core.web.guards import current_identity, public
from core.web.language import told
from core.web.snapshots import snapshot
from domain.batches.finding import latest_released
from domain.browsing import keeping
from domain.catalog import listing
from domain.products.models import Brand
from domain.recordings.showing import live_tiles
from domain.reviews import reading as reviews
from domain.stock.availability import available
from domain.workshops.directory import workshops_by_id


class ProductQuery(Payload):
    """The product list's address: `/products?brand=&category=&workshop=&q=&sort=&page=`."""

    brand: Brand | None = None
    category: str | None = Field(default=None, max_length=80)
    workshop: str | None = Field(default=None, max_length=80)
    q: str | None = Field(default=None, max_length=40)
    sort: listing.Sort = listing.Sort.DEFAULT
    page: int = Field(default=1, ge=1, le=1000)


class ChoiceQuery(Payload):
    """`/products/<slug>?sku=`: the variant to show."""

    sku: str | None = Field(default=None, max_length=40)


@blueprint.get("/products")
@public
@snapshot
def products() -> str:
    query = parse_query(ProductQuery)
    found = listing.list_cards(
        listing.Query(query.brand, query.category, query.workshop, query.q, query.sort), number=query.page
    )

    identity = current_identity()
    if query.q and query.page == 1 and identity:
        keeping.note_search(identity.account_id, query.q)

    def page_url(number: int) -> str:
        return url_for("shop.products", **query.model_dump(exclude_none=True, exclude_defaults=True) | {"page": number})

    return render_template(
        "shop/products.html",
        heading=gettext("全部商品"),
        page=found,
        page_url=page_url,
        query=query,
        brands=brand_signs(),
        categories=listing.list_categories(),
        workshops=listing.selling_workshops(),
    )


@blueprint.get("/products/<slug>")
@public
@snapshot
def product(slug: str) -> str:
    found = listing.find_product(slug)
    workshop = workshops_by_id({found.workshop_id})[found.workshop_id]
    variants = variant_shapes(found, available({variant.id for variant in found.variants}))
    identity = current_identity()
    account_id = identity.account_id if identity else None
    if identity:
        keeping.note_view(identity.account_id, found.id)
    return render_template(
        "shop/product.html",
        heading=told(found),
        product=product_shape(found, workshop),
        workshop=workshop_shape(workshop),
        variants=variants,
        picked=pick(found, variants, parse_query(ChoiceQuery).sku),
        rating=reviews.rating_of(found.id),
        reviews=reviews.reviews_of_product(found.id, size=3).items,
        live=live_tiles([workshop])[0].first,
        is_favorite=identity is not None and keeping.is_favorite(identity.account_id, slug),
        latest_batch=batch_shape(latest_released(found.id), found.variants),
        flash=flash_of(found.offered_variants, account_id),
        group_offers=group_offers(found.offered_variants, account_id),
        bundles=bundle_shapes(found.offered_variants),
        offers=offered_on([found], account_id),
    )
