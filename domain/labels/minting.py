"""Minting package codes: as many serials as a released batch has packets, each one beyond guessing."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ARRAY, Text, func, insert, literal, select, update

from core.clock import now
from core.db import db
from core.errors import DomainError, InvalidInput
from core.numbers import random_code
from domain.batches.models import Batch
from domain.labels.models import PackageCode

SERIAL_LENGTH = 12


class BatchNotReleased(DomainError):
    """Only a batch that has passed its test gets labels (食品安全法 52)."""

    message = "这一批还没有检验放行，不能打印追溯码"


class MoreLabelsThanPackets(DomainError):
    """The batch would have more valid codes than packets; `remaining` says how many may still be made."""

    message = "这一批还能再打印 %(remaining)s 个追溯码"


def mint_codes(batch: Batch, count: int) -> list[PackageCode]:
    """`count` new codes of a released batch. Its valid codes never outnumber its packets, also when minted twice at once;
    a voided code makes room for another."""
    if count < 1:
        raise InvalidInput({"count": "至少 1 个"})
    db.session.refresh(batch, ["status", "quantity"], with_for_update=True)
    if not batch.is_sellable:
        raise BatchNotReleased
    remaining = batch.quantity - count_codes(batch)
    if count > remaining:
        raise MoreLabelsThanPackets(remaining=remaining)
    serials = [random_code(SERIAL_LENGTH) for _ in range(count)]
    rows = select(literal(batch.id), func.unnest(literal(serials, ARRAY(Text))), literal(now()))
    statement = insert(PackageCode).from_select(["batch_id", "serial", "created_at"], rows).returning(PackageCode)
    return sorted(db.session.scalars(statement), key=lambda code: code.id)


def codes_of(batch: Batch) -> list[PackageCode]:
    """The batch's valid codes in the order they were made."""
    statement = select(PackageCode).filter_by(batch_id=batch.id, voided_at=None).order_by(PackageCode.id)
    return list(db.session.scalars(statement))


def count_codes(batch: Batch) -> int:
    """How many valid codes the batch has."""
    statement = select(func.count()).select_from(PackageCode).filter_by(batch_id=batch.id, voided_at=None)
    return db.session.scalar(statement) or 0


def void_codes(batch: Batch, serials: Iterable[str]) -> int:
    """Declare codes of the batch void (a torn or misprinted label); returns how many changed. Their pages say so."""
    statement = (
        update(PackageCode)
        .where(PackageCode.batch_id == batch.id, PackageCode.serial.in_(list(serials)), PackageCode.voided_at.is_(None))
        .values(voided_at=now())
        .returning(PackageCode.id)
    )
    return len(db.session.scalars(statement).all())
