"""One payment over several merchants: divided to the fen, believed whole or not at all, closed and asked about as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.settings import Settings
from domain.orders import cancelling, paying
from domain.orders.jobs import ask_about, expire_order, process_notice
from domain.orders.models import Order, OrderStatus, WorkshopOrder
from domain.orders.sharing_out import TooManyMerchants
from domain.payments import asking, closing, confirming, dividing, merchants
from domain.payments.models import (
    Payment,
    PaymentAlarm,
    PaymentChannel,
    PaymentNotice,
    PaymentPart,
    PaymentStatus,
    Refund,
)
from domain.payments.opening import Way
from domain.payments.refunding import RefundExceedsPayment, ask_refund, send_refund
from domain.workshops.models import Workshop
from gateways import registry
from gateways.wechat_pay.combining import CombinedNotice, CombinedPayment
from gateways.wechat_pay.contract import Payment as WechatPayment
from gateways.wechat_pay.contract import TradeState
from gateways.wechat_pay.errors import WechatPayNotConfigured, WechatPayRefusedMerchant
from gateways.wechat_pay.merchants import MerchantKeys
from tests.factories.merchants import any_key, known_merchants, make_merchant_workshop, make_unknown_merchant_workshop
from tests.factories.products import make_product
from tests.factories.purchases import make_mini_buyer, make_received, open_mini_payment, place
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, committed, failures
from tests.fixtures.wechat import PretendWechat

MINE = "WECHAT_PAY_MCHID"


@pytest.fixture
def wechat(combined_wechat: PretendWechat) -> PretendWechat:
    return combined_wechat


def order_from(wechat: PretendWechat, *workshops: Workshop, price_fen: int = 1250) -> Order:
    """One line of each workshop, each with its freight."""
    wanted = {make_received(10, make_product(each), price_fen=price_fen, weight_grams=400): 1 for each in workshops}
    return place(make_mini_buyer(wechat), wanted)


def order_of_three(wechat: PretendWechat) -> Order:
    """Two workshops that are merchants, and one that isn't."""
    return order_from(wechat, make_merchant_workshop(wechat, 0), make_workshop(), make_merchant_workshop(wechat, 1))


def opened(wechat: PretendWechat, order: Order) -> Payment:
    return confirming.find_payment(open_mini_payment(wechat, make_mini_buyer(wechat), order))


def heard(payment: Payment) -> CombinedPayment:
    told = dividing.query(payment)
    assert isinstance(told, CombinedPayment)
    return told


def shares(payment: Payment) -> list[tuple[int | None, str, int]]:
    return [(part.workshop_id, part.mchid, part.amount_fen) for part in dividing.parts_of(payment)]


def alarms() -> set[tuple[str, str]]:
    return {(row.kind, row.reference) for row in db.session.scalars(select(PaymentAlarm))}


