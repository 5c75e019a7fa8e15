"""What the tests of faults are played with: buyers, paid orders, shared goods, statements; all committed, all real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from core.clock import now, today
from core.db import db
from domain.accounts.models import Account
from domain.orders.history import lock_order
from domain.orders.models import Order
from domain.products.makers import set_maker
from domain.products.models import Variant
from domain.settlement import statements
from domain.settlement.drafting import draft_statements
from domain.settlement.models import Statement
from domain.settlement.payees import enter_payee
from domain.workshops.models import Workshop
from tests.factories import books
from tests.factories.accounts import make_address, make_operator, make_owner
from tests.factories.makers import make_lot
from tests.factories.products import make_product, make_variant
from tests.factories.promotions import make_coupon, make_flash_sale
from tests.factories.purchases import fill_cart, make_mini_buyer, make_received, pay_order, place
from tests.factories.workshops import make_workshop
from tests.fixtures.agreement import disagreements
from tests.fixtures.killable import Caller, Shop
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser
from tests.fixtures.wechat import PretendWechat


@dataclass(frozen=True)
class Buyer:
    """A buyer with the mini-program open, as plain keys."""

    account_id: int
    address_id: int
    phone: Caller


@dataclass(frozen=True)
class Checkout:
    """A full cart: what to send to order it, under which key, and the coupon it uses."""

    buyer: Buyer
    body: dict[str, Any]
    key: str

    def order(self) -> str:
        """The number of the order it made, now or before."""
        response = self.buyer.phone.api("/orders", self.body, self.key)
        assert response.status_code == 201, response.text
        return str(response.json()["number"])


@dataclass(frozen=True)
class Paid:
    """A paid order of one line."""

    buyer: Buyer
    order_id: int
    number: str
    payment: str
    line_id: int
    sku: str
    makers: list[int]


@dataclass
class Stage:
    """Makes things in this process, and people who call the shop's processes."""

    app: Flask
    shop: Shop
    wechat: PretendWechat
    token_of: Callable[[int], str]
    sign_in: Callable[[int], Browser]
    _made: int = 0
    _makers: list[int] = field(default_factory=list)
    _staff: dict[int, int] = field(default_factory=dict)

    def buyer(self) -> Buyer:
        self._made += 1
        with committed(self.app):
            account = make_mini_buyer(self.wechat, f"顾客{self._made:03}")
            account_id, address_id = account.id, make_address(account).id
        return Buyer(account_id, address_id, self.shop.caller(self.token_of(account_id)))

    def checkout(self) -> Checkout:
        """A cart with goods of two workshops, one at a flash price, and a coupon; all of it this buyer's alone."""
        buyer = self.buyer()
        with committed(self.app):
            wine, cake = (make_received(5, price_fen=price) for price in (6800, 1250))
            make_flash_sale(wine.id, 5900, seats=3, per_person_limit=2)
            coupon = make_coupon(buyer.account_id, total_limit=1)
            total_fen = fill_cart(db.session.get_one(Account, buyer.account_id), {wine: 2, cake: 1}).total_fen
            coupon_id = coupon.id
        with_coupon = {"address_id": buyer.address_id, "coupon_ids": [coupon_id]}
        preview = buyer.phone.api("/checkout/preview", with_coupon).json()
        assert preview["total_fen"] in {total_fen, total_fen - 1000}, preview
        return Checkout(buyer, with_coupon | {"expected_total_fen": preview["total_fen"]}, f"key-{buyer.account_id}")

    def awaiting(self, variant: Variant | None = None, quantity: int = 1) -> tuple[Buyer, str]:
        """An order that waits for its payment."""
        buyer = self.buyer()
        with committed(self.app):
            wanted = variant or make_received(5, price_fen=6800)
            order = place(db.session.get_one(Account, buyer.account_id), {db.session.merge(wanted): quantity})
            return buyer, order.number

    def paid(self, makers: int = 1, quantity: int = 2, *, alone: bool = False) -> Paid:
        """A paid order of a line that so many workshops make, each with five packets: the same workshops for all such
        orders, unless they are to be `alone`."""
        buyer = self.buyer()
        with committed(self.app):
            ids = [make_workshop().id for _ in range(makers)] if alone else self.makers()[:makers]
            variant = make_variant(make_product(db.session.get_one(Workshop, ids[0])), stock=0, price_fen=3000)
            for workshop_id in ids:
                set_maker(variant.id, workshop_id, daily_capacity=10)
                make_lot(variant, 5, workshop_id=workshop_id)
            account = db.session.get_one(Account, buyer.account_id)
            order = place(account, {variant: quantity})
            payment = pay_order(self.wechat, account, order)
            line = order.lines[0]
            return Paid(buyer, order.id, order.number, payment, line.id, line.sku, ids)

    def makers(self) -> list[int]:
        """Two workshops."""
        if not self._makers:
            with committed(self.app):
                self._makers = [make_workshop().id for _ in range(2)]
        return self._makers

    def received(self) -> Paid:
        """A paid order that came long ago, of a workshop that the bank knows."""
        paid = self.paid(alone=True)
        with committed(self.app):
            long_ago = now() - timedelta(days=20)
            db.session.execute(update(Order).filter_by(id=paid.order_id).values(paid_at=long_ago))
            lock_order(paid.number)
            books.receive(books.Sale(paid.order_id, paid.number, 0))
            enter_payee(paid.makers[0], holder="坂里作坊", bank="农商银行", account="6230361000000000", by="test")
        return paid

    def statements(self, count: int, *, approved: bool = True) -> list[int]:
        """Statements (keys) of as many workshops, approved unless told."""
        for _ in range(count):
            self.received()
        with committed(self.app):
            keys = draft_statements(*self.period, by="test")
        with committed(self.app):
            for statement in db.session.query(Statement).order_by(Statement.id):
                statements.send(statement, "test")
                statements.agree(statement, "test")
                if approved:
                    statements.approve(statement, "test")
        return keys

    @property
    def period(self) -> tuple[Any, Any]:
        return today() - timedelta(days=30), today() - timedelta(days=1)

    def owner(self, workshop_id: int) -> Caller:
        """The workshop's owner, signed in once more."""
        if workshop_id not in self._staff:
            with committed(self.app):
                self._staff[workshop_id] = make_owner(db.session.get_one(Workshop, workshop_id)).id
        return self.shop.caller(staff=self.sign_in(self._staff[workshop_id]))

    def operator(self) -> Caller:
        """The operator, signed in once more."""
        if 0 not in self._staff:
            with committed(self.app):
                self._staff[0] = make_operator().id
        return self.shop.caller(staff=self.sign_in(self._staff[0]))

    def agrees(self) -> None:
        """Orders, stock, promotions, payments, refunds and journal say the same."""
        found = disagreements(self.shop.sql)
        assert not found, found

    def count(self, table: str, where: str = "true") -> int:
        return int(self.shop.sql(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])

    def refunds_at_wechat(self) -> list[tuple[str, int]]:
        """Every refund WeChat made: our number of its payment, and fen."""
        return sorted((each["out_trade_no"], each["refund_fen"]) for each in self.wechat.ask("refunds")["refunds"])


@pytest.fixture
def stage(
    app: Flask,
    shop: Shop,
    pretend_wechat: PretendWechat,
    token_of: Callable[[int], str],
    sign_in: Callable[[int], Browser],
) -> Stage:
    pretend_wechat.ask("forget", {})
    return Stage(app, shop, pretend_wechat, token_of, sign_in)
