"""Products: the list, a product's page, writing down and changing its facts and its variants."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop, own_workshop_ids
from blueprints.workshop.product_page import product_page
from core.identity import Role
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.idempotency import once
from core.web.inputs import Fen, Text, Words
from core.web.language import told
from domain.products import editing, finding
from domain.products.models import BRAND_NAMES, Brand, ListingStatus, Product, Variant
from domain.stock.looking import stock_rows

# GB 7718-2011, 4.4.3.1: the eight kinds of food that cause allergies.
ALLERGENS = ["含麸质的谷物", "甲壳纲类动物", "鱼类", "蛋类", "花生", "大豆", "乳", "坚果"]


class ProductsQuery(Payload):
    status: ListingStatus | None = None
    page: int = Field(default=1, ge=1, le=10000)


class ProductForm(Payload):
    name: Text = Field(min_length=2, max_length=40)
    category: Text = Field(max_length=64)
    brand: Brand
    tagline: Text = Field(default="", max_length=60)
    description: Text = Field(default="", max_length=2000)
    ingredients: Words = Field(min_length=1)
    allergens: Words = Field(default_factory=list)
    additives: Words = Field(default_factory=list)
    net_content: Text = Field(default="", max_length=40)
    storage: Text = Field(max_length=80)
    shelf_life_days: int = Field(ge=1, le=3650)
    product_standard: Text = Field(default="", max_length=40)
    alcohol_percent: Text = Field(default="", pattern=r"^([0-9]{1,2}(\.[0-9])?)?$")
    warnings: Words = Field(default_factory=list)
    is_perishable: bool = False


class VariantForm(Payload):
    name: Text = Field(min_length=1, max_length=40)
    price: Fen
    weight_grams: int = Field(ge=1, le=100_000)


@blueprint.get("/products")
@role(Role.OWNER)
def products() -> tuple[str, int]:
    query, ids = parse_query(ProductsQuery), own_workshop_ids()
    page = finding.products_of(ids, status=query.status, number=query.page)
    variant_ids = {variant.id for product in page.items for variant in product.variants}
    return console(
        "products.html",
        gettext("商品"),
        "products",
        page=page,
        query=query,
        counts=finding.listing_counts(ids),
        stock=stock_rows(variant_ids),
        page_url=lambda number: url_for("workshop.products", status=query.status, page=number),
    )


@blueprint.get("/products/new")
@role(Role.OWNER)
def new_product() -> tuple[str, int]:
    return _product_form(None, None)


@blueprint.post("/products/new")
@role(Role.OWNER)
@once
def create_product() -> tuple[str, int] | Response:
    form, workshop = bind_form(ProductForm), own_workshop()
    made: list[Product] = []
    refused = attempt(form, lambda: made.append(editing.create_product(workshop.id, workshop.slug, _fields(form))))
    if refused:
        return _product_form(None, form, refused)
    flash(gettext("已保存为草稿，再加上规格和图片就能上架"), "success")
    return redirect(url_for("workshop.product", slug=made[0].slug))


@blueprint.get("/products/<slug>")
@role(Role.OWNER)
def product(slug: str) -> tuple[str, int]:
    return product_page(finding.find_product_of(slug, own_workshop_ids()), None)


@blueprint.get("/products/<slug>/edit")
@role(Role.OWNER)
def edit_product(slug: str) -> tuple[str, int]:
    return _product_form(finding.find_product_of(slug, own_workshop_ids()), None)


@blueprint.post("/products/<slug>/edit")
@role(Role.OWNER)
def change_product(slug: str) -> tuple[str, int] | Response:
    found = finding.find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(ProductForm)
    refused = attempt(form, lambda: editing.change_product(found, _fields(form), actor()))
    if refused:
        return _product_form(found, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("workshop.product", slug=slug))


@blueprint.get("/products/<slug>/variants/new")
@role(Role.OWNER)
def new_variant(slug: str) -> tuple[str, int] | Response:
    found = finding.find_product_of(slug, own_workshop_ids())
    if len(found.dimensions) > 1:
        return redirect(url_for("workshop.specifications_of", slug=slug))
    return _variant_form(found, None, None)


@blueprint.post("/products/<slug>/variants/new")
@role(Role.OWNER)
@once
def create_variant(slug: str) -> tuple[str, int] | Response:
    found = finding.find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(VariantForm)
    refused = attempt(form, lambda: editing.add_variant(found, _variant_fields(form), actor()), "name")
    if refused:
        return _variant_form(found, None, form, refused)
    flash(gettext("规格已加上，记得盘点库存"), "success")
    return redirect(url_for("workshop.product", slug=slug))


@blueprint.get("/variants/<int:variant_id>/edit")
@role(Role.OWNER)
def edit_variant(variant_id: int) -> tuple[str, int]:
    variant = finding.find_variant_of(variant_id, own_workshop_ids())
    return _variant_form(variant.product, variant, None)


@blueprint.post("/variants/<int:variant_id>/edit")
@role(Role.OWNER)
def change_variant(variant_id: int) -> tuple[str, int] | Response:
    variant = finding.find_variant_of(variant_id, own_workshop_ids())
    # Its listing moves with it: nobody approves the product meanwhile.
    finding.find_product_of(variant.product.slug, own_workshop_ids(), lock=True)
    form = bind_form(VariantForm)
    refused = attempt(form, lambda: editing.change_variant(variant, _variant_fields(form), actor()), "name")
    if refused:
        return _variant_form(variant.product, variant, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("workshop.product", slug=variant.product.slug))


def _fields(form: Form[ProductForm]) -> editing.ProductFields:
    return editing.ProductFields(**form.value.model_dump())


def _variant_fields(form: Form[VariantForm]) -> editing.VariantFields:
    return editing.VariantFields(form.value.name, form.value.price, form.value.weight_grams)


def _product_form(found: Product | None, form: Form[ProductForm] | None, status: int = 200) -> tuple[str, int]:
    return console(
        "product_form.html",
        gettext("改商品信息") if found else gettext("新商品"),
        "products",
        status,
        product=found,
        form=form,
        categories=[(category.slug, told(category)) for category in finding.categories()],
        brands=[(brand.value, gettext(name)) for brand, name in BRAND_NAMES.items()],
        allergens=ALLERGENS,
    )


def _variant_form(
    found: Product, variant: Variant | None, form: Form[VariantForm] | None, status: int = 200
) -> tuple[str, int]:
    heading = gettext("改规格和价格") if variant else gettext("新规格")
    return console("variant_form.html", heading, "products", status, product=found, variant=variant, form=form)
