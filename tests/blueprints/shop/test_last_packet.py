"""Somebody else takes the last packet while a buyer orders it: the buyer is told on the page, and keeps the cart."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy import func, select, text, update

from core.db import db
from domain.orders.models import Order
from domain.stock.models import Reservation, Stock
from tests.factories.accounts import make_address, make_buyer
from tests.factories.purchases import fill_cart, make_received
from tests.fixtures.pages import check_page, text_of
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def wait_for_the_lock(seconds: float = 20) -> None:
    """Until another connection waits for what this one holds."""
    end = time.monotonic() + seconds
    with db.engine.connect() as looking:
        while time.monotonic() < end:
            if looking.scalar(WAITING):
                return
            looking.rollback()
            time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_the_last_packet_goes_to_the_first(app: Flask, sign_in: Any) -> None:
    with committed(app):
        buyer = make_buyer()
        address, wine, cake = make_address(buyer), make_received(1, price_fen=6800), make_received(9)
        total_fen = fill_cart(buyer, {wine: 1, cake: 1}).total_fen
        names = {"buyer": buyer.id, "address": address.id, "variant": wine.id, "wine": wine.sku, "cake": cake.sku}
    browser: Browser = sign_in(names["buyer"])
    form = {
        "address_id": names["address"],
        "expected_total_fen": total_fen,
        "request_key": "a-key-of-the-page",
        "note": "快一点",
    }
    answers: list[Any] = []
    form["csrf_token"] = browser.csrf_token()
    ordering = threading.Thread(target=lambda: answers.append(browser.client.post("/checkout", data=form)))
    with app.app_context(), db.engine.begin() as somebody_else:
        somebody_else.execute(update(Stock).where(Stock.variant_id == names["variant"]).values(reserved=1))
        ordering.start()
        wait_for_the_lock()
    ordering.join(30)
    [response] = answers
    assert response.status_code == 409
    document = check_page(response)
    error = next(each for each in document.iter() if each.get("id") == "error-total")
    assert "还剩 0 件" in text_of(error)
    # The page shows the cart as it is, not as the failed order left it.
    assert "快一点" in text_of(document)
    page = browser.get("/cart").get_data(as_text=True)
    assert f"/cart/lines/{names['wine']}" in page
    assert f"/cart/lines/{names['cake']}" in page
    with app.app_context():
        assert db.session.scalar(select(func.count(Order.id))) == 0
        assert db.session.scalar(select(func.count()).select_from(Reservation)) == 0
