"""Buying together on the pages: an offer on the product, a group to share, checkout, and what the order says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from domain.orders import grouping
from domain.orders.models import Order
from domain.products.models import Variant
from domain.promotions import editing
from domain.promotions.models import GroupBuy
from tests.blueprints.shop.api.conftest import World
from tests.factories.groups import take_place, team_of
from tests.factories.promotions import make_group_buy
from tests.factories.purchases import pretend_paid
from tests.fixtures.pages import text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]


def field(document: Element, name: str) -> str:
    return next(each.get("value", "") for each in document.iter("input") if each.get("name") == name)


def offer_on_wine(app: Flask, world: World, **values: int) -> int:
    with committed(app):
        variant = db.session.query(Variant).filter_by(sku=world.wine).one()
        return make_group_buy(variant.id, 5000, **values).id


def form_of(document: Element, world: World, **values: Any) -> dict[str, Any]:
    return {
        "address_id": world.address, "request_key": field(document, "request_key"),
        "expected_total_fen": field(document, "expected_total_fen"), "quantity": 1,
    } | values  # fmt: skip


def test_opening_a_group_and_waiting(app: Flask, buyer: Browser, browser: Browser, world: World, page: Page) -> None:
    offer_id = offer_on_wine(app, world, size=3)
    address = f"/checkout/group?offer={offer_id}"
    product = text_of(page(buyer.get(f"/products/{world.product}")))
    assert "3 人拼团 ¥50.00" in product
    checkout = page(buyer.get(address))
    assert "拼团价-¥18.00" in text_of(checkout).replace(" ", "")
    twice = page(buyer.post(address, form_of(checkout, world, quantity=2, go="again")))
    assert int(field(twice, "expected_total_fen")) >= 10000
    # More than one may have is counted as what one may have.
    assert field(page(buyer.post(address, form_of(checkout, world, quantity=9, go="again"))), "quantity") == "2"
    placed = buyer.post(address, form_of(twice, world, quantity=2, note="一起到"))
    assert placed.status_code == 302, text_of(page(placed))
    number = placed.location.split("/")[2]
    assert "待付款" in text_of(page(buyer.get(f"/orders/{number}")))
    with committed(app):
        order = db.session.query(Order).filter_by(number=number).one()
        pretend_paid(order)
        code = team_of(order).code
    shown = text_of(page(buyer.get(f"/orders/{number}")))
    assert "待成团" in shown
    assert "还差 2 人成团" in shown
    assert "取消整单并退款" in shown
    assert "还差 2 人成团" in text_of(page(buyer.get("/orders")))
    assert "还差 2 人成团" in text_of(page(buyer.get(f"/orders/{number}/pay/done")))
    own = text_of(page(buyer.get(f"/groups/{code}")))
    assert "复制链接" in own
    assert "我 团长" in own
    visitor = text_of(page(browser.get(f"/groups/{code}")))
    assert "参团" in visitor
    assert "顾**" in visitor
    assert "顾客辛" not in visitor
    assert "顾**" in text_of(page(browser.get(f"/products/{world.product}")))


def test_a_refusal_stands_on_the_page(app: Flask, buyer: Browser, world: World, page: Page) -> None:
    offer_id = offer_on_wine(app, world, per_person_limit=5)
    with committed(app):
        offer = db.session.get_one(GroupBuy, offer_id)
        code = team_of(take_place(offer)).code
    address = f"/checkout/group?offer={offer_id}&group={code}"
    checkout = page(buyer.get(address))
    stale = buyer.post(address, form_of(checkout, world, expected_total_fen=1))
    assert (stale.status_code, "价格有变化" in text_of(page(stale))) == (409, True)
    assert buyer.post(address, form_of(checkout, world, address_id=world.strange_address)).status_code == 422
    assert buyer.post(address, form_of(checkout, world, note="长" * 201)).status_code == 422
    with committed(app):
        take_place(db.session.get_one(GroupBuy, offer_id), code=code)
    full = buyer.post(address, form_of(checkout, world))
    assert (full.status_code, "满员" in text_of(page(full))) == (409, True)
    assert "拼成了" in text_of(page(buyer.get(f"/groups/{code}")))
    with committed(app):
        editing.stop(db.session.get_one(GroupBuy, offer_id), "test", "不做了")
    assert buyer.get(address).status_code == 409
    assert buyer.get("/checkout/group?offer=x").status_code == 422
    assert buyer.get("/groups/0000000000").status_code == 404


def test_a_failed_group_says_that_the_money_is_on_its_way(app: Flask, buyer: Browser, world: World, page: Page) -> None:
    from domain.accounts.models import Account

    offer_id = offer_on_wine(app, world)
    with committed(app):
        offer = db.session.get_one(GroupBuy, offer_id)
        order = take_place(offer, db.session.get_one(Account, world.buyer))
        number, team_id, code = order.number, team_of(order).id, team_of(order).code
        editing.stop(offer, "test", "不做了")
    with committed(app):
        grouping.end_group(team_id)
        grouping.settle_member.run(number)
    shown = text_of(page(buyer.get(f"/orders/{number}")))
    assert "拼团失败，已退款" in shown
    assert "没有拼成" in shown
    assert "退款中" in shown
    assert "拼团失败，已退款" in text_of(page(buyer.get("/orders")))
    assert "没有拼成" in text_of(page(buyer.get(f"/groups/{code}")))
    assert "拼团没有成" in text_of(page(buyer.get("/me/messages")))


def test_an_address_on_the_way_leads_back(app: Flask, sign_in: Any, world: World, page: Page) -> None:
    from tests.factories.accounts import make_buyer

    offer_id = offer_on_wine(app, world)
    with committed(app):
        somebody = make_buyer().id
    browser: Browser = sign_in(somebody)
    checkout = page(browser.get(f"/checkout/group?offer={offer_id}"))
    fields = {
        "recipient": "顾客己", "phone": "13900005678", "province": "福建省", "city": "漳州市", "district": "芗城区",
        "street": "示例路 7 号", "next": field(checkout, "next"),
    }  # fmt: skip
    saved = browser.post("/addresses", fields)
    assert saved.location.startswith(f"/checkout/group?offer={offer_id}&quantity=1&address=")
    assert browser.get(saved.location).status_code == 200
    assert browser.post("/addresses", fields | {"next": "//elsewhere/checkout"}).status_code == 422
