"""What is in a cart, grouped by workshop, with today's prices, what is wrong with a line, what comes off, and the freight.

Every amount is computed here from the catalogue, the promotions and the freight templates; none ever comes from a client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.cart.holding import Holder
from domain.cart.lines import PROBLEM_TEXTS, Line, LineProblem, read_contents
from domain.promotions.offers import offers_on, usable_coupons
from domain.promotions.pricing import Offers, discounts_of
from domain.promotions.suggesting import best_choice
from domain.promotions.terms import CouponTerms, Discount, Source
from domain.shipping.freight import freight_fen, rule_for
from domain.shipping.models import FreightTemplate
from domain.shipping.regions import HOME, Destination
from domain.shipping.templates import templates_of

__all__ = ["PROBLEM_TEXTS", "Choices", "Group", "Line", "LineProblem", "Totals", "cart_totals", "parcel_of"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the buyer chose, or would. Without a destination freight is an estimate for the workshops' own region.

    `coupon_ids` None: the coupons that together save the most. `pickups`: the workshops (slugs) whose part one fetches.
    """

    destination: Destination | None = None
    pickups: frozenset[str] = frozenset()
    coupon_ids: frozenset[int] | None = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """One workshop's part, with the freight of its parcel."""

    workshop_id: int
    workshop_slug: str
    workshop_name: str
    workshop_name_en: str
    lines: list[Line]
    freight_fen: int
    is_pickup: bool = False
    pickup_place: str = ""
    """Where one may fetch it, if one may."""
    until_free_fen: int = 0
    """How much more to pay for goods until the parcel goes free; 0 when it does, or never will."""

    @property
    def goods_fen(self) -> int:
        """Before discounts."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def discount_fen(self) -> int:
        return sum(line.discount_fen for line in self.lines)

    @property
    def paid_goods_fen(self) -> int:
        return self.goods_fen - self.discount_fen


@dataclass(frozen=True, slots=True)
class Totals:
    """A cart as it would be ordered now."""

    groups: list[Group]
    is_estimate: bool = False
    coupons: tuple[CouponTerms, ...] = ()
    """The coupons that count here."""
    usable: tuple[CouponTerms, ...] = ()
    """All coupons the buyer holds that would take something off here."""

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]

    @property
    def count(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def goods_fen(self) -> int:
        """Before discounts."""
        return sum(group.goods_fen for group in self.groups)

    @property
    def discount_fen(self) -> int:
        return sum(group.discount_fen for group in self.groups)

    @property
    def freight_fen(self) -> int:
        return sum(group.freight_fen for group in self.groups)

    @property
    def total_fen(self) -> int:
        return self.goods_fen - self.discount_fen + self.freight_fen

    @property
    def discounts(self) -> list[Discount]:
        return [discount for line in self.lines for discount in line.discounts]

    @property
    def coupon_ids(self) -> frozenset[int]:
        return frozenset(coupon.id for coupon in self.coupons)

    @property
    def savings(self) -> dict[tuple[Source, str], int]:
        """What each source takes off: `(source, title)` → fen."""
        sums: dict[tuple[Source, str], int] = {}
        for discount in self.discounts:
            key = (discount.source, discount.title)
            sums[key] = sums.get(key, 0) + discount.amount_fen
        return sums

    @property
    def has_problems(self) -> bool:
        return any(line.problem for line in self.lines)

    @property
    def has_perishables(self) -> bool:
        return any(line.is_perishable for line in self.lines)


def cart_totals(holder: Holder, skus: set[str] | None = None, choices: Choices | None = None) -> Totals:
    """The cart's lines (only those of `skus` when told) and what they come to, in a fixed number of statements.

    A chosen coupon that isn't in the holder's hand, or gives nothing here, doesn't count.
    """
    choices = choices or Choices()
    contents = read_contents(holder)
    lines = [line for line in contents.lines if skus is None or line.sku in skus]
    if not lines:
        return Totals([], choices.destination is None)
    asks_for_coupons = contents.may_have_coupons and choices.coupon_ids != frozenset()
    held = usable_coupons(holder.account_id) if asks_for_coupons and holder.account_id is not None else []
    offered = [line.variant_id for line in lines] if contents.may_have_offers else []
    pricing = _Pricing(
        lines, offers_on(offered, holder.account_id),
        templates_of({line.workshop_id for line in lines}), choices,
    )  # fmt: skip
    return pricing.total(held)


@dataclass(frozen=True, slots=True)
class _Pricing:
    """Everything that was read; from here on it is arithmetic."""

    lines: Sequence[Line]
    offers: Offers
    templates: Mapping[int, FreightTemplate]
    choices: Choices

    def total(self, held: Sequence[CouponTerms]) -> Totals:
        usable = tuple(coupon for coupon in held if self.saved_by(coupon))
        wanted = self.choices.coupon_ids
        if wanted is None:
            chosen = best_choice(usable, lambda picked: self.bill(picked).total_fen)
        else:
            chosen = tuple(coupon for coupon in usable if coupon.id in wanted)
        bill = self.bill(chosen)
        used = {discount.reference for discount in bill.discounts if discount.source == Source.COUPON}
        return replace(bill, usable=usable, coupons=tuple(each for each in chosen if str(each.id) in used))

    def saved_by(self, coupon: CouponTerms) -> bool:
        discounts = discounts_of([line.goods for line in self.lines], self.offers, (coupon,))
        return any(discount.source == Source.COUPON for discount in discounts)

    def bill(self, coupons: tuple[CouponTerms, ...]) -> Totals:
        off: dict[int, list[Discount]] = {}
        for discount in discounts_of([line.goods for line in self.lines], self.offers, coupons):
            off.setdefault(discount.variant_id, []).append(discount)
        by_workshop: dict[int, list[Line]] = {}
        for line in self.lines:
            own = tuple(off.get(line.variant_id, ()))
            by_workshop.setdefault(line.workshop_id, []).append(self.discounted(line, own))
        groups = [parcel_of(own, self.templates.get(own[0].workshop_id), self.choices) for own in by_workshop.values()]
        return Totals(groups, self.choices.destination is None, coupons)

    def discounted(self, line: Line, discounts: tuple[Discount, ...]) -> Line:
        flash = {each.reference for each in discounts if each.source == Source.FLASH_SALE}
        ends = [offer.ends_at for offer in self.offers.flash if str(offer.id) in flash]
        return replace(line, discounts=discounts, flash_ends_at=ends[0] if ends else None)


def parcel_of(lines: list[Line], template: FreightTemplate | None, choices: Choices) -> Group:
    """One workshop's lines as its part, with the freight of their parcel; a line that isn't sent there has that problem."""
    first = lines[0]
    place = template.pickup_place if template else ""
    group = Group(
        first.workshop_id, first.workshop_slug, first.workshop_name, first.workshop_name_en, lines, 0,
        is_pickup=bool(place) and first.workshop_slug in choices.pickups, pickup_place=place,
    )  # fmt: skip
    return group if group.is_pickup or template is None else _with_freight(group, template, choices.destination)


def _with_freight(group: Group, template: FreightTemplate, wanted: Destination | None) -> Group:
    rule = rule_for(template.rules, wanted or HOME)
    if rule is not None and not rule.is_served:
        return replace(group, lines=[_unserved(line, wanted) for line in group.lines]) if wanted else group
    weight_grams = sum(line.weight_grams * line.quantity for line in group.lines)
    pieces = sum(line.quantity for line in group.lines)
    fen = freight_fen(rule, group.paid_goods_fen, template.units_of(weight_grams, pieces))
    goal = rule.free_over_fen if rule and rule.free_over_fen is not None and fen else None
    return replace(group, freight_fen=fen, until_free_fen=goal - group.paid_goods_fen if goal else 0)


def _unserved(line: Line, destination: Destination) -> Line:
    return line if line.problem else replace(line, problem=LineProblem.NOT_SERVED, place=destination.text)
