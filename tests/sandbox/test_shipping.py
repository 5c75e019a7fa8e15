"""The pretend shipping management refuses what WeChat refuses, and settles by its own clock."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.merchant import Merchant
from tests.sandbox.test_mini import ask_token

Upload = Any


@pytest.fixture
def paid(web: httpx.Client, merchant: Merchant) -> dict[str, Any]:
    number, _ = merchant.place()
    return dict(web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status().json())


@pytest.fixture
def upload(web: httpx.Client, merchant: Merchant, paid: dict[str, Any]) -> Upload:
    token = ask_token(web, merchant.env)["access_token"]

    def send(second: int, *numbers: str, **changes: Any) -> int:
        body = {
            "order_key": {
                "order_number_type": 1,
                "mchid": merchant.env["WECHAT_PAY_MCHID"],
                "out_trade_no": paid["out_trade_no"],
            },
            "logistics_type": 1,
            "delivery_mode": 2,
            "is_all_delivered": True,
            "shipping_list": [{"tracking_no": n, "express_company": "ZTO", "item_desc": "红酒"} for n in numbers],
            "upload_time": f"2026-11-22T10:00:{second:02d}.000+08:00",
            "payer": {"openid": paid["openid"]},
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        answer = web.post("/wxa/sec/order/upload_shipping_info", params={"access_token": token}, json=body)
        return int(answer.json()["errcode"])

    return send


def state(web: httpx.Client, paid: dict[str, Any]) -> dict[str, Any]:
    return dict(web.get(f"/sandbox/shipping/{paid['out_trade_no']}").json())


def test_what_wechat_refuses_changes_nothing(web: httpx.Client, paid: dict[str, Any], upload: Upload) -> None:
    sf = [{"tracking_no": "SF1", "express_company": "SF", "item_desc": "红酒"}]
    wrong_key = {"order_number_type": 1, "mchid": "1", "out_trade_no": paid["out_trade_no"]}
    assert upload(1, "1", order_key=wrong_key) == 10060001
    assert upload(1, "1", payer={"openid": "o-other"}) == 10060031
    assert upload(1, "1", logistics_type=2) == 10060006
    assert upload(1, "1", is_all_delivered=None) == 10060007
    assert upload(1, "1", upload_time="2026-11-22T10:00:00+08:00") == 268485216
    assert upload(1, "1", "2", delivery_mode=1) == 10060008
    assert upload(1, shipping_list=sf) == 10060011
    assert state(web, paid) == {"state": 1, "mode": 0, "parcels": [], "corrections": 0}


def test_one_correction_after_everything_was_shipped(web: httpx.Client, paid: dict[str, Any], upload: Upload) -> None:
    assert upload(1, "1", is_all_delivered=False) == 0
    assert state(web, paid)["state"] == 1
    assert upload(1, "1", "2") == 268485216
    assert upload(2, "1", "2") == 0
    assert upload(3, "1", "2") == 10060023
    assert upload(4, "1", "3") == 0
    assert upload(5, "1", "4") == 10060003
    seen = state(web, paid)
    assert (seen["state"], seen["corrections"], [one["tracking_no"] for one in seen["parcels"]]) == (2, 1, ["1", "3"])
    web.post("/sandbox/shipping/confirm", json={"out_trade_no": paid["out_trade_no"]}).raise_for_status()
    assert upload(6, "1", "4") == 10060002


def test_shipping_settles_itself_after_ten_days(web: httpx.Client, paid: dict[str, Any], upload: Upload) -> None:
    assert upload(1, "1") == 0
    web.post("/sandbox/clock", json={"advance_seconds": 9 * 86400}).raise_for_status()
    assert state(web, paid)["state"] == 2
    web.post("/sandbox/clock", json={"advance_seconds": 11 * 86400}).raise_for_status()
    assert state(web, paid)["state"] == 3
