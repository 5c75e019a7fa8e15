"""Reads the demo's data files into frozen, typed records.

Every file is read strictly: a key that is not a field, a missing field, or a value of another type is an error that
names the file. References between files (a product's workshop, a batch's material) are checked by `read_content`.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as record

CONTENT_DIRECTORY = Path(__file__).parent

STRICT = ConfigDict(extra="forbid", str_min_length=1)

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Texts = tuple[str, ...]
Flag = Annotated[bool, Strict()]
NaturalInt = Annotated[int, Strict(), Field(ge=0)]
PositiveInt = Annotated[int, Strict(), Field(gt=0)]
Kind = Literal["wine", "tofu", "cake", "meatball", "noodle", "pickle", "snack", "sauce", "oil", "rice"]
CertificateType = Literal["食品生产加工小作坊核准证", "食品生产许可证"]
Brand = Literal["hong", "xian"]
Zone = Literal["raw", "washing", "production"]


class ContentInvalid(ValueError):
    """A data file of the demo breaks its own form, or names something that no other file has."""


@record(frozen=True, config=STRICT)
class Workshop:
    """A food workshop of the district; `member` ones belong to the Banli cluster and sell in the shop."""

    slug: Slug
    name: str
    name_en: str
    kind: Kind
    member: Flag
    town: str
    address: str
    story: str
    summary_en: str
    certificate_type: CertificateType
    certificate_number: str
    issued_on: date
    expires_on: date
    scope: str
    founded_year: PositiveInt
    area_square_meters: PositiveInt
    staff_count: PositiveInt
    upgraded_to_enterprise_on: date | None = None
    trademark: str | None = None


@record(frozen=True, config=STRICT)
class Variant:
    """One size of a product (规格), its own GTIN-14 under the GS1 demo prefix 952; weight is gross, for freight. `values`
    are one of each of the product's specifications, where it has any; `picture` one of its further pictures."""

    name: str
    net_content: str
    price_fen: PositiveInt
    weight_grams: PositiveInt
    gtin: Annotated[str, Field(pattern=r"^0952\d{10}$")]
    stock: NaturalInt
    values: Texts = ()
    picture: Annotated[str, Field(min_length=0)] = ""


@record(frozen=True, config=STRICT)
class Product:
    """A product of a member. `product_standard` is empty where none is known; the first variant is the usual one.
    `specifications` are the names of its dimensions, if it has two; `pictures` those besides its own."""

    slug: Slug
    workshop: Slug
    brand: Brand
    category: Slug
    name: str
    name_en: str
    tagline: str
    description: str
    summary_en: str
    ingredients: Texts
    allergens: Texts
    additives: Texts
    storage: str
    shelf_life_days: PositiveInt
    product_standard: Annotated[str, Field(min_length=0)]
    warnings: Texts
    fresh_perishable: Flag
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    alcohol_percent: Annotated[float, Field(gt=0, lt=100)] | None = None
    specifications: Annotated[Texts, Field(max_length=2)] = ()
    pictures: Texts = ()


@record(frozen=True, config=STRICT)
class Category:
    """A shelf of the shop; the file's order is the order on screen."""

    slug: Slug
    name: str
    name_en: str
    tagline: str


@record(frozen=True, config=STRICT)
class Supplier:
    """Who delivers raw material to the cluster's common purchase."""

    slug: Slug
    name: str
    name_en: str
    address: str
    licence_number: str


@record(frozen=True, config=STRICT)
class Material:
    """A raw material of the common purchase, from one supplier."""

    slug: Slug
    name: str
    name_en: str
    supplier: Slug
    specification: str
    shelf_life_days: PositiveInt
    storage: str
    lot_pattern: str

    def lot(self, received_on: date, number: int = 1) -> str:
        """The lot code of the `number`-th delivery of that day, in letters GS1 allows in a lot."""
        return self.lot_pattern.format(received_on=received_on, number=number)


@record(frozen=True, config=STRICT)
class BatchStep:
    """Work in one zone, counted in minutes from the batch's start."""

    zone: Zone
    name: str
    offset_minutes: NaturalInt
    duration_minutes: PositiveInt


@record(frozen=True, config=STRICT)
class BatchIngredient:
    """Grams of one material that go into one batch."""

    material: Slug
    grams: PositiveInt


@record(frozen=True, config=STRICT)
class BatchTemplate:
    """How a batch of a product usually goes; `quantity` counts packages of the product's first variant."""

    product: Slug
    start_time: time
    quantity: PositiveInt
    steps: Annotated[tuple[BatchStep, ...], Field(min_length=1)]
    ingredients: Annotated[tuple[BatchIngredient, ...], Field(min_length=1)]


