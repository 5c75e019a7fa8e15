"""Where a parcel is: what the house may ask a tracking service, and the values that come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import OutsideUnavailable


class CarrierUnavailable(OutsideUnavailable):
    """The tracking service gave no answer in time, or something that isn't one."""

    message = "物流查询暂时没有回应，请稍后再试"


class ParcelState(StrEnum):
    """How far a parcel is. `unknown`: the carrier hasn't seen it yet, or nobody asks."""

    UNKNOWN = "unknown"
    COLLECTED = "collected"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"
    EXCEPTION = "exception"

    @property
    def is_final(self) -> bool:
        return self in {ParcelState.DELIVERED, ParcelState.RETURNED}


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing a carrier says about a parcel; `text` is the carrier's own."""

    happened_at: datetime
    state: ParcelState
    place: str
    text: str


class CarrierTracking(Protocol):
    """A service that knows parcels of several carriers."""

    def query(self, carrier_code: str, tracking_number: str) -> list[Trace]:
        """All that is known of a parcel, the oldest first; empty while no carrier has seen it. CarrierUnavailable."""
