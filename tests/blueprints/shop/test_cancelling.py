"""The buyer gives up a paid order on its page, part by part, and sees what goes back."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.domain.orders.test_refunding import paid_order
from tests.fixtures.pages import check_page
from tests.fixtures.racing import committed


def test_part_by_part_on_the_orders_page(app: Flask, clean_database: None, sign_in: Any) -> None:
    with committed(app):
        order = paid_order()
        number, account_id = order.number, order.account_id
        first, second = (part.number for part in order.workshop_orders)
    browser = sign_in(account_id)
    response = browser.get(f"/orders/{number}")
    check_page(response)
    page = response.get_data(as_text=True)
    assert page.count(f"/orders/{number}/cancel-paid") == 3, "the whole order, and each workshop's part"
    assert browser.post(f"/orders/{number}/cancel-paid", {"workshop_order": first}).status_code == 302
    response = browser.get(f"/orders/{number}")
    check_page(response)
    page = response.get_data(as_text=True)
    assert "退款中" in page
    assert browser.post(f"/orders/{number}/cancel-paid", {"workshop_order": f"{number}-9"}).status_code == 404
    assert browser.post(f"/orders/{number}/cancel-paid", {"workshop_order": second}).status_code == 302
    response = browser.get(f"/orders/{number}")
    check_page(response)
    page = response.get_data(as_text=True)
    assert "cancel-paid" not in page
    assert browser.post(f"/orders/{number}/cancel-paid", {}).status_code == 409
