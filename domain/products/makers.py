"""Which workshops make a variant: those named for it under the shared brand, else the product's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from core.db import db, table_of
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


_VARIANTS, _PRODUCTS, _NAMED = table_of(Variant), table_of(Product), table_of(VariantMaker)
_MAKERS = (
    select(
        _VARIANTS.c.id, _PRODUCTS.c.workshop_id, _NAMED.c.workshop_id, _NAMED.c.daily_capacity, _NAMED.c.is_active
    )
    .join(_PRODUCTS, _PRODUCTS.c.id == _VARIANTS.c.product_id)
    .outerjoin(_NAMED, _NAMED.c.variant_id == _VARIANTS.c.id)
    .where(_VARIANTS.c.id == any_(bindparam("variants", type_=ARRAY(BigInteger))))
    .order_by(_NAMED.c.workshop_id)
)  # fmt: skip


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
    makers: dict[int, list[Maker]] = {}
    for variant_id, own_id, workshop_id, capacity, is_active in db.session.execute(
        _MAKERS, {"variants": list(variant_ids)}
    ):
        named = Maker(workshop_id, capacity, is_active) if workshop_id is not None else Maker(own_id, None)
        makers.setdefault(variant_id, []).append(named)
    return makers


def is_made_by(workshop_ids: Collection[int]) -> ColumnElement[bool]:
    """The condition, over Variant joined with Product, that one of the workshops sells or makes it."""
    named = select(VariantMaker.variant_id).where(VariantMaker.workshop_id.in_(workshop_ids), VariantMaker.is_active)
    return or_(Product.workshop_id.in_(workshop_ids), Variant.id.in_(named))
