"""Races over HTTP, each a cell of `bench.racing` and a test: 64 connections want the same thing at the same moment.

A cell's round is prepared in this process and run against a web server; it gives what is wrong with the outcome, or
nothing. Nothing but web servers and PostgreSQL takes part: what WeChat would do is written down beforehand.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from bench.buying import Phone
from bench.desk import Desk, sign_in
from bench.world import Buyer
from core.clock import now, today
from core.db import db
from core.identity import Role
from core.jobs import transaction
from core.settings import settings
from domain.accounts.identities import create_staff
from domain.aftersale.applying import Application, apply
from domain.aftersale.models import CaseKind
from domain.cart import holding, totals
from domain.orders import paying, placing
from domain.payments.models import Payment
from domain.products.models import Product, Variant
from domain.promotions import editing
from domain.promotions.terms import CouponKind
from domain.settlement import statements
from domain.settlement.drafting import draft_statements
from domain.settlement.models import Account, EntryKind
from domain.settlement.payees import enter_payee
from domain.settlement.posting import write_entry
from domain.shipping.addresses import find_address
from domain.stock.availability import available
from domain.stock.recounting import recount
from gateways import registry
from gateways.wechat_pay.contract import Payment as WechatPayment
from gateways.wechat_pay.contract import TradeState

_numbers = itertools.count(1)
Act = Callable[[], int]


@dataclass
class Arena:
    """A web server, the application on the same database, and buyers; `skus` are on sale."""

    shop: str
    app: Flask
    buyers: Sequence[Buyer]
    skus: Sequence[str]
    staff: dict[int, Desk] = field(default_factory=dict)

    def sku(self) -> str:
        return self.skus[next(_numbers) % len(self.skus)]

    def phones(self) -> list[Phone]:
        return [Phone(self.shop, buyer) for buyer in self.buyers]

    def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows as they are now, in a transaction of its own."""
        with self.app.app_context(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def forget_limits(self) -> None:
        """Tries of the rounds before don't count against those of the next."""
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("DELETE FROM rate_counters"))

    def desk(self, workshop_id: int = 0) -> Desk:
        """The operator's (0), or a workshop owner's."""
        if workshop_id not in self.staff:
            role, name = (
                (Role.OWNER, f"bench-owner-{workshop_id}") if workshop_id else (Role.OPERATOR, "bench-operator")
            )
            with self.app.app_context(), transaction():
                account_id = create_staff(name, "a-bench-password", name, role, workshop_id or None).id
            self.staff[workshop_id] = sign_in(self.shop, account_id)
        return self.staff[workshop_id]


