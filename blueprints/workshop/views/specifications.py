"""Specifications of a product: its dimensions and their values, then the table of combinations with price and weight."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, console, own_workshop_ids
from core.errors import InvalidInput
from core.identity import Role
from core.web.forms import Form, Payload
from core.web.guards import role
from core.web.inputs import Fen, Text, Words, bind_rows
from domain.products import specifications
from domain.products.finding import find_product_of
from domain.products.models import Product
from domain.products.specifications import Combination, CombinationFields, SpecificationWish, ValueWish
from domain.stock.looking import stock_rows
from domain.stock.recounting import recount


class ValueRow(Payload):
    """A value that there is: its dimension (0 or 1), what it was called on the page, and its name now; none takes it out."""

    place: int = Field(ge=0, le=1)
    was: Text = Field(max_length=60)
    name: Text = Field(default="", max_length=60)


class SpecificationsForm(Payload):
    """A dimension without a name is none. `…_values` are more values, behind those that there are."""

    first_name: Text = Field(default="", max_length=40)
    first_values: Words = Field(default_factory=list)
    second_name: Text = Field(default="", max_length=40)
    second_values: Words = Field(default_factory=list)
    values: list[ValueRow] = Field(default_factory=list, max_length=2 * specifications.MOST_VALUES)

    def wishes(self, known: int) -> list[SpecificationWish]:
        """What is asked for of a product that has `known` dimensions."""
        typed = [(self.first_name, self.first_values), (self.second_name, self.second_values)]
        return [
            SpecificationWish(name, (*self._kept(place), *map(ValueWish, more)), place if place < known else None)
            for place, (name, more) in enumerate(typed)
            if name
        ]

    def _kept(self, place: int) -> list[ValueWish]:
        return [ValueWish(row.name, row.was) for row in self.values if row.place == place and row.name]


class CombinationRow(Payload):
    """A combination by its name on the page. `packets`: how many there are of a new one, if they were counted."""

    name: Text = Field(max_length=100)
    price: Fen | None = None
    weight_grams: int | None = Field(default=None, ge=1, le=100_000)
    packets: int | None = Field(default=None, ge=0, le=1_000_000)
    picture: Text = Field(default="", max_length=200)
    is_enabled: bool = False


class CombinationsForm(Payload):
    """`price` and `weight_grams` are for new combinations that have none of their own."""

    price: Fen | None = None
    weight_grams: int | None = Field(default=None, ge=1, le=100_000)
    combinations: list[CombinationRow] = Field(max_length=specifications.MOST_VALUES**2)


@blueprint.get("/products/<slug>/specifications")
@role(Role.OWNER)
def specifications_of(slug: str) -> tuple[str, int]:
    return _page(find_product_of(slug, own_workshop_ids()), None)


@blueprint.post("/products/<slug>/specifications")
@role(Role.OWNER)
def arrange_specifications(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_rows(SpecificationsForm, "values")

    def act() -> None:
        specifications.arrange(product, form.value.wishes(len(product.dimensions)), actor())

    refused = attempt(form, act)
    if refused:
        return _page(product, form, refused)
    flash(gettext("规格改好了，下面填每个组合的价格"), "success")
    return redirect(url_for("workshop.specifications_of", slug=slug) + "#combinations")


@blueprint.post("/products/<slug>/combinations")
@role(Role.OWNER)
def write_combinations(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_rows(CombinationsForm, "combinations")
    refused = attempt(form, lambda: _write(product, form.value))
    if refused:
        return _page(product, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("workshop.product", slug=slug) + "#variants")


def _write(product: Product, form: CombinationsForm) -> None:
    """Combinations, then the packets that were counted of new ones."""
    known = {each.name: each for each in specifications.combinations(product)}
    wanted = [(known.get(row.name), row) for row in form.combinations]
    if any(combination is None for combination, _ in wanted):
        raise InvalidInput({"combinations": "规格刚刚改过，请重新填"})
    rows = [
        _fields(combination, row, form) for combination, row in wanted if combination and _is_meant(combination, row)
    ]
    specifications.write_combinations(product, rows, actor())
    made = {tuple(variant.specification_values): variant for variant in product.variants}
    for combination, row in wanted:
        if combination and combination.variant is None and row.packets and combination.values in made:
            reason = "新规格第一次清点"
            recount(made[combination.values].id, row.packets, seen=0, by=actor(), reason=reason)


def _is_meant(combination: Combination, row: CombinationRow) -> bool:
    return combination.variant is not None or row.is_enabled


def _fields(combination: Combination, row: CombinationRow, form: CombinationsForm) -> CombinationFields:
    variant = combination.variant
    price = row.price or (variant.price_fen if variant else form.price)
    weight = row.weight_grams or (variant.weight_grams if variant else form.weight_grams)
    if price is None or weight is None:
        raise InvalidInput({"price" if price is None else "weight_grams": "新组合没写的要在这里写一个"})
    return CombinationFields(combination.values, price, weight, row.is_enabled, row.picture)


def _page(
    product: Product, form: Form[SpecificationsForm] | Form[CombinationsForm] | None, status: int = 200
) -> tuple[str, int]:
    is_table = form is not None and any(name.startswith("combinations.") for name in form.raw)
    return console(
        "specifications.html", gettext("规格"), "products", status,
        product=product,
        dimensions=product.dimensions,
        combinations=specifications.combinations(product),
        stock=stock_rows({variant.id for variant in product.variants}),
        form=None if is_table else form,
        table=form if is_table else None,
    )  # fmt: skip
