"""Reading a code off a packet: whose it is, what can honestly be said about it, and how often it was read before."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, lazyload

from core.clock import now, today
from core.db import db
from core.gs1 import TraceCode, TraceCodeMalformed, parse_trace_code
from core.settings import settings
from domain.batches.models import Batch, BatchStatus
from domain.labels.models import PackageCode, Scan
from domain.products.models import ListingStatus, Product, Variant
from domain.workshops.models import Workshop


class Verdict(StrEnum):
    """What is said first about a code: the gravest fact before all others."""

    GENUINE_FIRST = "genuine_first"
    GENUINE = "genuine"
    PAST_DATE = "past_date"
    BLOCKED = "blocked"
    RECALLED = "recalled"
    VOID = "void"
    BATCH_ONLY = "batch_only"
    NOT_RELEASED = "not_released"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class ScanCount:
    """How many visitors read a code, each once a day; `first_at` is None before the first."""

    total: int
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """A code that is ours, with everything its page names. `code` is None for the code of a whole batch."""

    batch: Batch
    variant: Variant
    product: Product
    workshop: Workshop
    code: PackageCode | None

    @property
    def is_on_sale(self) -> bool:
        """Whether the product can be bought today."""
        return self.product.status == ListingStatus.ON_SALE and self.workshop.may_sell


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole answer to a scan. `facts` is None when the code is not ours, `trace` too when it is no code at all."""

    verdict: Verdict
    trace: TraceCode | None = None
    facts: CodeFacts | None = None
    scans: ScanCount = ScanCount(0, None)


def read_code(gtin: str, lot: str, serial: str | None, visitor: str | None) -> Reading:
    """Answer a scan of a packet's code, or of a batch's when it has no serial. Nothing wrong with it raises.

    The scan of a packet's code is counted for `visitor`; None (a program, a preview) reads without counting.
    """
    try:
        trace = parse_trace_code(gtin, lot, serial)
    except TraceCodeMalformed:
        return Reading(Verdict.MALFORMED)
    facts = find_code(trace)
    scans = ScanCount(0, None)
    if facts is not None and facts.code is not None:
        scans = scans_of(facts.code) if visitor is None else count_scan(facts.code, visitor)
    return Reading(judge(facts, scans), trace, facts, scans)


def find_code(trace: TraceCode) -> CodeFacts | None:
    """What is behind a code with a lot, in one query; None when we never issued it. A serial of another batch is none."""
    statement = (
        select(Batch, Variant, Product, Workshop, PackageCode)
        .join(Variant, Variant.id == Batch.variant_id)
        .join(Product, Product.id == Batch.product_id)
        .join(Workshop, Workshop.id == Batch.workshop_id)
        .outerjoin(PackageCode, and_(PackageCode.batch_id == Batch.id, PackageCode.serial == trace.serial))
        .where(Variant.gtin == trace.gtin, Batch.lot == trace.lot)
        .options(joinedload(Workshop.certificates), lazyload(Product.variants))
    )
    row = db.session.execute(statement).unique().first()
    if row is None or (trace.serial is not None and row[4] is None):
        return None
    return CodeFacts(*row)


def product_of(gtin: str) -> Product | None:
    """The product of a GTIN, once buyers may have seen it."""
    statement = select(Product).join(Variant).where(Variant.gtin == gtin, Product.status != ListingStatus.DRAFT)
    return db.session.scalars(statement.options(lazyload(Product.variants))).first()


def count_scan(code: PackageCode, visitor: str) -> ScanCount:
    """Count a reading of `code` by `visitor` (any text that tells visitors apart), once a day, and say how many there are.

    Only a hash of the visitor is kept, salted with our secret and the day, so that days can't be joined to a person.
    """
    row = {"package_code_id": code.id, "visitor_hash": _visitor_hash(visitor), "scanned_at": now()}
    db.session.execute(insert(Scan).values(**row).on_conflict_do_nothing())
    return scans_of(code)


def scans_of(code: PackageCode) -> ScanCount:
    """How often a code was read until now."""
    statement = select(func.count(), func.min(Scan.scanned_at)).where(Scan.package_code_id == code.id)
    total, first_at = db.session.execute(statement).one()
    return ScanCount(total, first_at)


def judge(facts: CodeFacts | None, scans: ScanCount) -> Verdict:
    """The verdict: a recall outweighs a block, a block a missing release, that a void code, and that its age."""
    if facts is None:
        return Verdict.UNKNOWN
    standing = {
        BatchStatus.RECALLED: Verdict.RECALLED,
        BatchStatus.BLOCKED: Verdict.BLOCKED,
        BatchStatus.IN_PRODUCTION: Verdict.NOT_RELEASED,
        BatchStatus.AWAITING_TEST: Verdict.NOT_RELEASED,
    }.get(BatchStatus(facts.batch.status))
    if standing:
        return standing
    if facts.code is not None and facts.code.voided_at is not None:
        return Verdict.VOID
    if today() > facts.batch.best_before_on:
        return Verdict.PAST_DATE
    if facts.code is None:
        return Verdict.BATCH_ONLY
    return Verdict.GENUINE_FIRST if scans.total <= 1 else Verdict.GENUINE


def _visitor_hash(visitor: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"scan\n{today()}\n{visitor}".encode(), hashlib.sha256).hexdigest()
