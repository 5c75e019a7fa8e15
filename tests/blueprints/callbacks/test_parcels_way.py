"""An order of two workshops, one of which sends two parcels: paid, sent, told to WeChat, followed, received by itself."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from core.clock import now
from core.db import db
from core.jobs import enqueue
from domain.fulfillment import jobs, shipping_out
from domain.fulfillment.models import Shipment
from domain.fulfillment.reporting import report_of
from domain.fulfillment.shipping_out import Contents
from domain.notifications.reading import Reader, inbox
from domain.orders import paying
from domain.orders.models import Order
from tests.blueprints.callbacks.conftest import Awaited, Work
from tests.factories.purchases import told
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat


def order_of(awaited: Awaited) -> Order:
    return db.session.query(Order).filter_by(number=awaited.order).one()


def test_from_two_workshops_to_the_door(
    app: Flask, client: FlaskClient, awaited: Awaited, pretend_wechat: PretendWechat, work: Work
) -> None:
    pretend_wechat.pay(out_trade_no=awaited.payment)
    with committed(app):
        paying.confirm_payment(awaited.payment, told(awaited.payment), by="query")
    with committed(app):
        wine, cake = order_of(awaited).workshop_orders
        for part, place, quantity in ((wine, 1, 1), (wine, 2, 1), (cake, 1, 1)):
            number = f"SF{part.id:06d}{place:01d}{int(now().timestamp()) % 10**6:06d}"
            contents = Contents(counted={part.lines[0].id: quantity})
            shipping_out.ship(part, "SF", number, "作坊主", contents, place=place)
    work()
    seen = pretend_wechat.ask(f"shipping/{awaited.payment}")
    assert (seen["state"], len(seen["parcels"]), seen["corrections"]) == (2, 3, 0)
    for parcel in seen["parcels"]:
        pretend_wechat.ask("parcels", {"carrier": "SF", "number": parcel["tracking_no"], "hours": 48})
    with committed(app):
        db.session.execute(update(Shipment).values(next_look_at=now()))
        enqueue(jobs.look_at_parcels)
    # Once for the job that writes jobs, once for those: an idle worker doesn't wait for what the last one writes.
    work()
    work()
    with committed(app):
        states = [row.tracking_state for row in db.session.query(Shipment)]
        assert states == ["delivered"] * 3
        titles = [row.title for row in inbox(Reader(account_id=awaited.buyer), number=1).items]
        assert sorted(titles) == ["包裹已寄出"] * 3 + ["包裹已送到"] * 3
        db.session.execute(update(Shipment).values(delivered_at=now() - timedelta(days=11)))
        for _ in range(2):
            enqueue(jobs.receive_overdue_parts)
    work()
    work()
    with committed(app):
        order = order_of(awaited)
        assert (order.status, {part.status for part in order.workshop_orders}) == ("completed", {"received"})
        report = report_of(order.id)
        assert report is not None
        assert (report.status, report.corrections) == ("complete", 0)
