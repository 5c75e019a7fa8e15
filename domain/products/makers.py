"""Which workshops make a variant: those named for it under the shared brand, else the product's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import DomainError, InvalidInput
from domain.products.models import MakerHistory, Product, Variant, VariantMaker


class WorkshopNotMaker(DomainError):
    """The workshop isn't among those that make this variant."""

    status = 422
    message = "这家作坊不做这个规格"


@dataclass(frozen=True, slots=True)
class Maker:
    """A workshop that makes a variant. Without `daily_capacity` (the only maker of its product) nobody counts."""

    workshop_id: int
    daily_capacity: int | None
    is_active: bool = True


def set_maker(
    variant_id: int, workshop_id: int, *, daily_capacity: int, is_active: bool = True, by: str = "operator"
) -> None:
    """The workshop makes the variant, up to `daily_capacity` packets a day; inactive, it gets no new orders. A change leaves a
    row of history.

    Once a variant has makers, only they make it: the product's own workshop is named as well if it goes on.
    """
    if daily_capacity < 1:
        raise InvalidInput({"daily_capacity": "必须大于 0"})
    # Whoever changes the same variant's makers waits, so that each row of history starts where the last one ended.
    db.session.execute(select(Variant.id).filter_by(id=variant_id).with_for_update(key_share=True))
    was = db.session.get(VariantMaker, (variant_id, workshop_id), populate_existing=True)
    if was is not None and (was.daily_capacity, was.is_active) == (daily_capacity, is_active):
        return
    history = MakerHistory(
        variant_id=variant_id, workshop_id=workshop_id, by=by, to_capacity=daily_capacity, to_active=is_active,
        from_capacity=was.daily_capacity if was else None, from_active=was.is_active if was else None,
    )  # fmt: skip
    db.session.add(history)
    values = {"daily_capacity": daily_capacity, "is_active": is_active}
    row = insert(VariantMaker).values(variant_id=variant_id, workshop_id=workshop_id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["variant_id", "workshop_id"], set_=values))
    db.session.flush()


def maker_changes(variant_id: int) -> list[MakerHistory]:
    """Who gave a variant its makers and changed them, newest first."""
    rows = select(MakerHistory).filter_by(variant_id=variant_id).order_by(MakerHistory.id.desc())
    return list(db.session.scalars(rows))


def makers_of(variant_ids: Collection[int]) -> dict[int, list[Maker]]:
    """The makers of some variants, by key; never none."""
    own = select(Variant.id, Product.workshop_id).join(Product).where(Variant.id.in_(variant_ids))
    makers = {row[0]: [Maker(row[1], None)] for row in db.session.execute(own)}
    statement = select(VariantMaker).where(VariantMaker.variant_id.in_(variant_ids)).order_by(VariantMaker.workshop_id)
    named: dict[int, list[Maker]] = {}
    for row in db.session.scalars(statement):
        named.setdefault(row.variant_id, []).append(Maker(row.workshop_id, row.daily_capacity, row.is_active))
    return makers | named


def is_made_by(workshop_ids: Collection[int]) -> ColumnElement[bool]:
    """The condition, over Variant joined with Product, that one of the workshops sells or makes it."""
    named = select(VariantMaker.variant_id).where(VariantMaker.workshop_id.in_(workshop_ids), VariantMaker.is_active)
    return or_(Product.workshop_id.in_(workshop_ids), Variant.id.in_(named))
