"""Specifications (规格): the one or two dimensions a product is sold in, and which combinations of their values there are.

Callers hold the product (`finding.find_product_of(…, lock=True)`), as for everything that its approval covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as every_combination

from core.db import db
from core.errors import DomainError, InvalidInput
from domain.products import editing
from domain.products.listing import note_change
from domain.products.models import ListingStatus, Product, Specification, Variant

MOST_VALUES = 12
LONGEST_NAME, LONGEST_VALUE = 10, 40
PLACES = ("first", "second")


class SpecificationInUse(DomainError):
    status = 422
    message = "「%(name)s」有规格在用，不能删掉；不想卖就停售它的组合"


class SpecificationsCollide(DomainError):
    """Without one of the dimensions two variants would be the same."""

    status = 422
    message = "去掉这一项，就有两个规格一模一样了"


class LastVariantOnSale(DomainError):
    message = "在售商品至少要卖一个规格，都不卖就先下架"


@dataclass(frozen=True, slots=True)
class ValueWish:
    """A value as it is to be called, and what it was called until now; empty for a new one."""

    name: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class SpecificationWish:
    """A dimension as it is to be; `was` is its place until now (0 or 1), None for a new one. Variants that there are get
    the first value of a new dimension."""

    name: str
    values: tuple[ValueWish, ...]
    was: int | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """A value of each dimension, with its variant once it has one."""

    values: tuple[str, ...]
    variant: Variant | None

    @property
    def name(self) -> str:
        return self.variant.name if self.variant else editing.BETWEEN_VALUES.join(self.values)


@dataclass(frozen=True, slots=True)
class CombinationFields:
    """How a combination is sold: price in fen, weight in grams as it is sent; `picture` is one of the product's."""

    values: tuple[str, ...]
    price_fen: int
    weight_grams: int
    is_enabled: bool = True
    picture: str = ""


def arrange(product: Product, wishes: Sequence[SpecificationWish], by: str = "owner") -> None:
    """The product has these specifications from now on; its variants go along and stay what they are in stock, carts and
    orders. The operator looks again when a variant reads otherwise than before.

    Raises InvalidInput naming `first_name`, `first_values`, `second_…`; SpecificationInUse for a value that a variant
    has; SpecificationsCollide.
    """
    fresh = _checked(wishes)
    moved = {variant.id: _moved(variant, wishes) for variant in product.variants}
    if len(set(moved.values())) != len(moved):
        raise SpecificationsCollide
    before = {each.name for each in product.dimensions}
    reads_otherwise = any(tuple(each.specification_values) != moved[each.id] for each in product.variants)
    product.specifications = [{"name": each.name, "values": list(each.values)} for each in fresh]
    _rename(product, moved)
    _put_in_order(product)
    if product.variants and (reads_otherwise or before != {each.name for each in fresh}):
        note_change(product, by, "改了规格")
    db.session.flush()


def combinations(product: Product) -> list[Combination]:
    """Every combination of the values, in their order; of a product without specifications the one there is."""
    held = {tuple(variant.specification_values): variant for variant in product.variants}
    made = every_combination(*(each.values for each in product.dimensions))
    return [Combination(values, held.get(values)) for values in made]


def write_combinations(product: Product, rows: Sequence[CombinationFields], by: str = "owner") -> None:
    """Make, price, weigh, enable and disable combinations. What is new, or renewed without ever having been approved, is
    looked at by the operator; disabling is the owner's own. Raises LastVariantOnSale; InvalidInput."""
    known = {combination.values: combination.variant for combination in combinations(product)}
    for row in rows:
        if row.values not in known:
            raise InvalidInput({"combinations": "规格刚刚改过，请重新填"})
        if row.picture and row.picture not in product.pictures:
            raise InvalidInput({"combinations": "没有这张照片"})
        variant = known[row.values] or _new(product, row, by)
        _change(variant, row, by)
    _put_in_order(product)
    db.session.flush()
    if product.status in {ListingStatus.ON_SALE, ListingStatus.SUBMITTED} and not product.offered_variants:
        raise LastVariantOnSale


def _new(product: Product, row: CombinationFields, by: str) -> Variant:
    name = editing.BETWEEN_VALUES.join(row.values) or product.net_content or product.name
    fields = editing.VariantFields(name, row.price_fen, row.weight_grams)
    return editing.add_variant(product, fields, by, row.values)


def _change(variant: Variant, row: CombinationFields, by: str) -> None:
    editing.change_variant(variant, editing.VariantFields(variant.name, row.price_fen, row.weight_grams), by)
    if row.is_enabled and not variant.is_enabled and variant.approved_price_fen is None:
        note_change(variant.product, by, "加了规格")
    variant.is_enabled, variant.picture = row.is_enabled, row.picture


def _checked(wishes: Sequence[SpecificationWish]) -> list[Specification]:
    wrong: dict[str, str] = {}
    for place, wish in zip(PLACES, wishes, strict=False):
        values = [value.name for value in wish.values]
        if not 1 <= len(wish.name) <= LONGEST_NAME:
            wrong[f"{place}_name"] = "请写 1 到 10 个字，如：口味"
        if not 1 <= len(values) <= MOST_VALUES:
            wrong[f"{place}_values"] = "要有 1 到 12 个值"
        elif any(not 1 <= len(value) <= LONGEST_VALUE or editing.BETWEEN_VALUES in value for value in values):
            wrong[f"{place}_values"] = "每个值写 1 到 40 个字，中间不要单独的斜杠"
        elif len(set(values)) != len(values):
            wrong[f"{place}_values"] = "有两个值一样"
    if len({wish.name for wish in wishes}) != len(wishes):
        wrong["second_name"] = "两项规格不能同名"
    if wrong:
        raise InvalidInput(wrong)
    return [Specification(wish.name, tuple(value.name for value in wish.values)) for wish in wishes[: len(PLACES)]]


def _moved(variant: Variant, wishes: Sequence[SpecificationWish]) -> tuple[str, ...]:
    """The variant's values under the new specifications."""
    held, values = variant.specification_values, []
    for wish in wishes:
        if wish.was is None or wish.was >= len(held):
            values.append(wish.values[0].name)
            continue
        renamed = {value.was: value.name for value in wish.values if value.was}
        if held[wish.was] not in renamed:
            raise SpecificationInUse(name=held[wish.was])
        values.append(renamed[held[wish.was]])
    return tuple(values)


def _rename(product: Product, moved: dict[int, tuple[str, ...]]) -> None:
    """In two steps: two variants may change names with each other, and no two ever have the same."""
    changed = [each for each in product.variants if tuple(each.specification_values) != moved[each.id]]
    for variant in changed:
        variant.specification_values = [f"#{variant.id}"]
        if moved[variant.id]:
            variant.name = f"#{variant.id}"
    db.session.flush()
    for variant in changed:
        variant.specification_values = list(moved[variant.id])
        variant.name = editing.BETWEEN_VALUES.join(moved[variant.id]) or variant.name
    db.session.flush()


def _put_in_order(product: Product) -> None:
    for place, combination in enumerate(combinations(product)):
        if combination.variant is not None:
            combination.variant.position = place
    db.session.flush()
    db.session.refresh(product, ["variants"])
