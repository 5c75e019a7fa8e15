"""Loads the demo by calling the acts: the directory, the members' goods, their batches and codes, and who signs in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core.clock import today
from core.db import db
from core.identity import Role
from core.settings import settings
from demo import window
from demo.content.reading import BatchTemplate, Content, read_content
from demo.content.reading import Product as ProductContent
from demo.content.reading import Workshop as WorkshopContent
from demo.offers import give_freight, make_offers
from demo.sharing import name_makers
from domain.accounts.identities import create_staff
from domain.batches import making, releasing
from domain.batches.models import Batch
from domain.cameras.registering import register_camera
from domain.labels.minting import mint_codes
from domain.products import editing, listing
from domain.products.models import Brand, Category, Product, Variant
from domain.products.terms import index_product
from domain.stock.receiving import receive
from domain.workshops.models import ZONE_NAMES, Certificate, Workshop, Zone, ZoneKind

PASSWORD = "banli-demo"  # noqa: S105
OPERATOR = "operator"
CODES_PER_BATCH = 24
BY = "demo"
RECALLED = "sidatong-new-brew"


def is_loaded() -> bool:
    """Whether the demo (or anything else) is in the database."""
    return db.session.scalar(select(Workshop.id).limit(1)) is not None


def load(cameras_at: str) -> None:
    """Everything of the demo in the caller's transaction. `cameras_at` is where the simulated cameras are (RTSP)."""
    content = read_content()
    workshops = {item.slug: _workshop(item) for item in content.workshops}
    categories = {
        item.slug: _category(place, item.slug, item.name, item.name_en) for place, item in enumerate(content.categories)
    }
    for item in content.workshops:
        if item.member:
            _open_doors(workshops[item.slug], item, cameras_at)
    create_staff(OPERATOR, PASSWORD, "集群运营", Role.OPERATOR)
    templates = {template.product: template for template in content.batches}
    made: dict[str, Product] = {}
    for number, product in enumerate(content.products):
        row = _product(product, workshops[product.workshop].id, categories[product.category].id)
        listing.offer(row, workshops[product.workshop], by="owner")
        listing.approve(row, workshops[product.workshop], by="operator", revision=row.revision)
        _batches(content, row, product, templates[product.slug], days_ago=2 + number % 5)
        made[product.slug] = row
    for shared, variant, other in name_makers(made, workshops):
        batch = make_batch(content, variant, templates[shared.product], shared.other_stock, 1, workshop_id=other.id)
        _put_on_sale(batch, shared.other_stock)
    make_offers(BY)
    window.dress(workshops)
    _offer_something_new(workshops["xinchun"])


def _offer_something_new(workshop: Workshop) -> None:
    """A product its owner has just offered, which waits for the operator."""
    fields = editing.ProductFields(
        Brand.XIAN, "cakes", "新春红曲小发糕", 15, tagline="一口一个，红得自然", ingredients=["籼米粉", "白砂糖", "红曲米", "水"],
        description="发糕做小了一半，蒸得更透，早上配豆浆，下午配茶。", net_content="8 枚 240 g", storage="0–4 ℃ 冷藏",
        is_perishable=True,
    )  # fmt: skip
    product = editing.create_product(workshop.id, workshop.slug, fields)
    product.pictures = [_picture("xinchun-red-rice-cake")]
    editing.add_variant(product, editing.VariantFields("8 枚装 240 g", 1380, 300))
    editing.add_variant(product, editing.VariantFields("16 枚装 480 g", 2580, 560))
    listing.offer(product, workshop, by="owner")


def _workshop(item: WorkshopContent) -> Workshop:
    workshop = Workshop(
        slug=item.slug,
        name=item.name,
        name_en=item.name_en,
        kind=item.kind,
        town=item.town,
        address=item.address,
        story=item.story,
        story_en=item.summary_en,
        founded_year=item.founded_year,
        area_square_meters=item.area_square_meters,
        staff_count=item.staff_count,
        trademark=item.trademark,
        picture=f"/static/generated/workshops/{item.slug}" if item.member else "",
        is_member=item.member,
        is_enterprise=item.upgraded_to_enterprise_on is not None,
    )
    db.session.add(workshop)
    db.session.flush()
    db.session.add(
        Certificate(
            workshop_id=workshop.id,
            type=item.certificate_type,
            number=item.certificate_number,
            scope=item.scope,
            issued_on=item.issued_on,
            expires_on=item.expires_on,
        )
    )
    return workshop


def _category(place: int, slug: str, name: str, name_en: str) -> Category:
    category = Category(slug=slug, name=name, name_en=name_en, position=place)
    db.session.add(category)
    db.session.flush()
    return category


