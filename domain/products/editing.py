"""Writing down what a workshop makes: the facts of a product and its variants."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core.db import db
from core.errors import DomainError, InvalidInput
from core.gs1 import DEMO_PREFIX, check_digit
from core.numbers import random_code
from domain.products.listing import needs_approval, note_change
from domain.products.models import Brand, Category, Product, Variant
from domain.products.terms import index_product

MOST_VARIANTS = 24
BETWEEN_VALUES = " / "
# Numbers below are those of the demonstration's own catalogue.
_FIRST_GTIN = 500_000_000
_NEXT_VARIANT = text("SELECT nextval(pg_get_serial_sequence('variants', 'id'))")


class VariantNameTaken(DomainError):
    status = 422
    message = "这个商品已经有叫「%(name)s」的规格了"


class TooManyVariants(DomainError):
    message = "一个商品最多 24 个规格"


@dataclass(frozen=True, slots=True)
class ProductFields:
    """What an owner says about a product; `category` is a slug."""

    brand: Brand
    category: str
    name: str
    shelf_life_days: int
    tagline: str = ""
    description: str = ""
    ingredients: list[str] = field(default_factory=list)
    allergens: list[str] = field(default_factory=list)
    additives: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    net_content: str = ""
    storage: str = ""
    product_standard: str = ""
    alcohol_percent: str = ""
    is_perishable: bool = False


@dataclass(frozen=True, slots=True)
class VariantFields:
    """One size or pack: price in fen, weight in grams as it is sent."""

    name: str
    price_fen: int
    weight_grams: int


def create_product(workshop_id: int, workshop_slug: str, fields: ProductFields) -> Product:
    """A new product, a draft: buyers see it when it goes on sale. InvalidInput names an unknown category."""
    slug = f"{workshop_slug}-{random_code(6).lower()}"
    product = Product(workshop_id=workshop_id, slug=slug, **_columns(fields))
    db.session.add(product)
    db.session.flush()
    index_product(product)
    return product


def change_product(product: Product, fields: ProductFields, by: str = "owner") -> None:
    """Rewrite a product's facts; if any is another now, the operator looks at it again. Orders keep the names they were
    placed with."""
    fresh = {name: value for name, value in _columns(fields).items() if getattr(product, name) != value}
    for name, value in fresh.items():
        setattr(product, name, value)
    db.session.flush()
    if fresh:
        db.session.refresh(product, ["category"])
        index_product(product)
        note_change(product, by, "改了商品信息")
    db.session.flush()


def add_variant(
    product: Product, fields: VariantFields, by: str = "owner", values: tuple[str, ...] | None = None
) -> Variant:
    """A new variant with a GTIN of the demonstration prefix 952, made from the variant's own key. The operator looks at
    it before it is sold. Without `values` its name is its one value; a product of two specifications needs them."""
    if len(product.variants) >= MOST_VARIANTS:
        raise TooManyVariants
    values = values if values is not None else _value_of(product, fields.name)
    key = int(db.session.execute(_NEXT_VARIANT).scalar_one())
    body = f"{DEMO_PREFIX}{_FIRST_GTIN + key:09d}"
    sku, gtin = f"W{product.workshop_id}-{key}", body + check_digit(body)
    variant = Variant(id=key, product_id=product.id, sku=sku, gtin=gtin, position=len(product.variants))
    variant.is_enabled = True
    _write(variant, fields, values)
    db.session.refresh(product, ["variants"])
    note_change(product, by, "加了规格")
    return variant


def change_variant(variant: Variant, fields: VariantFields, by: str = "owner") -> None:
    """Rename, re-price or re-weigh a variant. What was ordered keeps its price; carts show the new one. A new name or
    weight, or a price far from the approved one, is looked at by the operator."""
    described = (variant.name, variant.weight_grams) != (fields.name, fields.weight_grams)
    repriced = variant.price_fen != fields.price_fen and needs_approval(variant, fields.price_fen)
    values = tuple(variant.specification_values)
    if fields.name != variant.name and values:
        values = _value_of(variant.product, fields.name, was=variant.name)
    _write(variant, fields, values)
    if described or repriced:
        note_change(variant.product, by, "改了规格" if described else "改了价格，超出免审幅度")


def _value_of(product: Product, name: str, was: str = "") -> tuple[str, ...]:
    """The values of a variant that is only named, which its product's one specification then has (instead of `was`)."""
    if len(product.dimensions) > 1:
        raise InvalidInput({"name": "这个商品有两项规格，名字跟着规格走，请到规格页改"})
    for other in product.variants:
        other.specification_values = other.specification_values or [other.name]
    if product.specifications:
        [kept] = product.dimensions
        values = [name if value == was else value for value in kept.values]
        product.specifications = [{"name": kept.name, "values": list(dict.fromkeys([*values, name]))}]
    db.session.flush()
    return (name,)


def _columns(fields: ProductFields) -> dict[str, object]:
    columns = asdict(fields)
    slug = columns.pop("category")
    category_id = db.session.scalars(select(Category.id).filter_by(slug=slug)).first()
    if category_id is None:
        raise InvalidInput({"category": "没有这个分类"})
    return columns | {"category_id": category_id, "brand": fields.brand.value}


def _write(variant: Variant, fields: VariantFields, values: tuple[str, ...]) -> None:
    try:
        with db.session.begin_nested():
            for name, value in asdict(fields).items():
                setattr(variant, name, value)
            variant.specification_values = list(values)
            db.session.add(variant)
    except IntegrityError:
        raise VariantNameTaken(name=fields.name) from None
