"""Packing and shipping on a phone, from the first scan to the parcel's number."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.fulfillment.models import PackedPackage, Shipment
from domain.labels.models import PackageCode
from domain.orders.models import WorkshopOrder
from tests.blueprints.workshop.conftest import Bench
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def status_of(app: Flask, number: str) -> str:
    with app.app_context():
        return str(db.session.query(WorkshopOrder).filter_by(number=number).one().status)


def pack_all(owner: Browser, bench: Bench) -> None:
    for serial in bench.serials[:2]:
        assert owner.post(f"/workshop/orders/{bench.number}/pack", {"code": serial}).status_code == 302
    assert owner.post(f"/workshop/orders/{bench.number}/pack/finish").status_code == 302


def test_an_order_is_packed_code_by_code_and_shipped(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    pack = f"/workshop/orders/{bench.number}/pack"
    assert "0 / 2" in text_of(page(owner.get(pack)))
    whole = f"https://shop.example/01/09520000000000/10/{bench.lot}/21/{bench.serials[0]}"
    assert owner.post(pack, {"code": whole}).status_code == 422
    assert owner.post(pack, {"code": bench.serials[0].lower()}).location == pack
    document = page(owner.get(pack))
    assert "1 / 2" in text_of(document)
    [entry] = [field for field in document.iter("input") if field.get("name") == "code"]
    assert entry.get("autofocus") is not None
    assert owner.post(pack, {"code": bench.serials[1]}).status_code == 302
    assert owner.post(f"{pack}/finish").location == f"/workshop/orders/{bench.number}"
    assert status_of(app, bench.number) == "packed"
    assert owner.get(pack).location == f"/workshop/orders/{bench.number}"
    shipped = owner.post(
        f"/workshop/orders/{bench.number}/ship", {"carrier_code": "SF", "tracking_number": "sf 1234567890123"}
    )
    assert shipped.status_code == 302
    assert status_of(app, bench.number) == "shipped"
    assert "SF1234567890123" in text_of(page(owner.get(f"/workshop/orders/{bench.number}")))
    assert bench.number in text_of(page(owner.get("/workshop/orders?status=shipped")))


def test_a_packet_can_be_taken_out_again(owner: Browser, bench: Bench, count: Callable[..., int], app: Flask) -> None:
    pack = f"/workshop/orders/{bench.number}/pack"
    owner.post(pack, {"code": bench.serials[0]})
    with app.app_context():
        code_id = db.session.query(PackedPackage).one().package_code_id
    assert owner.post(f"{pack}/{code_id}/remove").location == pack
    assert count(PackedPackage) == 0
    assert owner.post(f"{pack}/{code_id}/remove").status_code == 404


def test_goods_that_never_had_codes_are_vouched_for(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    pack = f"/workshop/orders/{bench.uncoded_number}/pack"
    assert "没有印过追溯码" in text_of(page(owner.get(pack)))
    refused = owner.post(f"{pack}/finish")
    assert refused.status_code == 409
    assert "还差 1 件" in text_of(page(refused))
    assert status_of(app, bench.uncoded_number) == "to_pack"
    owner.post(f"{pack}/finish", {"without_codes": str(bench.uncoded_line_id)})
    assert status_of(app, bench.uncoded_number) == "packed"


BAD_CODES = [
    ({}, "必填"),
    ({"code": "   "}, "必填"),
    ({"code": "x" * 301}, "最多 300 个字"),
    ({"code": "12\x0034"}, "控制字符"),
    ({"code": "不是码"}, "序列号"),
    ({"code": "https://example.org/somewhere"}, "不是坂里的包装码"),
    ({"code": "/01/09521000101013/10/A/21/B"}, "不是坂里的包装码"),
    ({"code": "/01/09521000101012/10/A"}, "批次码"),
    ({"code": "ZZZZZZZZZZZZ"}, "没有这个包装码"),
    ({"code": "ZZZZZZZZZZZZ", "workshop_id": "2"}, "没有这个字段"),
]


def test_a_bad_code_is_shown_again_with_what_is_wrong(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, page: Page, count: Callable[..., int]
) -> None:
    for form, word in BAD_CODES:
        with subtests.test(form=form, word=word):
            response = owner.post(f"/workshop/orders/{bench.number}/pack", form)
            assert response.status_code == 422
            assert word in text_of(page(response))
            assert count(PackedPackage) == 0


def test_void_foreign_doubled_and_needless_codes_are_refused_at_the_field(
    app: Flask, owner: Browser, bench: Bench, theirs: Bench, page: Page, count: Callable[..., int]
) -> None:
    pack = f"/workshop/orders/{bench.number}/pack"
    with app.app_context():
        code = db.session.query(PackageCode).filter_by(serial=bench.serials[3]).one()
        code.voided_at = code.created_at
        db.session.commit()
    for serial, word, status in (
        (theirs.serials[0], "不是本作坊的包装", 422),
        (bench.serials[3], "已作废", 422),
        (bench.serials[0], "", 302),
        (bench.serials[0], "已经在这个箱子里", 409),
        (bench.serials[1], "", 302),
        (bench.serials[2], "已经够 2 件", 409),
    ):
        response = owner.post(pack, {"code": serial})
        assert response.status_code == status
        if word:
            body = text_of(page(response))
            assert word in body
    assert count(PackedPackage) == 2


BAD_PARCELS = [
    ({}, {"carrier_code", "tracking_number"}),
    ({"carrier_code": "SF"}, {"tracking_number"}),
    ({"tracking_number": "SF1234567890123"}, {"carrier_code"}),
    ({"carrier_code": "NOPE", "tracking_number": "SF1234567890123"}, {"carrier_code"}),
    ({"carrier_code": "SF", "tracking_number": "123"}, {"tracking_number"}),
    ({"carrier_code": "SF", "tracking_number": "X" * 41}, {"tracking_number"}),
    ({"carrier_code": "X" * 21, "tracking_number": "SF1234567890123"}, {"carrier_code"}),
    ({"carrier_code": "SF", "tracking_number": "SF12345\x00890123"}, {"tracking_number"}),
    ({"carrier_code": "ZTO", "tracking_number": "SF1234567890123"}, {"tracking_number"}),
    ({"carrier_code": "SF", "tracking_number": "-1"}, {"tracking_number"}),
]


def test_a_bad_parcel_number_names_its_field_and_nothing_is_sent(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page, count: Callable[..., int]
) -> None:
    pack_all(owner, bench)
    for form, names in BAD_PARCELS:
        with subtests.test(form=form, names=names):
            response = owner.post(f"/workshop/orders/{bench.number}/ship", form)
            assert response.status_code == 422
            document = page(response)
            marked = {
                field.get("name")
                for tag in ("input", "select")
                for field in document.iter(tag)
                if field.get("aria-invalid")
            }
            assert marked == names
            if form.get("tracking_number") and "\0" not in form["tracking_number"]:
                [typed] = [field for field in document.iter("input") if field.get("name") == "tracking_number"]
                assert typed.get("value") == form["tracking_number"]
            assert count(Shipment) == 0
            assert status_of(app, bench.number) == "packed"


def test_vouching_for_nonsense_closes_nothing(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page
) -> None:
    for lines in ("x", "-1", "99999999999999999999999", "0"):
        with subtests.test(lines=lines):
            response = owner.post(f"/workshop/orders/{bench.number}/pack/finish", {"without_codes": lines})
            assert response.status_code in {409, 422}
            page(response)
            assert status_of(app, bench.number) == "to_pack"


def test_the_first_page_tells_what_to_do_and_what_was_sold(owner: Browser, bench: Bench, page: Page) -> None:
    body = text_of(page(owner.get("/workshop")))
    assert "2 单要打包" in body
    assert "货款¥38.40" in body
    assert "订单2" in body
    assert "件数3" in body


def test_an_open_box_can_not_be_sent(
    app: Flask, owner: Browser, bench: Bench, page: Page, count: Callable[..., int]
) -> None:
    form = {"carrier_code": "SF", "tracking_number": "SF1234567890123"}
    refused = owner.post(f"/workshop/orders/{bench.number}/ship", form)
    assert refused.status_code == 409
    assert "当前状态不能进行此操作" in text_of(page(refused))
    assert count(Shipment) == 0
    assert status_of(app, bench.number) == "to_pack"
