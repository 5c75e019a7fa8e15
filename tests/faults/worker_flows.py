"""Jobs, each of which is killed at every step: the worker's part of paying, refunding, dispatching and settling."""

from __future__ import annotations

from core.jobs import enqueue
from domain.orders.jobs import expire_order, process_notice
from domain.payments.refunding import send_refund
from domain.settlement.jobs import post_new
from tests.faults.flows import AT_WECHAT, Flow, Queued
from tests.faults.stage import Paid
from tests.fixtures.product import wait_until
from tests.fixtures.racing import committed


class BelievingANotice(Flow):
    """The worker: an order becomes paid, its packets are sold, its makers chosen, its parts made."""

    steps = (
        "update payments", "insert payment_history", "insert order_history", "update products", "update reservations",
        "insert allocations", "insert stock_movements", "update stock", "insert dispatches", "insert workshop_orders",
        "insert notifications", "commit workshop_orders",
    )  # fmt: skip

    def prepare(self) -> None:
        self.orders = [self.stage.awaiting() for _ in self.steps]
        for buyer, number in self.orders:
            assert buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}).status_code == 200

    def begin(self, place: int) -> None:
        self.stage.wechat.pay(out_trade_no=f"{self.orders[place][1]}M")

    def check(self) -> None:
        assert self.stage.count("workshop_orders") == self.stage.count("orders", "status = 'paid'") == len(self.steps)
        assert self.stage.count("dispatches") == self.stage.count("allocations", "quantity = 1") == len(self.steps)
        assert self.stage.count("stock", "on_hand = 4 AND reserved = 0") == len(self.steps)
        assert self.stage.shop.sql("SELECT DISTINCT sold_count FROM products") == [(1,)]


class BelievingALateNotice(Queued):
    """The worker: money came for an order that was given up meanwhile, and goes back by itself."""

    steps = ("update payments", "insert payment_history", "insert payment_alarms", "insert refunds", "commit refunds")

    def prepare(self) -> None:
        for place in range(len(self.steps)):
            buyer, number = self.stage.awaiting()
            assert buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}).status_code == 200
            self.stage.wechat.pay(out_trade_no=f"{number}M")
            assert buyer.phone.api(f"/orders/{number}/cancel").status_code == 200
            wait_until(lambda so_far=place + 1: self.stage.count("payment_notices") == so_far, 8)
        self.notices = [row[0] for row in self.stage.shop.sql("SELECT notice_id FROM payment_notices ORDER BY id")]
        self.hold()

    def begin(self, place: int) -> None:
        with committed(self.stage.app):
            enqueue(process_notice, notice_id=self.notices[place])

    def check(self) -> None:
        totals = self.stage.shop.sql("SELECT number || 'M', total_fen FROM orders")
        assert self.stage.refunds_at_wechat() == sorted(totals)
        assert self.stage.count("payments", "status = 'surplus'") == self.stage.count("refunds") == len(self.steps)


class SendingRefunds(Queued):
    steps = ("update refunds", AT_WECHAT, "insert refund_history", "commit refund_history")
    paid: list[Paid]

    def prepare(self) -> None:
        self.paid = [self.stage.paid() for _ in self.steps]
        for paid in self.paid:
            assert paid.buyer.phone.api(f"/orders/{paid.number}/cancel-paid", {"reason": "不要了"}).status_code == 200
        self.numbers = [row[0] for row in self.stage.shop.sql("SELECT out_refund_no FROM refunds ORDER BY id")]
        self.hold()
        # WeChat's own notices come when all is over, and change nothing any more.
        self.stage.wechat.ask("faults", {"delay_seconds": 3000})

    def begin(self, place: int) -> None:
        with committed(self.stage.app):
            enqueue(send_refund, out_refund_no=self.numbers[place])

    def is_known_at_wechat(self, place: int) -> bool:
        return self.paid[place].payment in dict(self.stage.refunds_at_wechat())

    def check(self) -> None:
        totals = dict(self.stage.shop.sql("SELECT number, total_fen FROM orders"))
        assert self.stage.refunds_at_wechat() == sorted((each.payment, totals[each.number]) for each in self.paid)
        arrived = len(self.paid)
        self.stage.wechat.ask("clock", {"advance_seconds": 3600})
        wait_until(lambda: self.stage.count("payment_notices", "event_type = 'REFUND.SUCCESS'") == arrived, 20)
        self.stage.shop.work()
        assert self.stage.count("refunds", "status = 'succeeded'") == arrived
        assert self.stage.count("refund_history", "to_status = 'succeeded'") == arrived


class Expiring(Queued):
    """An order's time to pay is up: closed at WeChat, its coupon, seat and packets are free."""

    steps = (
        AT_WECHAT, "update payments", "insert payment_history", "insert order_history", "update coupon_redemptions",
        "update coupon_holdings", "update coupons", "update flash_seats", "update flash_sales", "update reservations",
        "update stock", "commit order_history",
    )  # fmt: skip

    def prepare(self) -> None:
        self.numbers = []
        for _ in self.steps:
            checkout = self.stage.checkout()
            self.numbers.append(checkout.order())
            paying = checkout.buyer.phone.api(f"/orders/{self.numbers[-1]}/payment", {"channel": "mini"})
            assert paying.status_code == 200
        self.stage.shop.sql("UPDATE orders SET expires_at = now() - interval '1 second'")
        self.hold()

    def begin(self, place: int) -> None:
        with committed(self.stage.app):
            enqueue(expire_order, number=self.numbers[place])

    def is_known_at_wechat(self, place: int) -> bool:
        number = f"{self.numbers[place]}M"
        orders = self.stage.wechat.ask("orders")["orders"]
        return any(order["out_trade_no"] == number and order["trade_state"] == "CLOSED" for order in orders)

    def check(self) -> None:
        assert self.stage.count("orders", "status = 'expired'") == len(self.steps)
        assert self.stage.count("payments", "status = 'closed'") == len(self.steps)
        assert self.stage.count("stock", "reserved <> 0 OR on_hand <> 5") == 0
        assert self.stage.count("coupons", "used_count <> 0") == self.stage.count("flash_sales", "taken <> 0") == 0


class Posting(Queued):
    """What happened comes into the journal: sales, refunds that arrived."""

    steps = ("insert journal_entries", "insert journal_postings", "commit journal_entries")
    is_serial = True

    def prepare(self) -> None:
        self.paid = [self.stage.paid() for _ in self.steps]

    def begin(self, place: int) -> None:
        paid = self.paid[place]
        assert paid.buyer.phone.api(f"/orders/{paid.number}/cancel-paid", {"reason": "不要了"}).status_code == 200
        wait_until(lambda: self.stage.count("refunds", "status = 'succeeded'") == place + 1, 8)
        with committed(self.stage.app):
            enqueue(post_new)

    def check(self) -> None:
        rows = self.stage.shop.sql("SELECT kind, count(*) FROM journal_entries GROUP BY kind")
        pieces = self.stage.count("order_refund_lines")
        each = len(self.paid)
        assert dict(rows) == {"receipt": each, "sale": each, "repayment": each, "refund": pieces}
        assert self.stage.shop.sql("SELECT sum(amount_fen) FROM journal_postings WHERE account = 'wechat'") == [(0,)]
