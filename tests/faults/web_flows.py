"""Requests, each of which is killed at every step: the web server's part of placing, paying, refunding, dispatching, settling."""

from __future__ import annotations

from tests.faults.flows import AT_WECHAT, Flow
from tests.faults.stage import Checkout, Paid
from tests.fixtures.product import wait_until


class Placing(Flow):
    steps = (
        "insert orders", "insert order_lines", "insert order_freights", "insert order_line_discounts",
        "insert order_history", "delete cart_lines", "insert procrastinate_jobs", "update coupon_holdings",
        "update coupons", "insert coupon_redemptions", "insert flash_buyers", "update flash_sales", "insert reservations",
        "update stock", "insert idempotency_keys", "commit orders",
    )  # fmt: skip
    checkouts: list[Checkout]

    def prepare(self) -> None:
        self.checkouts = [self.stage.checkout() for _ in self.steps]

    def begin(self, place: int) -> None:
        self.checkouts[place].order()

    def check(self) -> None:
        numbers = {checkout.order() for checkout in self.checkouts}
        assert len(numbers) == self.stage.count("orders") == len(self.steps)
        expiring = "SELECT count(DISTINCT args) FROM procrastinate_jobs WHERE task_name LIKE '%%.expire_order'"
        assert self.stage.shop.sql(expiring) == [(len(self.steps),)]
        assert self.stage.count("coupon_redemptions") == self.stage.count("flash_seats") == len(self.steps)


class OpeningPayment(Flow):
    steps = ("insert payments", AT_WECHAT, "update payments", "insert idempotency_keys", "commit payments")

    def prepare(self) -> None:
        self.orders = [self.stage.awaiting() for _ in self.steps]

    def begin(self, place: int) -> None:
        buyer, number = self.orders[place]
        response = buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}, f"pay-{number}")
        assert response.status_code == 200, response.text

    def is_known_at_wechat(self, place: int) -> bool:
        number = self.orders[place][1]
        return any(order["out_trade_no"] == f"{number}M" for order in self.stage.wechat.ask("orders")["orders"])

    def check(self) -> None:
        assert self.stage.count("payments") == len(self.steps)
        for _, number in self.orders:
            self.stage.wechat.pay(out_trade_no=f"{number}M")
        wait_until(lambda: self.stage.count("payment_notices") == len(self.steps), 20)
        self.stage.shop.work()
        assert self.stage.count("orders", "status = 'paid'") == len(self.steps)


class Noticing(Flow):
    """WeChat repeats itself until it is answered."""

    steps = ("insert payment_notices", "insert procrastinate_jobs", "commit payment_notices")

    def prepare(self) -> None:
        self.orders = [self.stage.awaiting() for _ in self.steps]
        for buyer, number in self.orders:
            assert buyer.phone.api(f"/orders/{number}/payment", {"channel": "mini"}).status_code == 200

    def begin(self, place: int) -> None:
        self.stage.wechat.pay(out_trade_no=f"{self.orders[place][1]}M")

    def repeat(self, place: int) -> None:
        number = self.orders[place][1]
        wait_until(lambda: self.stage.count("payment_notices", f"resource->>'out_trade_no' = '{number}M'") == 1, 30)

    def check(self) -> None:
        assert self.stage.count("workshop_orders") == self.stage.count("orders", "status = 'paid'") == len(self.steps)
        assert self.stage.count("procrastinate_jobs", "task_name LIKE '%%.process_notice'") == len(self.steps)


class Cancelling(Flow):
    steps = (
        "insert order_history", "insert procrastinate_jobs", "update reservations", "update stock",
        "insert idempotency_keys", "commit order_history",
    )  # fmt: skip

    def prepare(self) -> None:
        self.orders = [self.stage.awaiting() for _ in self.steps]

    def begin(self, place: int) -> None:
        buyer, number = self.orders[place]
        response = buyer.phone.api(f"/orders/{number}/cancel", {"reason": "不要了"}, f"cancel-{number}")
        assert response.status_code == 200, response.text

    def check(self) -> None:
        assert self.stage.count("order_history", "to_status = 'cancelled'") == len(self.steps)
        assert self.stage.count("reservations", "status = 'released'") == len(self.steps)


class Refunding(Flow):
    """The buyer gives up a paid order."""

    steps = (
        "insert order_history", "update order_lines", "insert refunds", "update payments", "insert refund_history",
        "insert procrastinate_jobs", "insert order_refunds", "insert order_refund_lines", "update products",
        "update allocations", "insert stock_movements", "update stock", "insert idempotency_keys", "commit order_refunds",
    )  # fmt: skip
    paid: list[Paid]

    def prepare(self) -> None:
        self.paid = [self.stage.paid() for _ in self.steps]

    def begin(self, place: int) -> None:
        paid = self.paid[place]
        body = {"reason": "不要了"}
        response = paid.buyer.phone.api(f"/orders/{paid.number}/cancel-paid", body, f"give-up-{paid.number}")
        assert response.status_code == 200, response.text

    def check(self) -> None:
        self.stage.agrees()
        assert self.stage.count("orders", "status = 'refunded'") == len(self.paid)
        totals = dict(self.stage.shop.sql("SELECT number, total_fen FROM orders"))
        assert self.stage.refunds_at_wechat() == sorted((each.payment, totals[each.number]) for each in self.paid)
        assert self.stage.shop.sql("SELECT DISTINCT on_hand FROM stock") == [(5,)]


