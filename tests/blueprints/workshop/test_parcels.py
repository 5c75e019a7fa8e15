"""The owner's parcels: a part of an order first, a number put right, the pick list, what the workshop is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from core.db import db
from domain.fulfillment.models import Shipment, ShipmentCorrection
from domain.notifications.telling import Message, tell_workshop
from domain.orders.models import WorkshopOrder
from tests.blueprints.workshop.conftest import Bench
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[..., Any]
Count = Callable[..., int]


def form(place: int, number: str, **more: object) -> dict[str, object]:
    return {"place": place, "carrier_code": "SF", "tracking_number": number, **more}


def code_id(owner: Browser, page: Page, number: str) -> str:
    document = page(owner.get(f"/workshop/orders/{number}/parcel"))
    [box] = [field for field in document.iter("input") if field.get("name") == "package_code_ids"]
    return str(box.get("value"))


def test_one_packet_leaves_first_and_the_rest_later(
    app: Flask, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    at = f"/workshop/orders/{bench.number}"
    owner.post(f"{at}/pack", {"code": bench.serials[0]})
    first = code_id(owner, page, bench.number)
    empty = owner.post(f"{at}/parcel", form(1, "SF1234567890123"))
    assert empty.status_code == 422
    assert "包裹里还没有东西" in text_of(page(empty))
    assert count(Shipment) == 0
    assert owner.post(f"{at}/parcel", form(1, "SF1234567890123", package_code_ids=first)).status_code == 302
    late = owner.post(f"{at}/parcel", form(1, "SF1234567890124", package_code_ids=first))
    assert late.status_code == 409
    assert "刚刚已经寄出" in text_of(page(late))
    owner.post(f"{at}/pack", {"code": bench.serials[1]})
    second = code_id(owner, page, bench.number)
    assert second != first
    assert owner.post(f"{at}/parcel", form(2, "SF1234567890124", package_code_ids=second)).status_code == 302
    body = text_of(page(owner.get(at)))
    assert "SF1234567890123" in body
    assert "SF1234567890124" in body
    with app.app_context():
        assert db.session.query(WorkshopOrder).filter_by(number=bench.number).one().status == "shipped"


def test_counted_packets_are_checked(owner: Browser, bench: Bench, page: Page, count: Count) -> None:
    at = f"/workshop/orders/{bench.uncoded_number}/parcel"
    line = bench.uncoded_line_id
    for more in ({"line_ids": line}, {"line_ids": line, "quantities": -1}, {"line_ids": line, "quantities": 2}):
        refused = owner.post(at, form(1, "SF1234567890123", **more))
        assert refused.status_code == 422
        page(refused)
    assert count(Shipment) == 0
    assert owner.post(at, form(1, "SF1234567890123", line_ids=line, quantities=1)).status_code == 302
    assert owner.get(at).status_code == 302


def test_after_one_order_comes_the_next_that_waits(app: Flask, owner: Browser, bench: Bench) -> None:
    for serial in bench.serials[:2]:
        owner.post(f"/workshop/orders/{bench.number}/pack", {"code": serial})
    owner.post(f"/workshop/orders/{bench.number}/pack/finish")
    sent = form(1, "SF1234567890123", line_ids=bench.uncoded_line_id, quantities=1)
    answer = owner.post(f"/workshop/orders/{bench.uncoded_number}/parcel", sent)
    assert answer.headers["Location"].endswith(f"/workshop/orders/{bench.number}/parcel")


def test_a_number_is_put_right_once(owner: Browser, bench: Bench, page: Page, count: Count) -> None:
    at = f"/workshop/orders/{bench.uncoded_number}"
    owner.post(f"{at}/parcel", form(1, "SF1234567890123", line_ids=bench.uncoded_line_id, quantities=1))
    right = {"carrier_code": "ZTO", "tracking_number": "78123456789012"}
    assert owner.post(f"{at}/parcels/2/correct", right).status_code == 404
    assert owner.post(f"{at}/parcels/1/correct", right | {"tracking_number": "x"}).status_code == 422
    assert owner.post(f"{at}/parcels/1/correct", right).status_code == 302
    body = text_of(page(owner.get(at)))
    assert "78123456789012" in body
    assert "原来写的是 SF1234567890123" in body
    assert owner.post(f"{at}/parcels/1/correct", right).status_code == 409
    assert count(ShipmentCorrection) == 1


def test_parcels_of_another_workshop_are_none_of_ones_business(owner: Browser, theirs: Bench, count: Count) -> None:
    at = f"/workshop/orders/{theirs.uncoded_number}"
    sent = form(1, "SF1234567890123", line_ids=theirs.uncoded_line_id, quantities=1)
    assert owner.get(f"{at}/parcel").status_code == 404
    assert owner.post(f"{at}/parcel", sent).status_code == 404
    assert owner.post(f"{at}/parcels/1/correct", sent).status_code == 404
    assert count(Shipment) == 0


def test_the_pick_list_names_what_to_take(owner: Browser, bench: Bench, theirs: Bench, page: Page) -> None:
    body = text_of(page(owner.get("/workshop/orders/pick-list")))
    assert bench.number in body
    assert bench.uncoded_number in body
    assert theirs.number not in body


def test_the_workshop_reads_what_it_is_told(
    app: Flask, owner: Browser, bench: Bench, theirs: Bench, page: Page
) -> None:
    with app.app_context():
        for made in (bench, theirs):
            message = Message(f"m/{made.number}", "new_order", "新订单", "订单 %(number)s 已付款，请在 48 小时内寄出",
                              f"/workshop/orders/{made.number}", {"number": made.number})  # fmt: skip
            tell_workshop(made.workshop_id, message)
        db.session.commit()
    body = text_of(page(owner.get("/workshop/messages")))
    assert bench.number in body
    assert theirs.number not in body
    assert "全部标为已读" in body
    assert owner.post("/workshop/messages/read").status_code == 302
    assert "全部标为已读" not in text_of(page(owner.get("/workshop/messages")))
