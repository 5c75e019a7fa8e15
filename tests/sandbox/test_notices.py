"""Notices: sealed and signed, repeated on WeChat's schedule, and wrong in every way a merchant must survive."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature

from sandbox.notifier import RETRY_SECONDS
from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import Receiver, wait_until


@pytest.fixture
def pay(merchant: Merchant, web: httpx.Client, receiver: Receiver) -> Any:
    """Place and pay an order whose notice goes to the receiver; the faults given are on while it is paid."""

    def act(**faults: Any) -> str:
        web.post("/sandbox/faults", json=faults).raise_for_status()
        number, _ = merchant.place(notify_url=receiver.url)
        web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status()
        return number

    return act


def ledger(web: httpx.Client, number: str) -> dict[str, Any]:
    [notice] = web.get(f"/sandbox/notices?format=json&out_trade_no={number}").json()["notices"]
    return dict(notice)


def delivered(web: httpx.Client, number: str) -> dict[str, Any]:
    wait_until(lambda: ledger(web, number)["delivered_at"], "the notice was not delivered")
    return ledger(web, number)


def test_the_schedule_is_wechats() -> None:
    assert len(RETRY_SECONDS) == 15
    assert RETRY_SECONDS[:5] == (15, 15, 30, 180, 600)
    assert sum(RETRY_SECONDS) == 15 + 15 + 30 + 180 + 600 + 1200 + 3 * 1800 + 3600 + 3 * 10800 + 2 * 21600


def test_a_notice_is_signed_and_sealed(pay: Any, merchant: Merchant, receiver: Receiver, web: httpx.Client) -> None:
    number = pay()
    [arrival] = receiver.wait_for(1)
    merchant.verify(arrival.headers, arrival.body)
    assert abs(int(arrival.headers["Wechatpay-Timestamp"]) - time.time()) < 5
    envelope = json.loads(arrival.body)
    assert envelope["resource"]["algorithm"] == "AEAD_AES_256_GCM"
    assert len(envelope["id"]) <= 36
    content = merchant.open_notice(arrival.body)
    assert (content["out_trade_no"], content["trade_state"]) == (number, "SUCCESS")
    assert (content["appid"], content["mchid"]) == (
        merchant.env["WECHAT_MINI_APPID"],
        merchant.env["WECHAT_PAY_MCHID"],
    )
    assert delivered(web, number)["attempts"][0]["status"] == 204


def test_refused_notices_come_again_with_a_new_signature(
    pay: Any, merchant: Merchant, receiver: Receiver, web: httpx.Client
) -> None:
    web.post("/sandbox/clock", json={"rate": 100}).raise_for_status()
    receiver.answers = [500, 404, 302, 200]
    number = pay()
    arrivals = receiver.wait_for(4)
    for arrival in arrivals:
        merchant.verify(arrival.headers, arrival.body)
    assert len({arrival.headers["Wechatpay-Signature"] for arrival in arrivals}) == 4
    assert len({arrival.body for arrival in arrivals}) == 1
    entry = delivered(web, number)
    assert entry["tries"] == 4
    assert [each["status"] for each in entry["attempts"]] == [500, 404, 302, 200]


def test_the_first_retry_is_due_in_fifteen_seconds_and_hurries_with_the_clock(
    pay: Any, receiver: Receiver, web: httpx.Client
) -> None:
    receiver.answers = [500]
    number = pay()
    wait_until(lambda: ledger(web, number)["tries"] == 1, "nothing was sent")
    now = web.get("/sandbox/clock").json()["now"]
    assert 10 < seconds_between(now, ledger(web, number)["due_at"]) <= 15
    receiver.answers = [204]
    web.post("/sandbox/clock", json={"rate": 50}).raise_for_status()
    assert delivered(web, number)["tries"] == 2


def test_after_sixteen_tries_wechat_gives_up(pay: Any, receiver: Receiver, web: httpx.Client) -> None:
    web.post("/sandbox/clock", json={"rate": 200_000}).raise_for_status()
    receiver.answers = [503]
    number = pay()
    receiver.wait_for(16)
    wait_until(lambda: ledger(web, number)["due_at"] is None, "it is still trying")
    entry = ledger(web, number)
    assert (entry["tries"], entry["delivered_at"]) == (16, None)


def test_a_merchant_nobody_answers_for_is_noted(merchant: Merchant, web: httpx.Client) -> None:
    number, _ = merchant.place(notify_url="http://127.0.0.1:9/nobody")
    web.post("/sandbox/pay", json={"out_trade_no": number}).raise_for_status()
    wait_until(lambda: ledger(web, number)["tries"] == 1, "nothing was tried")
    [attempt] = ledger(web, number)["attempts"]
    assert attempt["status"] == 0
    assert attempt["answer"].startswith("ConnectError")


def test_lost_notices_reach_nobody_until_the_fault_is_off(pay: Any, receiver: Receiver, web: httpx.Client) -> None:
    web.post("/sandbox/clock", json={"rate": 50}).raise_for_status()
    number = pay(lost=True)
    wait_until(lambda: ledger(web, number)["tries"] >= 1, "nothing was tried")
    assert receiver.received == []
    web.post("/sandbox/faults", json={"reset": True}).raise_for_status()
    receiver.wait_for(1)
    assert {each["kind"] for each in delivered(web, number)["attempts"]} == {"lost", "notice"}


def test_a_delayed_notice_comes_late(pay: Any, receiver: Receiver) -> None:
    started = time.monotonic()
    pay(delay_seconds=0.8)
    receiver.wait_for(1)
    assert time.monotonic() - started >= 0.8


def test_duplicates_are_the_same_notice_signed_anew(pay: Any, merchant: Merchant, receiver: Receiver) -> None:
    pay(duplicate=2)
    arrivals = receiver.wait_for(3)
    for arrival in arrivals:
        merchant.verify(arrival.headers, arrival.body)
    assert len({json.loads(arrival.body)["id"] for arrival in arrivals}) == 1
    assert len({arrival.headers["Wechatpay-Nonce"] for arrival in arrivals}) == 3


def test_the_probe_comes_before_the_notice_and_cannot_be_verified(
    pay: Any, merchant: Merchant, receiver: Receiver
) -> None:
    pay(signtest=True)
    probe, notice = receiver.wait_for(2)
    assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    with pytest.raises(InvalidSignature):
        merchant.verify(probe.headers, probe.body)
    merchant.verify(notice.headers, notice.body)


def test_a_tampered_notice_does_not_verify(pay: Any, merchant: Merchant, receiver: Receiver) -> None:
    pay(tampered=True)
    [arrival] = receiver.wait_for(1)
    with pytest.raises(InvalidSignature):
        merchant.verify(arrival.headers, arrival.body)


def test_a_stale_notice_is_well_signed_but_old(pay: Any, merchant: Merchant, receiver: Receiver) -> None:
    pay(stale_timestamp=True)
    [arrival] = receiver.wait_for(1)
    merchant.verify(arrival.headers, arrival.body)
    assert time.time() - int(arrival.headers["Wechatpay-Timestamp"]) > 300


def test_an_unknown_serial_comes_from_an_unknown_key(pay: Any, merchant: Merchant, receiver: Receiver) -> None:
    pay(unknown_serial=True)
    [arrival] = receiver.wait_for(1)
    assert arrival.headers["Wechatpay-Serial"] != merchant.env["WECHAT_PAY_PUBLIC_KEY_ID"]
    with pytest.raises(InvalidSignature):
        merchant.verify(arrival.headers, arrival.body)


def test_a_wrong_amount_is_signed_all_the_same(pay: Any, merchant: Merchant, receiver: Receiver) -> None:
    number = pay(wrong_amount=True)
    [arrival] = receiver.wait_for(1)
    merchant.verify(arrival.headers, arrival.body)
    assert merchant.open_notice(arrival.body)["amount"]["total"] == 1281
    assert merchant.query(number).json()["amount"]["total"] == 1280


def test_a_replay_is_the_very_same_notice(pay: Any, merchant: Merchant, receiver: Receiver, web: httpx.Client) -> None:
    number = pay()
    receiver.wait_for(1)
    answer = web.post("/sandbox/notices/replay", json={"out_trade_no": number}).json()
    first, second = receiver.wait_for(2)
    assert (answer["status"], answer["kind"]) == (204, "replay")
    assert first.body == second.body
    assert first.headers["Wechatpay-Signature"] != second.headers["Wechatpay-Signature"]
    merchant.verify(second.headers, second.body)


def test_a_crafted_notice_is_not_sent(merchant: Merchant, web: httpx.Client, receiver: Receiver) -> None:
    number, _ = merchant.place(notify_url=receiver.url)
    crafted = web.post("/sandbox/notices/craft", json={"out_trade_no": number, "content": {"attach": "x"}}).json()
    merchant.verify(crafted["headers"], crafted["body"])
    assert merchant.open_notice(crafted["body"]) == crafted["content"]
    assert (crafted["content"]["out_trade_no"], crafted["content"]["attach"]) == (number, "x")
    assert merchant.query(number).json()["trade_state"] == "NOTPAY"
    assert receiver.received == []


def test_a_crafted_notice_can_be_unsigned_or_a_probe(web: httpx.Client) -> None:
    unsigned = web.post("/sandbox/notices/craft", json={"signed": False}).json()
    assert not [name for name in unsigned["headers"] if name.startswith("Wechatpay-")]
    probe = web.post("/sandbox/notices/craft", json={"signtest": True}).json()
    assert probe["headers"]["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")


@pytest.mark.parametrize(
    "wanted",
    [{"lots": True}, {"lost": 1}, {"duplicate": -1}, {"duplicate": 1.5}, {"duplicate": 21}, {"delay_seconds": "1"},
     {"tampered": "yes"}, {"lost": True, "nothing": 0}, {"reset": 1}],
)  # fmt: skip
def test_a_fault_that_does_not_exist_changes_nothing(web: httpx.Client, wanted: dict[str, Any]) -> None:
    before = web.get("/sandbox/faults").json()
    answer = web.post("/sandbox/faults", json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_fault")
    assert list(wanted)[-1] in answer.json()["message"]
    assert web.get("/sandbox/faults").json() == before


@pytest.mark.parametrize("wanted", [{"rate": 0}, {"rate": -1}, {"rate": "fast"}, {"rate": True}, {"speed": 2}])
def test_a_clock_cannot_be_set_to_nonsense(web: httpx.Client, wanted: dict[str, Any]) -> None:
    answer = web.post("/sandbox/clock", json=wanted)
    assert answer.status_code == 400
    assert next(iter(wanted)) in answer.json()["message"]
    assert web.get("/sandbox/clock").json()["rate"] == 1


def seconds_between(earlier: str, later: str) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
