"""Making a batch: start it, note what went in and the hours of each zone, finish it; then it waits for the laboratory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput, Phrase
from core.gs1 import is_printable
from domain.batches.models import Batch, BatchHistory, BatchIngredient, BatchStatus, BatchZoneTime
from domain.batches.releasing import move_batch
from domain.products.makers import WorkshopNotMaker, makers_of
from domain.products.models import Product, Variant
from domain.workshops.models import ZoneKind

MOST_PACKETS = 100_000
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and O: they are read as 1 and 0


class LotTaken(DomainError):
    """The variant already has a batch of this lot: what is printed must name one batch."""

    message = "批号 %(lot)s 已经用过"


class BatchClosed(DomainError):
    """The batch is no longer being made; what was noted about its making stands."""

    message = "这一批已经结束制作，不能再改"


class BatchWithoutIngredients(DomainError):
    """Nobody noted what went into the batch (投料)."""

    message = "请先记下用了哪些原料"


@dataclass(frozen=True, slots=True)
class IngredientFields:
    """What went in, from which lot of which supplier."""

    material: str
    lot: str
    supplier: str
    quantity_grams: int


def start_batch(
    variant: Variant,
    quantity: int,
    *,
    by: str,
    lot: str | None = None,
    made_on: date | None = None,
    ingredients: Iterable[IngredientFields] = (),
    workshop_id: int | None = None,
) -> Batch:
    """A new batch of `quantity` packets, in production, by the product's own workshop or another of its makers
    (WorkshopNotMaker). Its lot is `yymmdd` and a letter unless told; the best-before
    day is as many days after `made_on` (today unless told) as the product keeps."""
    if not 1 <= quantity <= MOST_PACKETS:
        raise InvalidInput({"quantity": Phrase("请填写 1 到 %(most)s 之间的整数", most=MOST_PACKETS)})
    made_on = made_on or today()
    if made_on > today():
        raise InvalidInput({"made_on": "生产日期不能在今天之后"})
    product = db.session.get_one(Product, variant.product_id)
    # Two batches of a variant started at once choose their lots one after the other.
    db.session.execute(select(Variant.id).filter_by(id=variant.id).with_for_update(key_share=True))
    batch = Batch(
        workshop_id=_checked_maker(product, variant.id, workshop_id),
        product_id=product.id,
        variant_id=variant.id,
        lot=_free_lot(variant.id, made_on) if lot is None else _checked_lot(variant.id, lot),
        made_on=made_on,
        best_before_on=made_on + timedelta(days=product.shelf_life_days),
        quantity=quantity,
        status=BatchStatus.IN_PRODUCTION,
        ingredients=[],
        zone_times=[],
    )
    db.session.add(batch)
    db.session.flush()
    db.session.add(BatchHistory(batch_id=batch.id, by=by, from_status=None, to_status=BatchStatus.IN_PRODUCTION))
    for fields in ingredients:
        add_ingredient(batch, fields)
    db.session.flush()
    return batch


def add_ingredient(batch: Batch, fields: IngredientFields) -> BatchIngredient:
    """Note what went into a batch that is being made."""
    _require_open(batch)
    faults = {name: "必填" for name in ("material", "lot", "supplier") if not getattr(fields, name).strip()}
    if fields.quantity_grams <= 0:
        faults["quantity_grams"] = "必须大于 0"
    if faults:
        raise InvalidInput(faults)
    ingredient = BatchIngredient(
        batch_id=batch.id,
        material=fields.material.strip(),
        lot=fields.lot.strip(),
        supplier=fields.supplier.strip(),
        quantity_grams=fields.quantity_grams,
    )
    batch.ingredients.append(ingredient)
    db.session.flush()
    return ingredient


def note_zone_times(
    batch: Batch, zone: ZoneKind, started_at: datetime, finished_at: datetime | None = None
) -> BatchZoneTime:
    """From when to when the batch was worked on in a zone; without an end the work goes on. Noting again replaces it."""
    _require_open(batch)
    if started_at > now():
        raise InvalidInput({"started_at": "开始时间不能在现在之后"})
    if finished_at is not None and finished_at > now():
        raise InvalidInput({"finished_at": "结束时间不能在现在之后"})
    if finished_at is not None and finished_at <= started_at:
        raise InvalidInput({"finished_at": "结束时间必须在开始之后"})
    times = next((times for times in batch.zone_times if times.zone == zone), None)
    if times is None:
        times = BatchZoneTime(batch_id=batch.id, zone=zone)
        batch.zone_times.append(times)
    times.started_at, times.finished_at = started_at, finished_at
    db.session.flush()
    return times


def finish_batch(batch: Batch, *, by: str) -> None:
    """The making is over, also in zones whose end nobody noted: the batch waits for its test."""
    _require_open(batch)
    if not batch.ingredients:
        raise BatchWithoutIngredients
    move_batch(batch, BatchStatus.AWAITING_TEST, by=by, reason="制作完成")
    for times in batch.zone_times:
        if times.finished_at is None:
            times.finished_at = max(now(), times.started_at + timedelta(seconds=1))
    db.session.flush()


def _checked_maker(product: Product, variant_id: int, workshop_id: int | None) -> int:
    if workshop_id is None or workshop_id == product.workshop_id:
        return product.workshop_id
    if workshop_id not in {maker.workshop_id for maker in makers_of({variant_id})[variant_id]}:
        raise WorkshopNotMaker
    return workshop_id


def _require_open(batch: Batch) -> None:
    if batch.status != BatchStatus.IN_PRODUCTION:
        raise BatchClosed


def _checked_lot(variant_id: int, lot: str) -> str:
    lot = lot.strip()
    if not is_printable(lot):
        raise InvalidInput({"lot": "批号只能用 1 到 20 个字母、数字和小数点"})
    if db.session.scalar(select(Batch.id).filter_by(variant_id=variant_id, lot=lot)):
        raise LotTaken(lot=lot)
    return lot


def _free_lot(variant_id: int, made_on: date) -> str:
    """`261122A`, `261122B`, … and after the alphabet `261122AA`."""
    day = f"{made_on:%y%m%d}"
    statement = select(Batch.lot).where(Batch.variant_id == variant_id, Batch.lot.startswith(day, autoescape=True))
    taken = set(db.session.scalars(statement))
    prefixes = ["", *_LETTERS]
    return next(lot for prefix in prefixes for letter in _LETTERS if (lot := day + prefix + letter) not in taken)
