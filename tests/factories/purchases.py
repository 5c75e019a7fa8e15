"""Buyers on their way to an order: stock that was received, a filled cart, a placed order, money that moved."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from core.clock import now
from core.db import db
from core.settings import settings
from domain.accounts.models import Account
from domain.accounts.signing_in import WechatPerson, account_of_wechat
from domain.cart import holding, totals
from domain.orders import dispatching, grouping, parting, paying, placing
from domain.orders.history import record_move
from domain.orders.models import Order, OrderStatus
from domain.payments.confirming import move_payment
from domain.payments.models import Payment, PaymentChannel, PaymentStatus
from domain.payments.opening import Way
from domain.products.models import Product, Variant
from domain.shipping.addresses import find_address
from domain.shipping.models import Address
from domain.stock.receiving import receive
from gateways import registry
from gateways.wechat_pay.contract import Payment as WechatPayment
from tests.factories.accounts import make_address
from tests.factories.products import make_variant
from tests.fixtures.wechat import PretendWechat

_numbers = count(1)


def make_received(quantity: int, product: Product | None = None, **values: Any) -> Variant:
    """A variant on sale whose packets came in through the ledger."""
    variant = make_variant(product, stock=0, **values)
    receive(variant.id, quantity, reference=f"LOT{variant.id}", by="test")
    return variant


def fill_cart(buyer: Account, wanted: dict[Variant, int]) -> totals.Totals:
    """The buyer's cart holds these, too."""
    holder = holding.Holder(account_id=buyer.id)
    for variant, quantity in wanted.items():
        holding.add(holder, variant.sku, quantity)
    return totals.cart_totals(holder)


def wish(buyer: Account, address: Address | None = None, **values: Any) -> placing.Request:
    """A request to order the buyer's whole cart at today's total."""
    expected = totals.cart_totals(holding.Holder(account_id=buyer.id)).total_fen
    defaults = {"expected_total_fen": expected, "request_key": f"request-{next(_numbers):08d}"}
    return placing.Request(address=address or make_address(buyer), **(defaults | values))


def attempt(buyer: Account, **values: Any) -> Callable[[], str]:
    """An act for a race: orders the buyer's whole cart at today's total; the order's number. Holds plain values only."""
    request = wish(buyer, **values)
    buyer_id, address_id = buyer.id, request.address.id
    total_fen, request_key = request.expected_total_fen, request.request_key

    def act() -> str:
        address = find_address(buyer_id, address_id)
        return placing.place_order(buyer_id, placing.Request(address, total_fen, request_key)).number

    return act


def place(buyer: Account, wanted: dict[Variant, int]) -> Order:
    """An order that awaits its payment."""
    fill_cart(buyer, wanted)
    return placing.place_order(buyer.id, wish(buyer))


def make_mini_buyer(wechat: PretendWechat, nickname: str = "顾客辛") -> Account:
    """The account of a person of the pretend WeChat who signed in to the mini-program."""
    person = wechat.person(nickname)
    return account_of_wechat(
        WechatPerson(wechat.mini_appid, person["openids"]["mini"], person["unionid"], person["nickname"])
    )


def open_mini_payment(wechat: PretendWechat, buyer: Account, order: Order) -> str:
    """Open the order's payment in the mini-program; our number at WeChat."""
    nickname = buyer.display_name
    way = Way(PaymentChannel.MINI, openid=wechat.person(nickname)["openids"]["mini"])
    assert settings().wechat_mini_appid == wechat.mini_appid
    return paying.open_payment(buyer.id, order, way).out_trade_no


def told(out_trade_no: str) -> WechatPayment:
    """What WeChat says about a payment, over its signed API."""
    return registry.wechat_pay().query_by_out_trade_no(out_trade_no)


def pay_order(wechat: PretendWechat, buyer: Account, order: Order) -> str:
    """The order is paid at the cashier and believed; our number of its payment."""
    number = open_mini_payment(wechat, buyer, order)
    wechat.pay(out_trade_no=number)
    paying.confirm_payment(number, told(number), by="notice")
    return number


def pretend_paid(order: Order) -> str:
    """The order is paid without WeChat, for tests of what follows from it; our number of its payment."""
    number = f"{order.number}M"
    values = {"purpose": order.number, "channel": "mini", "appid": "wx-test", "amount_fen": order.total_fen}
    payment = Payment(out_trade_no=number, transaction_id=f"4200{number}", **values)
    db.session.add(payment)
    db.session.flush()
    move_payment(payment, PaymentStatus.PAID, by="notice")
    payment.paid_at = order.paid_at = now()
    record_move(order, OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID, by="notice")
    if order.held_for_group:
        grouping.note_paid(order, "notice")
    else:
        dispatching.dispatch_paid(order, "notice")
        parting.split(order, "notice")
    return number