def test_each_merchant_gets_its_lines_and_its_freight_the_cluster_the_rest(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    first, second, third = (line.workshop_id for line in order.lines)
    known = known_merchants(wechat)
    assert shares(payment) == [
        (first, known[0].keys.mchid, 1250 + 800),
        (third, known[1].keys.mchid, 1250 + 800),
        (None, wechat.environment[MINE], 1250 + 800),
    ]
    assert second not in {share[0] for share in shares(payment)}
    assert sum(share[2] for share in shares(payment)) == order.total_fen
    assert payment.settlement_mode == "combined"


def test_the_cashier_shows_every_merchant(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    way = Way(PaymentChannel.NATIVE)
    code = paying.open_payment(order.account_id, order, way)
    page = httpx.get(f"{wechat.url}/cashier/native", params={"pr": str(code.url).partition("pr=")[2]}).text
    assert "合单支付，共 3 家" in page
    for known in known_merchants(wechat)[:2]:
        assert known.name in page


@pytest.mark.parametrize("channel", [PaymentChannel.NATIVE, PaymentChannel.H5])
def test_other_channels_are_combined_too(session: Any, wechat: PretendWechat, channel: PaymentChannel) -> None:
    order = order_of_three(wechat)
    made = paying.open_payment(order.account_id, order, Way(channel, client_ip="203.0.113.7"))
    assert made.url
    wechat.pay(out_trade_no=made.out_trade_no)
    payment = confirming.find_payment(made.out_trade_no)
    paying.confirm_payment(made.out_trade_no, heard(payment), by="query")
    assert order.status == OrderStatus.PAID


def test_the_payment_sheet_takes_a_combined_order(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    buyer = make_mini_buyer(wechat)
    way = Way(PaymentChannel.MINI, openid=wechat.person(buyer.display_name)["openids"]["mini"])
    sheet = paying.open_payment(buyer.id, order, way).parameters
    assert sheet is not None
    assert wechat.pay(**sheet.for_mini_program())["total_fen"] == order.total_fen


def test_one_merchant_only_takes_an_ordinary_order_of_its_own(session: Any, wechat: PretendWechat) -> None:
    workshop = make_merchant_workshop(wechat, 0)
    order = order_from(wechat, workshop)
    buyer = make_mini_buyer(wechat)
    way = Way(PaymentChannel.MINI, openid=wechat.person(buyer.display_name)["openids"]["mini"])
    made = paying.open_payment(buyer.id, order, way)
    payment = confirming.find_payment(made.out_trade_no)
    [part] = dividing.parts_of(payment)
    assert (part.workshop_id, part.amount_fen, part.out_trade_no) == (
        workshop.id,
        order.total_fen,
        payment.out_trade_no,
    )
    assert made.parameters is not None
    wechat.pay(**made.parameters.for_mini_program())  # signed by that merchant, or refused
    told = dividing.query(payment)
    assert told.mchid == workshop.wechat_mchid
    paying.confirm_payment(payment.out_trade_no, told, by="query")
    assert order.status == OrderStatus.PAID
    assert order.lines[0].paid_to_workshop_id == workshop.id


def test_without_a_merchant_it_is_the_clusters_as_ever(session: Any, wechat: PretendWechat) -> None:
    payment = opened(wechat, order_from(wechat, make_workshop(), make_workshop()))
    assert shares(payment) == []
    assert dividing.query(payment).mchid == wechat.environment[MINE]


def test_a_stopped_or_unreadable_merchant_takes_nothing_new(session: Any, wechat: PretendWechat) -> None:
    stopped, unreadable = make_merchant_workshop(wechat, 0), make_merchant_workshop(wechat, 1)
    named = make_workshop(wechat_mchid="1900000099")
    merchants.stop(str(stopped.wechat_mchid), by="test")
    row = next(each for each in merchants.list_merchants() if each.mchid == unreadable.wechat_mchid)
    row.private_key_encrypted = "not what encrypt() made"
    db.session.flush()
    assert shares(opened(wechat, order_from(wechat, stopped, unreadable, named))) == []
    assert merchants.client_of(str(stopped.wechat_mchid)).mchid == stopped.wechat_mchid


def test_more_than_ten_merchants_are_refused_before_anything_happens(session: Any, wechat: PretendWechat) -> None:
    ten = [make_unknown_merchant_workshop(place) for place in range(10)]
    order = order_from(wechat, *ten, make_workshop())
    with pytest.raises(TooManyMerchants, match="too_many_merchants") as refusal:
        paying.open_payment(order.account_id, order, Way(PaymentChannel.NATIVE))
    assert refusal.value.params == {"count": 11}
    assert db.session.scalar(select(func.count(Payment.id))) == 0


def test_a_merchant_without_permission_is_refused_by_wechat(session: Any, wechat: PretendWechat) -> None:
    order = order_from(wechat, make_merchant_workshop(wechat, 0), make_merchant_workshop(wechat, 3))
    with pytest.raises(WechatPayRefusedMerchant):
        paying.open_payment(order.account_id, order, Way(PaymentChannel.NATIVE))


def test_parts_stay_as_they_were_opened(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    before = shares(opened(wechat, order))
    merchants.stop(before[0][1], by="test")
    assert shares(opened(wechat, order)) == before


def test_keys_are_kept_encrypted_and_never_shown(session: Any, wechat: PretendWechat) -> None:
    keys = known_merchants(wechat)[0].keys
    row = merchants.set_credentials(keys, by="test")
    stored = f"{row.private_key_encrypted}{row.apiv3_key_encrypted}"
    assert keys.apiv3_key not in stored
    assert "PRIVATE KEY" not in stored
    assert keys.apiv3_key not in repr(keys)
    merchants.try_credentials(keys)
    with pytest.raises(WechatPayRefusedMerchant):
        merchants.try_credentials(replace(keys, private_key_pem=any_key()))
    for wrong in ({"apiv3_key": "short"}, {"private_key_pem": "no key"}, {"public_key_id": "PUB_KEY_ID_X"}):
        with pytest.raises(WechatPayNotConfigured):
            merchants.set_credentials(replace(keys, **wrong), by="test")


def test_a_paid_order_knows_whose_money_is_where(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    wechat.pay(out_trade_no=payment.out_trade_no)
    paying.confirm_payment(payment.out_trade_no, heard(payment), by="query")
    assert order.status == OrderStatus.PAID
    assert payment.status == PaymentStatus.PAID
    assert len({part.transaction_id for part in dividing.parts_of(payment)} - {None}) == 3
    first, second, third = order.lines
    assert [line.paid_to_workshop_id for line in order.lines] == [first.workshop_id, None, third.workshop_id]
    receivers = {freight.workshop_id: freight.paid_to_workshop_id for freight in order.freights}
    assert receivers == {
        first.workshop_id: first.workshop_id,
        second.workshop_id: None,
        third.workshop_id: third.workshop_id,
    }


Lie = dict[str, Any]
_FIRST: list[Lie] = [
    {"total_fen": 1},
    {"mchid": "1900000001"},
    {"out_trade_no": "ANOTHER00001"},
    {"currency": "USD"},
    {"trade_state": TradeState.NOTPAY},
]


@pytest.mark.parametrize("lie", _FIRST)
def test_one_wrong_sub_order_spoils_the_whole(session: Any, wechat: PretendWechat, lie: Lie) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    wechat.pay(out_trade_no=payment.out_trade_no)
    told = heard(payment)
    _refused(order, payment, replace(told, subs=(replace(told.subs[0], **lie), *told.subs[1:])))


@pytest.mark.parametrize("lie", ["missing", "extra", "twice", "same transaction", "appid", "mchid", "ordinary"])
def test_another_whole_is_not_believed(session: Any, wechat: PretendWechat, lie: str) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    wechat.pay(out_trade_no=payment.out_trade_no)
    told = heard(payment)
    first, second, third = told.subs
    extra = replace(first, out_trade_no="ANOTHER00001", transaction_id="42")
    changed = {
        "missing": replace(told, subs=(first, second)),
        "extra": replace(told, subs=(*told.subs, extra)),
        "twice": replace(told, subs=(first, first, third)),
        "same transaction": replace(told, subs=(first, replace(second, transaction_id=first.transaction_id), third)),
        "appid": replace(told, appid="wx-other"),
        "mchid": replace(told, mchid="1900000001"),
        "ordinary": _as_ordinary(wechat, payment),
    }
    _refused(order, payment, changed[lie])


def _as_ordinary(wechat: PretendWechat, payment: Payment) -> Any:
    return WechatPayment(
        payment.appid, wechat.environment[MINE], payment.out_trade_no, TradeState.SUCCESS, "42", "JSAPI", None, None,
        now(), None, payment.amount_fen, payment.amount_fen, "CNY",
    )  # fmt: skip


def _refused(order: Order, payment: Payment, told: Any) -> None:
    """Not believed, and nothing has happened but an alarm."""
    with pytest.raises(confirming.PaymentMismatch):
        paying.confirm_payment(payment.out_trade_no, told, by="notice")
    paying.hear(replace(told, out_trade_no=payment.out_trade_no), by="notice")
    assert ("payment_mismatch", payment.out_trade_no) in alarms()
    assert order.status == OrderStatus.AWAITING_PAYMENT
    assert payment.status == PaymentStatus.OPEN
    assert db.session.scalar(select(func.count(WorkshopOrder.id))) == 0
    assert {part.transaction_id for part in dividing.parts_of(payment)} == {None}
    assert {line.paid_to_workshop_id for line in order.lines} == {None}


def test_one_notice_many_times_at_once_has_one_effect(app: Flask, race: Race, wechat: PretendWechat) -> None:
    with committed(app):
        order = order_of_three(wechat)
        number = opened(wechat, order).out_trade_no
        wechat.pay(out_trade_no=number)
        told = heard(confirming.find_payment(number))
        notice = CombinedNotice("EV-C1", "TRANSACTION.SUCCESS", now(), told)
    kept = race(*[lambda: confirming.keep_notice(notice)] * 20)
    assert sorted(kept) == [False] * 19 + [True]
    outcomes = race(*[lambda: process_notice.run(notice_id="EV-C1")] * 20)
    assert failures(outcomes) == []
    with app.app_context():
        assert db.session.scalar(select(func.count(PaymentNotice.id))) == 1
        assert confirming.told_by("EV-C1") == told
        assert db.session.scalars(select(Payment.status)).all() == ["paid"]
        assert db.session.scalar(select(func.count(WorkshopOrder.id))) == 3
        assert db.session.scalar(select(func.count(Refund.id))) == 0
        assert db.session.scalar(select(func.count(PaymentPart.transaction_id))) == 3


def test_a_lost_notice_is_made_up_for(session: Any, wechat: PretendWechat) -> None:
    wechat.ask("faults", {"lost": True})
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    assert asking.ask(payment.out_trade_no) is None
    wechat.pay(out_trade_no=payment.out_trade_no)
    payment.ask_at = now()
    db.session.flush()
    assert asking.take_due() == [payment.out_trade_no]
    ask_about.run(out_trade_no=payment.out_trade_no)
    assert order.status == OrderStatus.PAID


def test_expiring_closes_the_whole_with_all_its_sub_orders(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    order.expires_at = now() - timedelta(seconds=1)
    db.session.flush()
    expire_order.run(number=order.number)
    assert order.status == OrderStatus.EXPIRED
    assert payment.status == PaymentStatus.CLOSED
    assert {sub.trade_state for sub in registry.combined_pay().query(payment.out_trade_no).subs} == {TradeState.CLOSED}


def test_money_that_came_before_the_end_pays_the_order(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    wechat.pay(out_trade_no=payment.out_trade_no)
    order.expires_at = now() - timedelta(seconds=1)
    db.session.flush()
    expire_order.run(number=order.number)
    assert order.status == OrderStatus.PAID


def test_late_money_goes_back_from_every_merchant(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    payment = opened(wechat, order)
    wechat.pay(out_trade_no=payment.out_trade_no)
    cancelling.cancel(order.account_id, order.number)
    closing.close_others.run(purpose=order.number, paid="")
    assert payment.status == PaymentStatus.SURPLUS
    assert (payment.refunded_fen, order.status) == (order.total_fen, OrderStatus.CANCELLED)
    _all_went_back(payment)
    paying.confirm_payment(payment.out_trade_no, heard(payment), by="notice")  # repeated: nothing more
    assert db.session.scalar(select(func.count(Refund.id))) == 3


def _all_went_back(payment: Payment) -> None:
    """Each part is refunded whole, by its own merchant."""
    refunds = {refund.payment_part_id: refund for refund in db.session.scalars(select(Refund))}
    for part in dividing.parts_of(payment):
        refund = refunds[part.id]
        assert (refund.amount_fen, part.refunded_fen) == (part.amount_fen, part.amount_fen)
        send_refund.run(out_refund_no=refund.out_refund_no)
        send_refund.run(out_refund_no=refund.out_refund_no)
        told = merchants.client_of(part.mchid).query_refund(refund.out_refund_no)
        assert (told.out_trade_no, told.total_fen, told.refund_fen) == (
            part.out_trade_no,
            part.amount_fen,
            part.amount_fen,
        )
        assert refund.status == "succeeded"


def test_a_second_way_paid_too_goes_back_whole(session: Any, wechat: PretendWechat) -> None:
    order = order_of_three(wechat)
    first = opened(wechat, order)
    code = paying.open_payment(order.account_id, order, Way(PaymentChannel.NATIVE))
    second = confirming.find_payment(code.out_trade_no)
    for payment in (first, second):
        wechat.pay(out_trade_no=payment.out_trade_no)
        paying.confirm_payment(payment.out_trade_no, heard(payment), by="notice")
    assert (first.status, second.status) == (PaymentStatus.PAID, PaymentStatus.SURPLUS)
    _all_went_back(second)
    assert first.refunded_fen == 0


def test_a_payment_with_parts_is_never_refunded_as_a_whole(session: Any, wechat: PretendWechat) -> None:
    payment = opened(wechat, order_of_three(wechat))
    wechat.pay(out_trade_no=payment.out_trade_no)
    paying.confirm_payment(payment.out_trade_no, heard(payment), by="notice")
    with pytest.raises(ValueError, match="by part"):
        ask_refund(payment, "ABC1", 100, "", by="test")
    part = dividing.parts_of(payment)[0]
    with pytest.raises(RefundExceedsPayment):
        ask_refund(payment, "ABC2", part.amount_fen + 1, "", by="test", part=part)


def test_without_the_cluster_merchants_keys_the_mode_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTLEMENT_MODE", "combined")
    monkeypatch.setenv("WECHAT_PAY_MCHID", "1900000001")
    with pytest.raises(ValueError, match="SETTLEMENT_MODE=combined needs WECHAT_PAY_SERIAL"):
        Settings(_env_file=None)  # type: ignore[call-arg]


def test_credentials_of_nobody() -> None:
    with pytest.raises(WechatPayNotConfigured):
        MerchantKeys("1", "", "", "").check()