def at_once(acts: Sequence[Act]) -> list[int]:
    """The statuses that acts got which began at the same moment, each in a thread of its own."""
    gate = threading.Barrier(len(acts))
    answers = [0] * len(acts)

    def run(place: int) -> None:
        gate.wait(120)
        answers[place] = acts[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def stock(packets: int) -> Callable[[Arena], list[str]]:
    """A cell: so many packets are there, and everybody wants one."""

    def run(arena: Arena) -> list[str]:
        sku = arena.sku()
        with arena.app.app_context(), transaction():
            variant_id = _variant(sku).id
            recount(variant_id, packets, by="bench", reason="race")
        answers = _all_order(arena, sku)
        placed = arena.sql(
            "SELECT r.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id LEFT JOIN reservations r "
            "ON r.order_number = o.number AND r.variant_id = l.variant_id AND r.status = 'held' "
            "WHERE l.variant_id = :variant_id ORDER BY o.id DESC LIMIT :most",
            variant_id=variant_id, most=packets + 1,
        )  # fmt: skip
        with arena.app.app_context():
            left = available({variant_id})[variant_id]
        found = _wrong(answers, packets, {200: packets, 409: len(arena.buyers) - packets})
        expected = [(1,)] * packets
        return found + ([f"reserved {placed}, left {left}"] if placed[:packets] != expected or left else [])

    return run


def coupons_in_all(arena: Arena) -> list[str]:
    """Twenty coupons, one a person: everybody claims one."""
    coupon_id = _coupon(arena, total_limit=20, per_person_limit=1)
    phones = arena.phones()
    answers = at_once([lambda phone=phone: phone.claim(coupon_id) for phone in phones])  # type: ignore[misc]
    _close(phones)
    return _wrong(answers, 20, {200: 20, 409: len(phones) - 20}) + _claims(arena, coupon_id, 20)


def coupons_a_person(arena: Arena) -> list[str]:
    """Two coupons a person: four people claim on sixteen connections each."""
    coupon_id = _coupon(arena, total_limit=1000, per_person_limit=2)
    arena.forget_limits()
    phones = [Phone(arena.shop, buyer) for buyer in arena.buyers[:4] for _ in range(len(arena.buyers) // 4)]
    answers = at_once([lambda phone=phone: phone.claim(coupon_id) for phone in phones])  # type: ignore[misc]
    _close(phones)
    return _wrong(answers, 8, {200: 8, 409: len(phones) - 8}) + _claims(arena, coupon_id, 8)


def flash_seats(arena: Arena) -> list[str]:
    """Twenty packets at the flash price, one a person; there is stock for all."""
    sku, at = arena.sku(), now()
    with arena.app.app_context(), transaction():
        variant = _variant(sku)
        recount(variant.id, 10_000, by="bench", reason="race")
        starts_at, ends_at = at - timedelta(minutes=1), at + timedelta(hours=1)
        wish = editing.FlashWish(
            variant.id, variant.price_fen - 100, seats=20, per_person_limit=1, starts_at=starts_at, ends_at=ends_at
        )
        sale_id = editing.make_flash_sale(wish, "bench").id
    answers = _all_order(arena, sku)
    taken = arena.sql(
        "SELECT taken, (SELECT sum(quantity) FROM flash_seats WHERE flash_sale_id = :id AND released_at IS NULL), "
        "(SELECT sum(taken) FROM flash_buyers WHERE flash_sale_id = :id) FROM flash_sales WHERE id = :id", id=sale_id,
    )  # fmt: skip
    with arena.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE flash_sales SET status = 'stopped' WHERE id = :id"), {"id": sale_id})
    found = _wrong(answers, 20, {200: 20, 409: len(arena.buyers) - 20})
    return found + ([f"seats {taken}"] if taken != [(20, 20, 20)] else [])


def double_submit(arena: Arena) -> list[str]:
    """Four people send the same order, with the same key, on sixteen connections each."""
    sku, key = arena.sku(), f"race-{next(_numbers)}-{now():%H%M%S%f}"
    with arena.app.app_context(), transaction():
        recount(_variant(sku).id, 10_000, by="bench", reason="race")
    arena.forget_limits()
    phones = []
    for buyer in arena.buyers[:4]:
        first = Phone(arena.shop, buyer)
        first.put_in_cart(sku)
        total_fen = first.total_fen()
        first.close()  # the server would, after a pause
        phones += [(phone, total_fen) for phone in [first, *(Phone(arena.shop, buyer) for _ in range(15))]]
    answers = at_once([lambda phone=phone, fen=fen: phone.order(fen, key) for phone, fen in phones])  # type: ignore[misc]
    _close([phone for phone, _ in phones])
    orders = arena.sql("SELECT count(*), count(DISTINCT account_id) FROM orders WHERE request_key = :key", key=key)
    found = [] if set(answers) <= {200, 409} and 200 in answers else [f"answers {Counter(answers)}"]
    return found + ([f"orders {orders}"] if orders != [(4, 4)] else [])


def double_refund(arena: Arena) -> list[str]:
    """The workshop agrees to a case about a line, on half of the connections; the buyer gives the order up on the others."""
    buyer, sku = arena.buyers[next(_numbers) % len(arena.buyers)], arena.sku()
    number, case, workshop_id = _paid_with_case(arena, buyer, sku)
    desk, half = arena.desk(workshop_id), len(arena.buyers) // 2
    phones = [Phone(arena.shop, buyer) for _ in range(half)]
    acts: list[Act] = [lambda: desk.form(f"/workshop/aftersale/{case}/approve", {})] * half
    acts += [lambda phone=phone: phone.give_up(number) for phone in phones]  # type: ignore[misc]
    answers = at_once([act for pair in zip(acts[:half], acts[half:], strict=True) for act in pair])
    _close(phones)
    rows = arena.sql(
        "SELECT count(*), sum(r.amount_fen), min(o.total_fen), min(p.refunded_fen) FROM refunds r "
        "JOIN payments p ON p.id = r.payment_id JOIN orders o ON o.number = p.purpose WHERE o.number = :number",
        number=number,
    )  # fmt: skip
    times, refunded_fen, paid_fen, counted_fen = rows[0]
    once = times == 1 and refunded_fen == paid_fen == counted_fen
    found = [] if once else [f"{times} refunds of {refunded_fen} of {paid_fen}, counted {counted_fen}"]
    return found + ([] if set(answers) <= {200, 302, 409, 503} else [f"answers {Counter(answers)}"])


def payouts(arena: Arena) -> list[str]:
    """Four statements: approved, put into a bank file, and noted as paid, each on all connections."""
    keys = _agreed_statements(arena, 4)
    desk, many, numbered = arena.desk(), len(arena.buyers), [str(key) for key in keys]
    bulk = "/cluster/settlement/statements/bulk"
    found = []
    for act in ("approve", "pay"):
        answers = at_once([lambda act=act: desk.form(bulk, {"act": act, "ids": numbered})] * many)  # type: ignore[misc]
        found += _wrong(answers, 1, {302: 1, 409: many - 1})
    made = arena.sql("SELECT number FROM payouts WHERE statement_id = ANY(:keys)", keys=keys)
    if len(made) != 4:
        return [*found, f"{len(made)} payouts"]
    paths = itertools.cycle([f"/cluster/settlement/payouts/{row[0]}" for row in made])
    told = [(path, {"act": "paid", "words": f"B-{path[-20:]}"}) for path, _ in zip(paths, range(many), strict=False)]
    answers = at_once([lambda path=path, form=form: desk.form(path, form) for path, form in told])  # type: ignore[misc]
    found += _wrong(answers, many, {302: many})
    paid = arena.sql(
        "SELECT count(*) FROM journal_entries e JOIN payouts p ON p.id = e.source_id AND e.source_type = 'payout' "
        "WHERE p.statement_id = ANY(:keys) AND p.status = 'paid' AND e.kind = 'payout_paid'", keys=keys,
    )  # fmt: skip
    return found + ([f"paid {paid}"] if paid != [(4,)] else [])


CELLS: dict[str, Callable[[Arena], list[str]]] = {
    "stock 1": stock(1), "stock 5": stock(5), "stock 20": stock(20), "coupons in all": coupons_in_all,
    "coupons a person": coupons_a_person, "flash seats": flash_seats, "double submit": double_submit,
    "double refund": double_refund, "payouts": payouts,
}  # fmt: skip


def _all_order(arena: Arena, sku: str) -> list[int]:
    """Everybody has one packet in the cart and has seen the total; then all order it at once."""
    arena.forget_limits()
    phones = arena.phones()
    seen: list[int] = [0] * len(phones)

    def look(place: int) -> int:
        phones[place].put_in_cart(sku)
        seen[place] = phones[place].total_fen()
        phones[place].close()  # the server would, after a pause
        return 200

    at_once([lambda place=place: look(place) for place in range(len(phones))])  # type: ignore[misc]

    def order(place: int) -> int:
        status = phones[place].order(seen[place], f"race-{place}-{now():%d%H%M%S%f}")
        if status != 200:
            phones[place].empty_cart(sku)
        return status

    answers = at_once([lambda place=place: order(place) for place in range(len(phones))])  # type: ignore[misc]
    _close(phones)
    return answers


def _wrong(answers: list[int], right: int, expected: dict[int, int]) -> list[str]:
    counted = Counter(answers)
    return [] if counted == Counter(expected) else [f"{counted} instead of {right} of {len(answers)}"]


def _claims(arena: Arena, coupon_id: int, right: int) -> list[str]:
    counted = arena.sql(
        "SELECT claimed_count, (SELECT sum(claimed_count) FROM coupon_holdings WHERE coupon_id = :id) "
        "FROM coupons WHERE id = :id", id=coupon_id,
    )  # fmt: skip
    return [] if counted == [(right, right)] else [f"claims {counted}"]


def _close(phones: Sequence[Phone]) -> None:
    for phone in phones:
        phone.close()


def _variant(sku: str) -> Variant:
    return db.session.query(Variant).filter_by(sku=sku).one()


def _coupon(arena: Arena, *, total_limit: int, per_person_limit: int) -> int:
    at = now()
    with arena.app.app_context(), transaction():
        wish = editing.CouponWish(
            title="测量券", kind=CouponKind.FULL_REDUCTION, threshold_fen=10_000_000, off_fen=100,
            total_limit=total_limit, per_person_limit=per_person_limit,
            valid_from=at - timedelta(minutes=1), valid_until=at + timedelta(hours=1),
        )  # fmt: skip
        return editing.make_coupon(wish, "bench").id


def _paid_with_case(arena: Arena, buyer: Buyer, sku: str) -> tuple[str, str, int]:
    """A paid order of one line about which a case waits for its workshop: order, case, workshop."""
    with arena.app.app_context(), transaction():
        variant = _variant(sku)
        recount(variant.id, 10_000, by="bench", reason="race")
        holder = holding.Holder(account_id=buyer.account_id)
        holding.add(holder, sku, 1)
        address = find_address(buyer.account_id, buyer.address_id)
        choices = totals.Choices(address.destination, frozenset(), frozenset())
        total_fen = totals.cart_totals(holder, {sku}, choices).total_fen
        key = f"race-{next(_numbers)}-{now():%H%M%S%f}"
        order = placing.place_order(buyer.account_id, placing.Request(address, total_fen, key, skus=frozenset({sku})))
        paying.confirm_payment(_payment(order.number, total_fen), _told(order.number, total_fen), by="bench")
        db.session.expire_all()
        wish = Application(CaseKind.BEFORE_SHIPPING, 1, "不要了")
        case = apply(buyer.account_id, order.number, sku, wish)
        return order.number, case.number, db.session.get_one(Product, variant.product_id).workshop_id


def _payment(purpose: str, amount_fen: int) -> str:
    number = f"{purpose}M"
    values = {"channel": "mini", "appid": settings().wechat_mini_appid, "amount_fen": amount_fen}
    db.session.add(Payment(out_trade_no=number, purpose=purpose, **values))
    db.session.flush()
    return number


def _told(purpose: str, amount_fen: int) -> WechatPayment:
    """What WeChat would say."""
    appid, mchid = settings().wechat_mini_appid, registry.wechat_pay().mchid
    return WechatPayment(
        appid, mchid, f"{purpose}M", TradeState.SUCCESS, f"4200{purpose}", "JSAPI", None, None, now(), None,
        amount_fen, amount_fen, "CNY",
    )  # fmt: skip


def _agreed_statements(arena: Arena, count: int) -> list[int]:
    """Statements of the first workshops, each over ¥10, which they agreed to; a period of its own each round."""
    round_number, day = next(_numbers), today()
    with arena.app.app_context(), transaction():
        ids = [
            row[0] for row in db.session.execute(text("SELECT id FROM workshops ORDER BY id LIMIT :n"), {"n": count})
        ]
        for workshop_id in ids:
            sides = {Account.WORKSHOP_CORRECTIONS: -1000, Account.CLUSTER_CORRECTIONS: 1000}
            at, source_id = now() - timedelta(days=3), round_number * 1000 + workshop_id
            write_entry(EntryKind.CORRECTION, "bench", source_id, sides, at=at, workshop_id=workshop_id)
            enter_payee(workshop_id, holder="测量作坊", bank="农商银行", account="6230361000000000", by="bench")
        keys = draft_statements(day - timedelta(days=10 + round_number), day - timedelta(days=1), by="bench")
        for key in keys:
            statements.send(statements.find_statement_by_id(key), "bench")
            statements.agree(statements.find_statement_by_id(key), "bench")
        return keys
