"""Choosing goods for a promotion by name instead of typing keys: what a search finds, what was chosen, where a coupon
may be used. A form's own buttons `look` and `add` search and choose; nothing is kept before the form itself is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext
from pydantic import Field

from core.web.forms import Form, Payload
from core.web.inputs import row_places
from core.web.language import told
from domain.products.finding import categories, search_products, search_variants, variants_of
from domain.products.models import BRAND_NAMES, Brand, Product, Variant
from domain.products.queue import products_by_id
from domain.promotions.terms import Scope
from domain.stock.availability import available
from domain.workshops.directory import list_members, workshops_by_id

MOST_PARTS = 20


class Searching(Payload):
    """A form in which goods are searched: the words stay in it."""

    q: str = Field(default="", max_length=40)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant as the operator knows it again."""

    sku: str
    product: str
    variant: str
    workshop: str
    picture: str
    price_fen: int
    available: int
    status: str
    """Of its product's listing."""


def is_searching() -> bool:
    """Whether the form was sent to look for goods or to add one, not to be kept."""
    return "look" in request.form or "add" in request.form


def typed_so_far() -> Form[Any]:
    """What stands in the form, with what `add` chose: in a form of several goods it is one more row."""
    typed = request.form.copy()
    added = typed.pop("add", None)
    if added:
        typed["sku"] = added
        skus = {typed.get(f"parts.{place}.sku") for place in row_places("parts")}
        if added not in skus:
            place = max(row_places("parts"), default=-1) + 1
            typed[f"parts.{place}.sku"], typed[f"parts.{place}.quantity"] = added, "1"
    return Form(raw=typed)


def found_variants(words: str) -> list[Candidate]:
    """What a search finds; nothing without words."""
    return _candidates(search_variants(words)) if words.strip() else []


def chosen_variants(skus: Iterable[str]) -> dict[str, Candidate]:
    """The variants that were chosen already, by SKU."""
    wanted = [sku for sku in skus if sku]
    return {each.sku: each for each in _candidates(variants_of(wanted).values())} if wanted else {}


def scope_choices(words: str, chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a coupon may be used, in groups: brands, workshops, shelves, and the products a search finds. The product
    that was chosen stays among them."""
    goods = search_products(words) if words.strip() else []
    kept = chosen.removeprefix(f"{Scope.PRODUCT}:") if chosen.startswith(f"{Scope.PRODUCT}:") else ""
    if kept.isdecimal() and int(kept) not in {product.id for product in goods}:
        goods = [*products_by_id({int(kept)}).values(), *goods]
    return [
        (gettext("品牌"), [(f"{Scope.BRAND}:{brand}", gettext(BRAND_NAMES[brand])) for brand in Brand]),
        (gettext("作坊"), [(f"{Scope.WORKSHOP}:{row.id}", told(row)) for row in list_members()]),
        (gettext("分类"), [(f"{Scope.CATEGORY}:{row.id}", told(row)) for row in categories()]),
        (gettext("商品"), [(f"{Scope.PRODUCT}:{row.id}", _full_name(row)) for row in goods]),
    ]


def scope_name(scope: str, reference: str) -> str:
    """Where a coupon may be used, in words."""
    if scope == Scope.ALL:
        return gettext("全场")
    choices = {value: word for _, group in scope_choices("", f"{scope}:{reference}") for value, word in group}
    return choices.get(f"{scope}:{reference}", reference)


def _candidates(variants: Iterable[Variant]) -> list[Candidate]:
    rows = list(variants)
    makers = workshops_by_id({row.product.workshop_id for row in rows})
    counts = available({row.id for row in rows})
    return [
        Candidate(
            row.sku, told(row.product), row.name, told(makers[row.product.workshop_id]), row.picture or row.product.picture,
            row.price_fen, counts[row.id], row.product.status,
        )
        for row in rows
    ]  # fmt: skip


def _full_name(product: Product) -> str:
    return f"{told(product)}（{told(workshops_by_id({product.workshop_id})[product.workshop_id])}）"
