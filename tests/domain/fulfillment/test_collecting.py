"""What the buyer fetches is looked at once more, as a parcel is before it leaves."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.db import db
from domain.batches.models import Batch
from domain.batches.releasing import block_batch
from domain.fulfillment import collecting, packing
from domain.labels.minting import mint_codes
from domain.orders.models import WorkshopOrderStatus
from domain.stock.models import StockLot
from tests.factories.makers import buy, make_lot
from tests.factories.products import make_variant


def test_a_batch_blocked_since_packing_is_not_handed_over(session: scoped_session[Session]) -> None:
    variant = make_variant(stock=0)
    batch = session.get_one(Batch, make_lot(variant, 4))
    order = buy({variant: 2})
    [part] = order.workshop_orders
    order.freights[0].pickup_code = "12345678"
    for code in mint_codes(batch, 2):
        packing.pack_package(part, code.serial, "手机")
    packing.finish_packing(part, "手机")
    block_batch(batch, by="实验室", reason="复检")
    lots = session.query(StockLot.on_hand, StockLot.allocated).filter_by(variant_id=variant.id)
    before = lots.all()
    with pytest.raises(packing.PackageBatchNotReleased), db.session.begin_nested():
        collecting.hand_over(part, "12345678", "作坊主")
    session.expire_all()
    assert part.status == WorkshopOrderStatus.PACKED
    assert (order.status, lots.all()) == ("paid", before)
