"""What of an order belongs to which order at WeChat: all of it, or with a combined payment each sub-order's lines.

WeChat is told of parcels, and settles, by sub-order; a parcel may hold lines of several.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.fulfillment.models import Shipment
from domain.orders.models import Order, WorkshopOrder
from domain.payments.dividing import mchid_of, parts_of
from domain.payments.models import Payment


@dataclass(frozen=True, slots=True)
class Cargo:
    """An order at WeChat and the lines it paid for. `is_whole`: there is no other."""

    out_trade_no: str
    mchid: str
    line_ids: frozenset[int]
    is_whole: bool

    def concerns(self, part: WorkshopOrder) -> bool:
        """Whether a workshop's part has something of it."""
        return self.is_whole or any(line.id in self.line_ids for line in part.lines_to_send)

    def is_in(self, shipment: Shipment) -> bool:
        """Whether a parcel holds something of it."""
        return self.is_whole or any(entry.order_line_id in self.line_ids for entry in shipment.lines)


def cargoes_of(order: Order, payment: Payment) -> list[Cargo]:
    """The orders at WeChat that a paid order's lines belong to, in the order of the payment's parts."""
    parts = parts_of(payment)
    if len(parts) < 2:
        lines = frozenset(line.id for line in order.lines)
        return [Cargo(payment.out_trade_no, mchid_of(payment, parts), lines, is_whole=True)]
    return [
        Cargo(
            part.out_trade_no,
            part.mchid,
            frozenset(line.id for line in order.lines if line.paid_to_workshop_id == part.workshop_id),
            is_whole=False,
        )
        for part in parts
    ]
