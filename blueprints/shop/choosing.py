"""Which variant a product's page shows, and where each value of its specifications leads from there."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from blueprints.shop.shapes import VariantShape
from core.web.language import say
from domain.products.models import Product


@dataclass(frozen=True, slots=True)
class Choice:
    """A value: `sku` is the variant it leads to; without one it can't be chosen. `reason` says why it can't be bought.
    `price_fen` where the value alone decides it."""

    value: str
    sku: str
    is_chosen: bool
    reason: str
    price_fen: int | None


@dataclass(frozen=True, slots=True)
class Dimension:
    """A specification with its values, in their order."""

    name: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Picked:
    """The variant that is shown, and how to come to others. Its picture stands first among `pictures`."""

    variant: VariantShape
    dimensions: list[Dimension]
    pictures: list[str]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A product with the variants that are offered, one of them chosen."""

    product: Product
    variants: list[VariantShape]
    chosen: VariantShape

    @property
    def combinations(self) -> list[tuple[str, ...]]:
        """Those of all its variants, offered or not."""
        return [tuple(variant.specification_values) for variant in self.product.variants]


def pick(product: Product, variants: list[VariantShape], sku: str | None = None) -> Picked:
    """The variant of `sku` if the product offers it, else the first that can be bought, else the first."""
    buyable = [variant for variant in variants if variant.available > 0]
    asked = [variant for variant in variants if variant.sku == sku]
    chosen = (asked or buyable or variants)[0]
    shelf = _Shelf(product, variants, chosen)
    dimensions = [
        Dimension(say(each.name), [_choice(shelf, place, value) for value in _shown(shelf, place, each.values)])
        for place, each in enumerate(product.dimensions)
    ]
    others = [each for each in product.pictures if each != chosen.picture]
    return Picked(chosen, dimensions, [chosen.picture, *others] if chosen.picture else others)


def _shown(shelf: _Shelf, place: int, values: tuple[str, ...]) -> list[str]:
    """The values that some variant has; one that was only written down isn't shown."""
    held = {combination[place] for combination in shelf.combinations}
    return [value for value in values if value in held]


def _choice(shelf: _Shelf, place: int, value: str) -> Choice:
    """Where a value leads. The first specification may change the second along with it, the second never the first."""
    chosen = shelf.chosen
    wanted = (*chosen.values[:place], value, *chosen.values[place + 1 :])
    exact = [variant for variant in shelf.variants if variant.values == wanted]
    others = [variant for variant in shelf.variants if variant.values[: place + 1] == wanted[: place + 1]]
    buyable = [variant for variant in [*exact, *others] if variant.available > 0]
    if place > 0:
        buyable = [variant for variant in buyable if variant.values == wanted]
    is_chosen = chosen.values[place] == value
    leads_to = [chosen] if is_chosen else buyable
    is_only = len(wanted) == 1
    return Choice(
        value,
        leads_to[0].sku if leads_to else "",
        is_chosen,
        "" if buyable else _reason(shelf, wanted, place),
        exact[0].price_fen if exact and is_only else None,
    )


def _reason(shelf: _Shelf, wanted: tuple[str, ...], place: int) -> str:
    """Why nothing with this value can be bought: of the first specification whatever the second is."""
    if any(variant.values[: place + 1] == wanted[: place + 1] for variant in shelf.variants):
        return gettext("售罄")
    known = any(combination[: place + 1] == wanted[: place + 1] for combination in shelf.combinations)
    return gettext("停售") if known else gettext("没有这种")
