"""`python -m bench.settlement`: a month of 100,000 order lines is posted to the journal and settled.

The yardstick is a bare SQL aggregate over the same rows in the same run: what it costs merely to add them up, read by
workshop. The ratio is time against it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import text

from bench.serving import database

# 44 workshops; orders of two lines each, of one or two workshops; a fifth has a discount, one line in fifty went back.
_SOLD = """
INSERT INTO orders (number, account_id, request_key, status, goods_fen, discount_fen, freight_fen, total_fen, recipient,
    phone, address, note, placed_at, expires_at, paid_at, held_for_group)
SELECT 'BENCH' || n, :account, 'bench-' || n, 'completed', 6000, CASE WHEN n % 5 = 0 THEN 700 ELSE 0 END, 800,
    6800 - CASE WHEN n % 5 = 0 THEN 700 ELSE 0 END, '测量', '13800000000', '坂里', '', :at, :at, :at, false
FROM generate_series(1, :orders) n;
INSERT INTO order_lines (order_id, workshop_id, product_id, variant_id, sku, product_slug, product_name, product_name_en,
    variant_name, picture, unit_price_fen, quantity, amount_fen, discount_fen, refunded_fen, commission_basis_points,
    is_open, is_perishable, dropped_quantity)
SELECT o.id, p.workshop_id, p.id, v.id, v.sku, p.slug, p.name, '', v.name, '', 1500, 2, 3000,
    CASE WHEN o.discount_fen > 0 THEN 350 ELSE 0 END, CASE WHEN o.id % 25 = 0 AND place = 0 THEN 1000 ELSE 0 END,
    500, false, false, 0
FROM orders o CROSS JOIN generate_series(0, 1) place
JOIN LATERAL (SELECT (o.id * 7 + place * (1 + o.id % 3) * 44) % :variants AS rank) r ON true
JOIN ranked_variants rv ON rv.rank = r.rank JOIN variants v ON v.id = rv.id JOIN products p ON p.id = v.product_id;
INSERT INTO order_line_discounts (order_line_id, source, reference, funded_by_workshop_id, amount_fen)
SELECT id, 'coupon', 'bench', CASE WHEN side = 0 THEN workshop_id END, CASE WHEN side = 0 THEN 150 ELSE 200 END
FROM order_lines CROSS JOIN generate_series(0, 1) side WHERE discount_fen > 0;
INSERT INTO workshop_orders (number, order_id, workshop_id, status, goods_fen, discount_fen, freight_fen, created_at)
SELECT 'BENCH' || order_id || '-' || workshop_id, order_id, workshop_id, 'received', sum(amount_fen), sum(discount_fen),
    CASE WHEN count(*) = 2 THEN 800 ELSE 400 END, :at
FROM order_lines GROUP BY order_id, workshop_id;
INSERT INTO order_history (order_id, workshop_order_id, at, by, from_status, to_status, reason)
SELECT order_id, id, :at, 'bench', 'shipped', 'received', '' FROM workshop_orders;
INSERT INTO payments (out_trade_no, purpose, channel, appid, amount_fen, refunded_fen, status, settlement_mode, paid_at,
    created_at)
SELECT number, number, 'mini', 'wx', total_fen, 0, 'paid', 'payouts', :at, :at FROM orders;
INSERT INTO refunds (out_refund_no, payment_id, amount_fen, reason, status, looks, succeeded_at, created_at)
SELECT 'R' || l.id, y.id, l.refunded_fen, 'bench', 'succeeded', 0, :at, :at
FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN payments y ON y.purpose = o.number WHERE l.refunded_fen > 0;
INSERT INTO order_refunds (out_refund_no, order_id, reason, asked_at, asked_by)
SELECT 'R' || id, order_id, 'bench', :at, 'bench' FROM order_lines WHERE refunded_fen > 0;
INSERT INTO order_refund_lines (order_refund_id, workshop_id, order_line_id, amount_fen)
SELECT r.id, l.workshop_id, l.id, l.refunded_fen
FROM order_lines l JOIN order_refunds r ON r.out_refund_no = 'R' || l.id WHERE l.refunded_fen > 0
"""
_RANKED = "CREATE TEMP TABLE ranked_variants AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM variants"
_YARDSTICK = """
SELECT l.workshop_id, sum(l.amount_fen - l.discount_fen), sum(d.amount_fen), sum(r.amount_fen), count(h.id)
FROM order_lines l JOIN orders o ON o.id = l.order_id
JOIN workshop_orders p ON p.order_id = o.id AND p.workshop_id = l.workshop_id
JOIN order_history h ON h.workshop_order_id = p.id AND h.to_status = 'received'
LEFT JOIN order_line_discounts d ON d.order_line_id = l.id LEFT JOIN order_refund_lines r ON r.order_line_id = l.id
WHERE o.paid_at IS NOT NULL GROUP BY l.workshop_id
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=100_000)
    chosen = arguments.parse_args()
    with database():
        from app import app
        from core.db import db

        with app.app_context():
            _fill(chosen.lines)
            _measure(chosen.lines)
            db.engine.dispose()


def _fill(lines: int) -> None:
    from bench.world import fill, sign_in_buyers
    from core.clock import now
    from core.db import db
    from core.jobs import transaction
    from core.settings import settings
    from domain.accounts.models import Account

    fill()
    sign_in_buyers(["bench-settler"], settings().wechat_mini_appid)
    with transaction():
        db.session.execute(text(_RANKED))
        values = {
            "account": db.session.scalar(db.select(Account.id).limit(1)), "at": now() - timedelta(days=40),
            "orders": lines // 2, "variants": db.session.scalar(text("SELECT count(*) FROM variants")),
        }  # fmt: skip
        for statement in _SOLD.split(";\n"):
            db.session.execute(text(statement), values)
    with transaction():
        db.session.execute(text("ANALYZE"))


def _measure(lines: int) -> None:
    from core.clock import today
    from core.db import db
    from core.jobs import transaction
    from domain.settlement.balances import trial_balance
    from domain.settlement.drafting import draft_statements
    from domain.settlement.posting import post_new

    day = today() - timedelta(days=1)
    bare = min(_seconds(lambda: db.session.execute(text(_YARDSTICK)).all()) for _ in range(3))
    with transaction():
        posting = _seconds(post_new)
    with transaction():
        drafting = _seconds(lambda: draft_statements(day - timedelta(days=60), day, by="bench"))
    with transaction():
        again = _seconds(post_new)
    count = db.session.scalar(text("SELECT count(*) FROM journal_postings"))
    statements = db.session.scalar(text("SELECT count(*) FROM statements"))
    zero = db.session.scalar(text("SELECT sum(amount_fen) FROM journal_postings"))
    paid = db.session.scalar(text("SELECT sum(total_fen) FROM orders"))
    print(f"{lines} order lines, {count} postings (sum {zero}), {statements} statements, ¥{paid / 100:.2f} paid")
    print(f"a bare SQL aggregate   {bare:6.2f} s")
    for name, seconds in (
        ("posting", posting), ("drafting", drafting), ("together", posting + drafting), ("posting nothing", again),
        ("trial balance", _seconds(trial_balance)),
    ):  # fmt: skip
        print(f"{name:<22} {seconds:6.2f} s  ratio {seconds / bare:6.1f}")


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