class Declining(Flow):
    steps = (
        "insert dispatches", "update allocations", "update stock_lots", "insert stock_movements", "update stock",
        "update order_lines", "insert workshop_orders", "insert notifications", "insert maker_days", "commit dispatches",
    )  # fmt: skip
    paid: list[Paid]

    def prepare(self) -> None:
        self.paid = [self.stage.paid(makers=2) for _ in self.steps]
        self.asked = []
        for paid in self.paid:
            rows = self.stage.shop.sql(
                "SELECT number, workshop_id FROM workshop_orders WHERE order_id = %s", paid.order_id
            )
            self.asked.append((self.stage.owner(rows[0][1]), rows[0][0]))

    def begin(self, place: int) -> None:
        owner, part = self.asked[place]
        path = f"/workshop/orders/{part}/lines/{self.paid[place].line_id}/decline"
        # Said again to somebody who has heard it: the line isn't theirs any more.
        assert owner.form(path, reason="停电了").status_code in {302, 404}

    def check(self) -> None:
        for kind, times in (("chosen", 2), ("declined", 1), ("opened", 0)):
            assert self.stage.count("dispatches", f"kind = '{kind}'") == times * len(self.paid)
        assert self.stage.count("workshop_orders", "status = 'to_pack'") == len(self.paid)
        assert self.stage.count("allocations", "quantity = 2") == len(self.paid)


class Assigning(Flow):
    """The operator gives a line to another maker."""

    steps = (
        "update order_lines", "update workshop_orders", "insert workshop_orders", "update allocations",
        "update stock_lots", "insert stock_movements", "update stock", "insert dispatches", "insert maker_days",
        "commit dispatches",
    )  # fmt: skip
    paid: list[Paid]

    def prepare(self) -> None:
        self.paid = [self.stage.paid(makers=2) for _ in self.steps]
        self.operators = [self.stage.operator() for _ in self.steps]
        chosen = dict(self.stage.shop.sql("SELECT order_id, workshop_id FROM workshop_orders"))
        self.others = [next(key for key in paid.makers if key != chosen[paid.order_id]) for paid in self.paid]

    def begin(self, place: int) -> None:
        paid = self.paid[place]
        path = f"/cluster/dispatch/{paid.number}/{paid.line_id}"
        form = {"workshop_id": self.others[place], "reason": "就近"}
        assert self.operators[place].form(path, **form).status_code == 302

    def check(self) -> None:
        holders = dict(
            self.stage.shop.sql("SELECT order_id, workshop_id FROM workshop_orders WHERE status = 'to_pack'")
        )
        assert holders == {paid.order_id: other for paid, other in zip(self.paid, self.others, strict=True)}
        assert self.stage.count("allocations", "quantity = 2") == len(self.paid)


class Drafting(Flow):
    """Posting to the journal and drafting take turns: one after the other."""

    steps = ("insert journal_entries", "insert journal_postings", "insert statement_entries", "commit statements")
    is_serial = True

    def prepare(self) -> None:
        for _ in range(3):
            self.stage.received()
        self.operator = self.stage.operator()

    def begin(self, place: int) -> None:
        from_on, until_on = self.stage.period
        form = {"from_on": from_on, "until_on": until_on}
        assert self.operator.form("/cluster/settlement/statements/draft", **form).status_code == 302

    def check(self) -> None:
        assert self.stage.count("statements", "status = 'draft'") == 3
        assert self.stage.count("statement_entries") == self.stage.count("journal_entries", "kind = 'sale'") == 3


class Paying(Flow):
    """Approved statements become payouts of a bank file."""

    steps: tuple[str, ...] = (
        "insert payout_files", "insert payouts", "insert payout_history", "update statements", "insert journal_entries",
        "insert journal_postings", "commit payouts",
    )  # fmt: skip

    def prepare(self) -> None:
        self.keys = self.stage.statements(len(self.steps))
        self.operators = [self.stage.operator() for _ in self.steps]

    def begin(self, place: int) -> None:
        form = {"act": "pay", "ids": self.keys[place]}
        assert self.operators[place].form("/cluster/settlement/statements/bulk", **form).status_code in {302, 409}

    def check(self) -> None:
        assert self.stage.count("payouts") == self.stage.count("payout_files") == len(self.keys)
        assert self.stage.count("journal_entries", "kind = 'payout'") == len(self.keys)


class BankAnswering(Paying):
    """What the bank paid is noted."""

    steps = (
        "update payouts", "insert payout_history", "update statements", "insert journal_entries",
        "insert journal_postings", "commit payouts",
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        for place in range(len(self.steps)):
            super().begin(place)
        self.numbers = [row[0] for row in self.stage.shop.sql("SELECT number FROM payouts ORDER BY id")]

    def begin(self, place: int) -> None:
        form = {"act": "paid", "words": f"BANK-{place}"}
        answered = self.operators[place].form(f"/cluster/settlement/payouts/{self.numbers[place]}", **form)
        assert answered.status_code == 302

    def check(self) -> None:
        super().check()
        assert self.stage.count("journal_entries", "kind = 'payout_paid'") == len(self.keys)
        assert self.stage.count("statements", "status = 'paid'") == len(self.keys)
