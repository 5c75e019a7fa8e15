"""One batch's page: hours per zone, what went in, its fate, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from blueprints.workshop.pages import console, own_workshop_ids
from core.clock import today
from core.db import db
from core.errors import NotFound
from core.web.forms import Form
from domain.batches.finding import find_batch, history_of
from domain.batches.models import Batch
from domain.labels.minting import codes_of
from domain.labels.models import PackageCode
from domain.products.finding import find_made_variant
from domain.workshops.models import ZONE_NAMES


@dataclass(frozen=True, slots=True)
class Run:
    """Labels minted at one time: the `number`-th printing of the batch."""

    number: int
    minted_at: datetime
    codes: list[PackageCode]


def own_batch(batch_id: int, *, lock: bool = False) -> Batch:
    """The batch of the owner's own workshop, or NotFound; with `lock` nobody else changes it meanwhile."""
    batch = find_batch(batch_id)
    if batch.workshop_id not in own_workshop_ids():
        raise NotFound(what="batch")
    if lock:
        db.session.refresh(batch, with_for_update={"of": Batch})
    return batch


def label_runs(batch: Batch) -> list[Run]:
    """The batch's valid codes by the time they were minted, oldest first."""
    times: dict[datetime, list[PackageCode]] = {}
    for code in codes_of(batch):
        times.setdefault(code.created_at, []).append(code)
    return [Run(number, at, times[at]) for number, at in enumerate(sorted(times), 1)]


def batch_page(batch: Batch, form: Form[Any] | None, status: int = 200, edited_zone: str = "") -> tuple[str, int]:
    """The page; `form` is whichever was refused, `edited_zone` whose hours it was about."""
    variant = find_made_variant(batch.variant_id, own_workshop_ids())
    runs = label_runs(batch)
    return console(
        "batch.html",
        gettext("批次 %(lot)s", lot=batch.lot),
        "batches",
        status,
        batch=batch,
        variant=variant,
        zones=[(zone.value, gettext(name)) for zone, name in ZONE_NAMES.items()],
        times={times.zone: times for times in batch.zone_times},
        runs=runs,
        remaining=batch.quantity - sum(len(run.codes) for run in runs),
        is_past=batch.best_before_on < today(),
        history=history_of(batch),
        form=form,
        edited_zone=edited_zone,
    )
