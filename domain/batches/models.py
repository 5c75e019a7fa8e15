"""Batches: one making of one variant on one day, from which lots of ingredients, in which hours of which zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model, Timestamped


class BatchStatus(StrEnum):
    """Where a batch stands. Only a released one gets labels and ships."""

    IN_PRODUCTION = "in_production"
    AWAITING_TEST = "awaiting_test"
    RELEASED = "released"
    BLOCKED = "blocked"
    RECALLED = "recalled"


TRANSITIONS: Mapping[BatchStatus, frozenset[BatchStatus]] = {
    BatchStatus.IN_PRODUCTION: frozenset({BatchStatus.AWAITING_TEST, BatchStatus.BLOCKED}),
    BatchStatus.AWAITING_TEST: frozenset({BatchStatus.RELEASED, BatchStatus.BLOCKED}),
    BatchStatus.RELEASED: frozenset({BatchStatus.BLOCKED, BatchStatus.RECALLED}),
    BatchStatus.BLOCKED: frozenset({BatchStatus.RELEASED, BatchStatus.RECALLED}),
    BatchStatus.RECALLED: frozenset(),
}


class Batch(Model, Keyed, Timestamped):
    """A batch (lot). The pair of its variant's GTIN and its lot is what is printed (GS1 AI 01 and 10)."""

    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("variant_id", "lot"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("best_before_on >= made_on", name="best_before_after_made"),
        Index("ix_batches_withheld", "id", postgresql_where=text("status <> 'released'")),
    )

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    lot: Mapped[str]
    made_on: Mapped[date]
    best_before_on: Mapped[date]
    quantity: Mapped[int]
    status: Mapped[str] = mapped_column(default=BatchStatus.IN_PRODUCTION)

    ingredients: Mapped[list[BatchIngredient]] = relationship(order_by="BatchIngredient.id", lazy="selectin")
    zone_times: Mapped[list[BatchZoneTime]] = relationship(order_by="BatchZoneTime.started_at", lazy="selectin")

    @property
    def started_at(self) -> datetime | None:
        return min((times.started_at for times in self.zone_times), default=None)

    @property
    def finished_at(self) -> datetime | None:
        return max((times.finished_at for times in self.zone_times if times.finished_at), default=None)

    @property
    def is_sellable(self) -> bool:
        return self.status == BatchStatus.RELEASED


class BatchIngredient(Model, Keyed):
    """What went in, from which lot of which supplier."""

    __tablename__ = "batch_ingredients"
    __table_args__ = (CheckConstraint("quantity_grams > 0", name="quantity_positive"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    material: Mapped[str]
    lot: Mapped[str]
    supplier: Mapped[str]
    quantity_grams: Mapped[int]


class BatchZoneTime(Model, Keyed):
    """From when to when the batch was worked on in a zone: the hours of film its packet shows."""

    __tablename__ = "batch_zone_times"
    __table_args__ = (
        UniqueConstraint("batch_id", "zone"),
        CheckConstraint("finished_at IS NULL OR finished_at > started_at", name="finish_after_start"),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    zone: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BatchHistory(Model, Keyed):
    """Who moved a batch from one status to another, when and why."""

    __tablename__ = "batch_history"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