def _open_doors(workshop: Workshop, item: WorkshopContent, cameras_at: str) -> None:
    """What a member has: three zones with a camera each, a freight rule, and an owner who can sign in."""
    for kind in ZoneKind:
        db.session.add(Zone(workshop_id=workshop.id, kind=kind))
        address = f"{cameras_at}/{workshop.slug}/{kind.value}?kind={item.kind}"
        register_camera(workshop_id=workshop.id, zone=kind, name=ZONE_NAMES[kind], address=address, by=BY)
    give_freight(workshop)
    create_staff(workshop.slug, PASSWORD, f"{workshop.name}作坊主", Role.OWNER, workshop.id)


def _product(item: ProductContent, workshop_id: int, category_id: int) -> Product:
    product = Product(
        workshop_id=workshop_id,
        category_id=category_id,
        brand=item.brand,
        slug=item.slug,
        name=item.name,
        name_en=item.name_en,
        tagline=item.tagline,
        tagline_en=item.summary_en,
        description=item.description,
        ingredients=list(item.ingredients),
        allergens=list(item.allergens),
        additives=list(item.additives),
        net_content=item.variants[0].net_content,
        storage=item.storage,
        shelf_life_days=item.shelf_life_days,
        product_standard=item.product_standard,
        alcohol_percent=f"{item.alcohol_percent:g}" if item.alcohol_percent else "",
        warnings=list(item.warnings),
        is_perishable=item.fresh_perishable,
        pictures=[_picture(slug) for slug in (item.slug, *item.pictures)],
        specifications=[
            {"name": name, "values": list(dict.fromkeys(variant.values[place] for variant in item.variants))}
            for place, name in enumerate(item.specifications)
        ],
    )
    db.session.add(product)
    db.session.flush()
    for place, variant in enumerate(item.variants):
        db.session.add(
            Variant(
                product_id=product.id,
                sku=variant.gtin[4:-1],
                gtin=variant.gtin,
                name=variant.name,
                specification_values=list(variant.values or (variant.name,)),
                picture=_picture(variant.picture) if variant.picture else "",
                price_fen=variant.price_fen,
                weight_grams=variant.weight_grams,
                position=place,
            )
        )
    db.session.flush()
    db.session.refresh(product)
    index_product(product)
    return product


def _picture(slug: str) -> str:
    return f"/static/generated/products/{slug}"


def _batches(content: Content, product: Product, item: ProductContent, template: BatchTemplate, days_ago: int) -> None:
    """One released batch for each variant, made `days_ago`; its packets are the stock, and some carry codes."""
    # Noodles and tofu keep for days: what is on sale must still be good.
    days_ago = min(days_ago, max(1, product.shelf_life_days // 3))
    for variant, wanted in zip(product.variants, item.variants, strict=True):
        batch = make_batch(content, variant, template, max(wanted.stock, CODES_PER_BATCH), days_ago)
        _put_on_sale(batch, wanted.stock)
    _sad_story(content, product, template)


def _put_on_sale(batch: Batch, stock: int) -> None:
    releasing.release_batch(batch, by="laboratory")
    mint_codes(batch, CODES_PER_BATCH)
    if stock:
        receive(batch.variant_id, stock, reference=batch.lot, by=BY)


def make_batch(
    content: Content,
    variant: Variant,
    template: BatchTemplate,
    quantity: int,
    days_ago: int,
    *,
    workshop_id: int | None = None,
) -> Batch:
    """A finished batch as its template tells, made `days_ago` (by another maker than its product's, if told), waiting
    for its test."""
    made_on = today() - timedelta(days=days_ago)
    ingredients = ingredients_of(content, template, made_on)
    batch = making.start_batch(
        variant, quantity, by="owner", made_on=made_on, ingredients=ingredients, workshop_id=workshop_id
    )
    start_at = datetime.combine(made_on, template.start_time, settings().zone).astimezone(UTC)
    for step in template.steps:
        begin = start_at + timedelta(minutes=step.offset_minutes)
        making.note_zone_times(batch, ZoneKind(step.zone), begin, begin + timedelta(minutes=step.duration_minutes))
    making.finish_batch(batch, by="owner")
    return batch


def ingredients_of(content: Content, template: BatchTemplate, made_on: object) -> Iterable[making.IngredientFields]:
    """What goes into a batch, from lots received a week before."""
    materials = {material.slug: material for material in content.materials}
    suppliers = {supplier.slug: supplier.name for supplier in content.suppliers}
    for part in template.ingredients:
        material = materials[part.material]
        received_on = today() - timedelta(days=min(12, max(2, material.shelf_life_days // 2)))
        yield making.IngredientFields(
            material.name, material.lot(received_on), suppliers[material.supplier], part.grams
        )


def _sad_story(content: Content, product: Product, template: BatchTemplate) -> None:
    """One older batch that was recalled and one that was blocked, so that their pages can be seen."""
    if product.slug == RECALLED:
        batch = make_batch(content, product.variants[0], template, 60, days_ago=20)
        releasing.release_batch(batch, by="laboratory")
        mint_codes(batch, 3)
        releasing.recall_batch(batch, by="regulator", reason="标签净含量印错，主动召回")
