"""A workshop's freight template: read for a cart, written by its owner or the operator as a whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import joinedload

from core.db import db
from core.errors import InvalidInput
from domain.shipping.models import FreightRule, FreightTemplate, FreightUnit
from domain.shipping.regions import normal_region

MOST_RULES = 40
MOST_REGIONS = 60


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """One rule as it is asked for. Without `regions` it is the default; units are grams or packets."""

    regions: tuple[str, ...] = ()
    is_served: bool = True
    base_fen: int = 0
    base_units: int = 1
    extra_fen: int = 0
    extra_units: int = 1
    free_over_fen: int | None = None


# What a new member starts with: ¥8 for 3 kg, ¥2 for each started kilogram more, free from ¥99.
USUAL = RuleTerms(base_fen=800, base_units=3000, extra_fen=200, extra_units=1000, free_over_fen=9900)


_OF_WORKSHOPS = (
    select(FreightTemplate)
    .where(FreightTemplate.workshop_id == any_(bindparam("workshops", type_=ARRAY(BigInteger))))
    .options(joinedload(FreightTemplate.rules))
)


def templates_of(workshop_ids: Collection[int]) -> dict[int, FreightTemplate]:
    """The templates of several workshops with their rules, in one statement."""
    rows = db.session.scalars(_OF_WORKSHOPS, {"workshops": list(workshop_ids)}).unique()
    return {row.workshop_id: row for row in rows}


def save_template(
    workshop_id: int, rules: Sequence[RuleTerms], *, unit: FreightUnit = FreightUnit.WEIGHT, pickup_place: str = ""
) -> FreightTemplate:
    """The workshop's template is exactly this from now on; orders keep the freight they were placed with.

    Raises InvalidInput when there isn't exactly one default rule, a region is named twice, or an amount is out of range.
    """
    normal = [_normal(rule) for rule in rules]
    _check(normal)
    values = {"unit": unit, "pickup_place": pickup_place.strip()[:200]}
    row = insert(FreightTemplate).values(workshop_id=workshop_id, **values)
    # The row is held from here on: two savings take turns, so the rules of one never mix with the other's.
    db.session.execute(row.on_conflict_do_update(index_elements=["workshop_id"], set_=values))
    db.session.execute(delete(FreightRule).filter_by(workshop_id=workshop_id))
    for rule in normal:
        known = asdict(rule) | {"regions": list(rule.regions)}
        db.session.execute(insert(FreightRule).values(workshop_id=workshop_id, **known))
    db.session.expire_all()
    return db.session.get_one(FreightTemplate, workshop_id)


def _normal(rule: RuleTerms) -> RuleTerms:
    regions = tuple(dict.fromkeys(region for region in map(normal_region, rule.regions) if region))
    if rule.regions and not regions:
        raise InvalidInput({"regions": "请写省名或“省/市”"})
    return RuleTerms(**asdict(rule) | {"regions": regions})


def _check(rules: Sequence[RuleTerms]) -> None:
    if len(rules) > MOST_RULES or any(len(rule.regions) > MOST_REGIONS for rule in rules):
        raise InvalidInput({"rules": "地区太多了"})
    if sum(not rule.regions for rule in rules) != 1:
        raise InvalidInput({"rules": "要有且只有一条默认运费"})
    named = [region for rule in rules for region in rule.regions]
    if len(named) != len(set(named)):
        raise InvalidInput({"regions": "同一个地区写了两次"})
    for rule in rules:
        if min(rule.base_fen, rule.extra_fen) < 0 or min(rule.base_units, rule.extra_units) < 1:
            raise InvalidInput({"base_fen": "运费不能是负的，计费单位要大于零"})
        if rule.free_over_fen is not None and rule.free_over_fen < 1:
            raise InvalidInput({"free_over_fen": "包邮金额要大于零"})