@record(frozen=True, config=STRICT)
class Carrier:
    """A parcel carrier under the code WeChat's shipping report uses."""

    code: Annotated[str, Field(pattern=r"^[A-Z]+$")]
    name: str
    name_en: str


@dataclass(frozen=True)
class Content:
    """All of the demo's data; each reference between its parts has its target."""

    workshops: tuple[Workshop, ...]
    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    suppliers: tuple[Supplier, ...]
    materials: tuple[Material, ...]
    batches: tuple[BatchTemplate, ...]
    carriers: tuple[Carrier, ...]


def read_content(directory: Path = CONTENT_DIRECTORY) -> Content:
    """Read every file of `directory`; raises ContentInvalid at the first fault."""
    content = Content(
        workshops=read_workshops(directory),
        categories=read_categories(directory),
        products=read_products(directory),
        suppliers=read_suppliers(directory),
        materials=read_materials(directory),
        batches=read_batches(directory),
        carriers=read_carriers(directory),
    )
    _check_references(content)
    return content


def read_workshops(directory: Path = CONTENT_DIRECTORY) -> tuple[Workshop, ...]:
    """The 44 workshops of the district, the ten members first."""
    return _read(directory / "workshops.toml", "workshops", Workshop)


def read_categories(directory: Path = CONTENT_DIRECTORY) -> tuple[Category, ...]:
    """The shop's categories in display order."""
    return _read(directory / "categories.toml", "categories", Category)


def read_products(directory: Path = CONTENT_DIRECTORY) -> tuple[Product, ...]:
    """The members' products, grouped by workshop."""
    return _read(directory / "products.toml", "products", Product)


def read_suppliers(directory: Path = CONTENT_DIRECTORY) -> tuple[Supplier, ...]:
    """Who the cluster buys from."""
    return _read(directory / "materials.toml", "suppliers", Supplier)


def read_materials(directory: Path = CONTENT_DIRECTORY) -> tuple[Material, ...]:
    """What the cluster buys."""
    return _read(directory / "materials.toml", "materials", Material)


def read_batches(directory: Path = CONTENT_DIRECTORY) -> tuple[BatchTemplate, ...]:
    """One batch template for each product."""
    return _read(directory / "batches.toml", "batches", BatchTemplate)


def read_carriers(directory: Path = CONTENT_DIRECTORY) -> tuple[Carrier, ...]:
    """The carriers an owner can choose from."""
    return _read(directory / "carriers.toml", "carriers", Carrier)


T = TypeVar("T")


def _read(path: Path, table: str, shape: type[T]) -> tuple[T, ...]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    strangers = set(document) - TABLES[path.name]
    if strangers:
        raise ContentInvalid(f"{path.name}: unknown table {sorted(strangers)}")
    try:
        return tuple(TypeAdapter(list[shape]).validate_python(document.get(table, [])))  # type: ignore[valid-type]
    except ValidationError as error:
        raise ContentInvalid(f"{path.name}: {error}") from error


TABLES = {
    "workshops.toml": {"workshops"},
    "categories.toml": {"categories"},
    "products.toml": {"products"},
    "materials.toml": {"suppliers", "materials"},
    "batches.toml": {"batches"},
    "carriers.toml": {"carriers"},
}


def _check_references(content: Content) -> None:
    members = {workshop.slug for workshop in content.workshops if workshop.member}
    categories = {category.slug for category in content.categories}
    products = {product.slug for product in content.products}
    suppliers = {supplier.slug for supplier in content.suppliers}
    materials = {material.slug for material in content.materials}
    for product in content.products:
        _require(product.workshop in members, f"products.toml: {product.slug} names no member: {product.workshop}")
        _require(product.category in categories, f"products.toml: {product.slug} names no category: {product.category}")
        for variant in product.variants:
            _require(
                len(variant.values) == len(product.specifications),
                f"products.toml: {variant.name} misses a specification",
            )
            known = not variant.picture or variant.picture in product.pictures
            _require(known, f"products.toml: {variant.name} names no picture of its product: {variant.picture}")
    for material in content.materials:
        _require(
            material.supplier in suppliers, f"materials.toml: {material.slug} names no supplier: {material.supplier}"
        )
    for batch in content.batches:
        _require(batch.product in products, f"batches.toml: no such product: {batch.product}")
        for ingredient in batch.ingredients:
            named = ingredient.material in materials
            _require(named, f"batches.toml: {batch.product} names no material: {ingredient.material}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ContentInvalid(message)
