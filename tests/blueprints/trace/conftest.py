"""A packet on the table: committed batches and codes, as a request finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from domain.batches.models import Batch, BatchStatus
from domain.products.models import ListingStatus
from tests.factories.batches import age_batch, make_batch
from tests.factories.products import make_product, make_variant
from tests.factories.workshops import make_workshop

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) MicroMessenger/8.0"}


@dataclass(frozen=True)
class Packet:
    """What is printed on a packet, and whose it is."""

    gtin: str
    lot: str
    serial: str
    batch_id: int
    product_slug: str
    workshop_slug: str

    @property
    def batch_path(self) -> str:
        return f"/01/{self.gtin}/10/{self.lot}"

    @property
    def path(self) -> str:
        return f"{self.batch_path}/21/{self.serial}"


Pack = Callable[..., Packet]


@pytest.fixture
def pack(app: Flask, client: FlaskClient) -> Pack:
    """`pack(status, days_old=…, void=…, listing=…, **product)`: commit a batch with one printed code."""

    def make(
        status: BatchStatus = BatchStatus.RELEASED,
        *,
        days_old: int = 0,
        void: bool = False,
        listing: ListingStatus = ListingStatus.ON_SALE,
        **product: Any,
    ) -> Packet:
        from core.db import db
        from domain.batches.releasing import block_batch, recall_batch
        from domain.labels.minting import mint_codes, void_codes

        with app.app_context():
            workshop = make_workshop(name="石格老酒坊", address="加工区 A2 坊")
            made = make_product(workshop, **{"name": "三年陈红曲酒", "status": listing} | product)
            variant = make_variant(made, name="500 mL 单瓶")
            batch = make_batch(variant)
            code = mint_codes(batch, 1)[0]
            if void:
                void_codes(batch, [code.serial])
            if status == BatchStatus.BLOCKED:
                block_batch(batch, by="laboratory", reason="酒精度复检中")
            if status == BatchStatus.RECALLED:
                recall_batch(batch, by="regulator", reason="大肠菌群超标")
            if status in {BatchStatus.IN_PRODUCTION, BatchStatus.AWAITING_TEST}:
                batch.status = status
            age_batch(batch, days_old)
            db.session.commit()
            return Packet(variant.gtin, batch.lot, code.serial, batch.id, made.slug, workshop.slug)

    return make


@pytest.fixture
def count_scans(app: Flask) -> Callable[[], int]:
    """How many scans are on record."""

    def count() -> int:
        from core.db import db
        from domain.labels.models import Scan

        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(Scan)) or 0

    return count


@pytest.fixture
def change_batch(app: Flask) -> Callable[[int, Callable[[Batch], Any]], None]:
    """`change_batch(batch_id, act)`: do something to a committed batch."""

    def change(batch_id: int, act: Callable[[Batch], Any]) -> None:
        from core.db import db

        with app.app_context():
            act(db.session.get_one(Batch, batch_id))
            db.session.commit()

    return change
