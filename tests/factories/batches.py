"""Batches and package codes for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.clock import now
from core.db import db
from domain.batches.making import IngredientFields, finish_batch, note_zone_times, start_batch
from domain.batches.models import Batch, BatchStatus
from domain.batches.releasing import block_batch, recall_batch, release_batch
from domain.labels.minting import mint_codes
from domain.labels.models import PackageCode
from domain.products.models import Variant
from domain.workshops.models import ZoneKind
from tests.factories.products import make_variant

RICE = IngredientFields("糯米", "NM261101", "坂里乡粮站", 66_000)
YEAST = IngredientFields("红曲米", "HQ261018", "古田红曲厂", 4_200)


def make_batch(
    variant: Variant | None = None, *, status: BatchStatus = BatchStatus.RELEASED, quantity: int = 10, **values: Any
) -> Batch:
    """A batch made this morning from two lots in three zones, brought to `status` by the acts; `values` (`lot`,
    `made_on`) are passed to `start_batch`."""
    batch = start_batch(variant or make_variant(), quantity, by="作坊主", ingredients=[RICE, YEAST], **values)
    started_at = now() - timedelta(hours=6)
    for place, zone in enumerate(ZoneKind):
        begin = started_at + timedelta(hours=place)
        note_zone_times(batch, zone, begin, begin + timedelta(minutes=50))
    if status == BatchStatus.IN_PRODUCTION:
        return batch
    finish_batch(batch, by="作坊主")
    if status != BatchStatus.AWAITING_TEST:
        release_batch(batch, by="坂兴实验室")
    if status == BatchStatus.BLOCKED:
        block_batch(batch, by="坂兴实验室", reason="复检中")
    if status == BatchStatus.RECALLED:
        recall_batch(batch, by="长泰区市场监管局", reason="大肠菌群超标")
    return batch


def make_code(batch: Batch | None = None) -> PackageCode:
    """One package code of a released batch."""
    return mint_codes(batch or make_batch(), 1)[0]


def age_batch(batch: Batch, days: int) -> None:
    """Move the batch's making and its best-before day `days` days back."""
    batch.made_on -= timedelta(days=days)
    batch.best_before_on -= timedelta(days=days)
    db.session.flush()
