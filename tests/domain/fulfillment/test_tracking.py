"""Parcels followed at the carrier: kept once, planned by rows, known to have come."""

from __future__ import annotations

from datetime import timedelta
from random import randrange
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from core.clock import now
from core.settings import settings
from domain.fulfillment import shipping_out, tracking
from domain.fulfillment.models import Shipment, TrackingEvent
from domain.fulfillment.shipping_out import Contents
from gateways import registry
from gateways.carriers.tracking import CarrierUnavailable, ParcelState, Trace
from tests.factories.fulfillment import make_part
from tests.factories.products import make_variant
from tests.fixtures.wechat import PretendWechat


@pytest.fixture
def parcel(session: scoped_session[Session]) -> Shipment:
    part = make_part({make_variant(): 1})
    # The pretend carriers remember numbers from test to test.
    number = f"SF{randrange(10**13):013d}"
    return shipping_out.ship(part, "SF", number, "作坊主", Contents(counted={part.lines[0].id: 1}))


def ask(session: scoped_session[Session], parcel: Shipment) -> None:
    tracking.look_at_parcel.run(shipment_id=parcel.id)
    session.refresh(parcel)


def looks(session: scoped_session[Session]) -> list[Any]:
    jobs = text("SELECT args->>'shipment_id' FROM procrastinate_jobs WHERE task_name LIKE '%look_at_parcel'")
    return list(session.scalars(jobs))


def test_a_parcel_is_followed_until_it_came(
    session: scoped_session[Session], parcel: Shipment, pretend_wechat: PretendWechat
) -> None:
    where = {"carrier": "SF", "number": parcel.tracking_number}
    ask(session, parcel)
    assert (parcel.tracking_state, parcel.looks_in_vain) == ("unknown", 1)
    pretend_wechat.ask("parcels", where | {"hours": 20})
    for _ in range(2):
        ask(session, parcel)
    assert parcel.tracking_state == "in_transit"
    assert [event.state for event in tracking.events_of([parcel])[parcel.id]] == ["in_transit"] * 2 + ["collected"]
    assert parcel.looks_in_vain == 1
    pretend_wechat.ask("parcels", where | {"hours": 30})
    ask(session, parcel)
    assert (parcel.tracking_state, parcel.next_look_at) == ("delivered", None)
    assert parcel.delivered_at is not None
    assert len(tracking.events_of([parcel])[parcel.id]) == 6


def test_a_parcel_that_comes_back_is_not_delivered(
    session: scoped_session[Session], parcel: Shipment, pretend_wechat: PretendWechat
) -> None:
    where = {"carrier": "SF", "number": parcel.tracking_number, "fate": "returned"}
    pretend_wechat.ask("parcels", where | {"hours": 40})
    ask(session, parcel)
    assert parcel.tracking_state == "exception"
    assert parcel.next_look_at is not None
    pretend_wechat.ask("parcels", where | {"hours": 40})
    ask(session, parcel)
    assert (parcel.tracking_state, parcel.delivered_at, parcel.next_look_at) == ("returned", None, None)


def test_a_silent_carrier_changes_nothing(
    session: scoped_session[Session], parcel: Shipment, pretend_wechat: PretendWechat
) -> None:
    pretend_wechat.ask("faults", {"system_error": True})
    planned = parcel.next_look_at
    service = registry.carrier_tracking()
    assert service is not None
    with pytest.raises(CarrierUnavailable):
        service.query("SF", parcel.tracking_number)
    ask(session, parcel)
    assert (parcel.next_look_at, parcel.looks_in_vain) == (planned, 0)
    assert tracking.events_of([parcel]) == {}


def test_looks_are_planned_once_and_again_later(
    session: scoped_session[Session], parcel: Shipment, pretend_wechat: PretendWechat
) -> None:
    assert tracking.plan_looks() == 1
    assert tracking.plan_looks() == 0
    assert looks(session) == [str(parcel.id)]
    session.refresh(parcel)
    parcel.next_look_at = now() - timedelta(seconds=1)
    session.flush()
    assert tracking.plan_looks() == 1


def test_without_a_service_nothing_is_planned(session: scoped_session[Session], parcel: Shipment) -> None:
    registry.reset()
    assert settings().carrier_tracking == ""
    assert tracking.plan_looks() == 0
    ask(session, parcel)
    assert parcel.tracking_state == "unknown"


def test_pauses_double_without_news_and_end_after_a_month(session: scoped_session[Session], parcel: Shipment) -> None:
    pauses = []
    for _ in range(7):
        tracking.note_traces(parcel, [])
        assert parcel.next_look_at is not None
        pauses.append(round((parcel.next_look_at - now()).total_seconds() / 1800))
    assert pauses == [2, 4, 8, 16, 24, 24, 24]
    parcel.shipped_at = now() - timedelta(days=31)
    tracking.note_traces(parcel, [])
    assert parcel.next_look_at is None


def test_a_corrected_number_starts_over(session: scoped_session[Session], parcel: Shipment) -> None:
    tracking.note_traces(parcel, [Trace(now(), ParcelState.DELIVERED, "厦门", "别人的快件")])
    shipping_out.correct_number(parcel, "SF", "SF1234567890999", "作坊主")
    assert (parcel.tracking_state, parcel.delivered_at) == ("unknown", None)
    assert parcel.next_look_at is not None
    assert tracking.events_of([parcel]) == {}
    assert len(list(session.scalars(select(TrackingEvent)))) == 1


def test_what_a_carrier_said_is_never_rewritten(session: scoped_session[Session], parcel: Shipment) -> None:
    tracking.note_traces(parcel, [Trace(now(), ParcelState.COLLECTED, "长泰", "快件已揽收")])
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text("DELETE FROM tracking_events"))
