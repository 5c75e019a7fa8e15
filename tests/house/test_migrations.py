"""The database's history on a database in use: each step fills in what it should, can be taken back, and taken again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from psycopg import Connection, sql

from tests.fixtures.environment import ROOT, WORKER

FIRST = 10
"""The step that a shop with orders, payments and refunds starts from."""

STEPS = sorted(int(path.name[:4]) for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
LATER = [step for step in STEPS if step > FIRST]

# Two workshops with freight rules; a product on sale and a draft; one paid order with a parcel, one that is being packed;
# an unpaid order that holds packets; an open payment and one that was partly refunded.
BEFORE = """
INSERT INTO accounts (display_name, is_active, created_at) VALUES ('顾客辛', true, now());
INSERT INTO workshops (slug, name, name_en, kind, town, address, story, story_en, is_member, is_enterprise, status,
    created_at,
    picture, commission_basis_points)
SELECT 'w' || n, '作坊' || n, 'Workshop ' || n, '酒', '坂里', '', '', '', true, false, 'active', now(), '', 500
FROM generate_series(1, 2) n;
INSERT INTO categories (slug, name, name_en, position) VALUES ('wine', '红曲酒', 'Wine', 1);
INSERT INTO products (workshop_id, category_id, brand, slug, name, name_en, tagline, tagline_en, description,
    ingredients,
    allergens, additives, net_content, storage, shelf_life_days, product_standard, alcohol_percent, warnings,
    is_perishable,
    status, pictures, sold_count, created_at)
SELECT w.id, c.id, 'hong', 'p-' || w.slug, '红曲酒', 'Red Wine', '', '', '', '{糯米}', '{}', '{}', '500 mL', '', 365, '',
    '', '{}',
    w.slug = 'w2', CASE w.slug WHEN 'w1' THEN 'on_sale' ELSE 'draft' END, '{}', 0, now()
FROM workshops w CROSS JOIN categories c;
INSERT INTO variants (product_id, sku, gtin, name, price_fen, weight_grams, position)
SELECT id, 'SKU-' || slug, '0000000000000' || id, '一瓶', 1000, 600, 1 FROM products;
INSERT INTO batches (workshop_id, product_id, variant_id, lot, made_on, best_before_on, quantity, status, created_at)
SELECT p.workshop_id, p.id, v.id, 'LOT' || v.id, '2026-01-01', '2027-01-01', 10, 'released', now()
FROM variants v JOIN products p ON p.id = v.product_id;
INSERT INTO package_codes (batch_id, serial, created_at) SELECT id, 'S' || id || n, now() FROM batches,
    generate_series(1, 2) n;
INSERT INTO stock (variant_id, on_hand, reserved) SELECT id, 7 * position, 3 FROM variants;
INSERT INTO stock_movements (variant_id, at, kind, change, reference, by, reason)
SELECT variant_id, now(), 'production', on_hand, 'LOT', 'owner', '' FROM stock;
INSERT INTO freight_rules (workshop_id, base_fen, base_weight_grams, extra_kilogram_fen, free_over_fen)
SELECT id, 800, 1000, 200, CASE slug WHEN 'w1' THEN 0 ELSE 9900 END FROM workshops;
INSERT INTO orders (number, account_id, request_key, status, goods_fen, discount_fen, freight_fen, total_fen,
    recipient, phone,
    address, note, placed_at, expires_at, paid_at)
SELECT 'O' || n, a.id, 'key' || n, CASE n WHEN 3 THEN 'awaiting_payment' ELSE 'paid' END, 2000, 0, 800, 2800, '辛',
    '13800000000',
    '坂里', '', now(), now(), CASE n WHEN 3 THEN NULL ELSE now() END
FROM accounts a, generate_series(1, 3) n;
INSERT INTO order_lines (order_id, workshop_id, product_id, variant_id, sku, product_slug, product_name,
    product_name_en,
    variant_name, picture, unit_price_fen, quantity, amount_fen, discount_fen, refunded_fen, commission_basis_points)
SELECT o.id, p.workshop_id, p.id, v.id, v.sku, p.slug, p.name, '', v.name, '', 1000, 1, 1000, 0,
    CASE WHEN o.number = 'O1' AND p.slug = 'p-w1' THEN 500 ELSE 0 END, 500
FROM orders o, products p JOIN variants v ON v.product_id = p.id;
INSERT INTO order_freights (order_id, workshop_id, freight_fen, refunded_fen) SELECT o.id, w.id, 400, 0 FROM orders
    o, workshops w;
INSERT INTO workshop_orders (number, order_id, workshop_id, status, goods_fen, discount_fen, freight_fen, created_at)
SELECT o.number || '-' || w.id, o.id, w.id, CASE o.number WHEN 'O1' THEN 'shipped' ELSE 'to_pack' END, 1000, 0, 400,
    now()
FROM orders o, workshops w WHERE o.number <> 'O3';
INSERT INTO order_history (order_id, workshop_order_id, at, by, from_status, to_status, reason)
SELECT order_id, id, now(), 'owner', NULL, status, '' FROM workshop_orders;
INSERT INTO shipments (workshop_order_id, carrier_code, tracking_number, shipped_at, shipped_by)
SELECT id, 'SF', 'SF' || id, '2026-03-04 05:06:07+00', 'owner' FROM workshop_orders WHERE status = 'shipped';
INSERT INTO packed_packages (package_code_id, workshop_order_id, order_line_id, packed_at, packed_by)
SELECT k.id, o.id, l.id, '2026-03-04 04:00:00+00', 'owner'
FROM workshop_orders o JOIN order_lines l USING (order_id, workshop_id) JOIN batches b USING (variant_id)
JOIN package_codes k ON k.batch_id = b.id AND k.serial = 'S' || b.id || CASE o.status WHEN 'shipped' THEN 1 ELSE 2
    END;
INSERT INTO reservations (order_number, variant_id, quantity, status, created_at)
SELECT o.number, v.id, 1, CASE o.number WHEN 'O3' THEN 'held' ELSE 'sold' END, now() FROM orders o, variants v;
INSERT INTO payments (out_trade_no, purpose, channel, appid, amount_fen, status, prepay, created_at, paid_at,
    refunded_fen)
SELECT number || 'M', number, 'mini', 'wx', total_fen, CASE number WHEN 'O3' THEN 'open' ELSE 'paid' END, 'prepay',
    now(), paid_at,
    CASE number WHEN 'O1' THEN 500 ELSE 0 END FROM orders;
INSERT INTO refunds (out_refund_no, payment_id, amount_fen, reason, status, succeeded_at, created_at)
SELECT 'O1R1', id, 500, '', 'succeeded', now(), now() FROM payments WHERE out_trade_no = 'O1M';
INSERT INTO order_refunds (out_refund_no, order_id, reason, asked_at, asked_by)
SELECT 'O1R1', id, '', now(), 'operator' FROM orders WHERE number = 'O1';
INSERT INTO order_refund_lines (order_refund_id, workshop_id, order_line_id, amount_fen)
SELECT r.id, l.workshop_id, l.id, 500 FROM order_refunds r JOIN order_lines l USING (order_id) WHERE l.refunded_fen >
    0
"""

# What a shop has after some weeks on the newest step, chosen for what the older steps have no place for.
AFTER = """
INSERT INTO stock_lots (variant_id, batch_id, workshop_id, best_before_on, sell_until_on, on_hand, allocated,
    is_on_sale, created_at)
SELECT variant_id, id, workshop_id, best_before_on, '2026-12-01', 5, 2, true, now() FROM batches;
INSERT INTO allocations (order_number, variant_id, lot_id, quantity, packed_quantity, shipped_quantity,
    returned_quantity, created_at)
SELECT 'O2', variant_id, id, 2, 1, 0, 0, now() FROM stock_lots WHERE batch_id IS NOT NULL;
INSERT INTO stock_movements (variant_id, lot_id, is_on_sale, at, kind, change, reference, by, reason)
SELECT variant_id, id, false, now(), 'production', 5, 'LOT', 'owner', '' FROM stock_lots WHERE batch_id IS NOT NULL;
UPDATE stock SET on_hand = 1, short = 2;
UPDATE reservations SET short = 1, is_by_lot = true WHERE order_number = 'O2';
INSERT INTO variant_makers (variant_id, workshop_id, daily_capacity, is_active) SELECT v.id, w.id, 20, true FROM
    variants v, workshops w;
INSERT INTO maker_days (variant_id, workshop_id, day, quantity) SELECT variant_id, workshop_id, '2026-03-01', 1 FROM
    variant_makers;
INSERT INTO dispatches (order_line_id, kind, workshop_id, at, by, rule, facts, reason, short)
SELECT id, 'chosen', workshop_id, now(), 'notice', 'only_maker', '[]', '', 0 FROM order_lines;
UPDATE order_freights f SET pickup_code = '12345678', carried_by_workshop_id = workshop_id;
UPDATE freight_templates SET unit = 'pieces' WHERE workshop_id = (SELECT id FROM workshops WHERE slug = 'w2');
UPDATE freight_rules SET base_units = 3, extra_units = 2, extra_fen = 301
WHERE workshop_id = (SELECT id FROM workshops WHERE slug = 'w2');
INSERT INTO freight_rules (workshop_id, regions, is_served, base_fen, base_units, extra_fen, extra_units)
SELECT id, '{新疆维吾尔自治区}', false, 0, 1000, 0, 1000 FROM workshops;
UPDATE freight_rules SET extra_fen = 151, extra_units = 500 WHERE regions = '{}'
AND workshop_id = (SELECT id FROM workshops WHERE slug = 'w1');
INSERT INTO promotion_history (kind, promotion_id, at, by, act, to_status, terms, reason)
VALUES ('coupon', 1, now(), 'operator', 'made', 'active', '', '');
UPDATE products SET status = 'submitted' WHERE status = 'draft';
INSERT INTO topics (slug, title, title_en, intro, intro_en, picture, is_shown, created_at)
    VALUES ('t', '专题', '', '', '', '', true, now());
INSERT INTO banners (title, title_en, picture, topic_id, position, shown_from, created_at)
    SELECT '横幅', '', '', id, 1, now(), now()
    FROM topics;
INSERT INTO favorites (account_id, product_id, at) SELECT a.id, p.id, now() FROM accounts a, products p;
INSERT INTO searches (account_id, words, at) SELECT id, '酒', now() FROM accounts;
INSERT INTO shipments (workshop_order_id, carrier_code, tracking_number, shipped_at, shipped_by, place,
    tracking_state, looks_in_vain)
SELECT workshop_order_id, 'YTO', 'YTO' || id, shipped_at + interval '1 day', 'owner', 2, 'delivered', 0 FROM
    shipments;
INSERT INTO tracking_events (shipment_id, tracking_number, happened_at, state, place, text, seen_at)
SELECT id, tracking_number, now(), 'delivered', '', '', now() FROM shipments WHERE place = 2;
INSERT INTO notifications (key, account_id, kind, title, text, params, path, created_at)
SELECT 'paid/O1', id, 'paid', '', '', '{}', '', now() FROM accounts;
INSERT INTO message_sendings (notification_id, template_id, status, at) SELECT id, 't', 'sent', now() FROM
    notifications;
INSERT INTO payment_alarms (at, kind, reference, detail) VALUES (now(), 'refund_closed', 'O1R1', '');
INSERT INTO trade_bills (bill_on, digest, fetched_at, rows) VALUES ('2026-03-01', 'a', now(), 0);
INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id) VALUES (now(), now(), 'surplus', 'payment',
    0);
INSERT INTO journal_postings (entry_id, account, amount_fen)
SELECT id, side.account, side.fen FROM journal_entries, (VALUES ('wechat', 5), ('surplus', -5)) AS side (account,
    fen);
UPDATE order_lines SET dropped_at = now(), dropped_quantity = quantity, is_open = true WHERE order_id = (SELECT id FROM orders
    WHERE number = 'O2')
"""


# One part and a refund as they were booked before there were advances.
BOOKED = """
INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
SELECT now(), now(), 'sale', 'workshop_order', id, workshop_id, order_id FROM workshop_orders
WHERE status = 'shipped' ORDER BY id LIMIT 1;
INSERT INTO journal_postings (entry_id, account, amount_fen)
SELECT id, side.account, side.fen FROM journal_entries, (VALUES ('wechat', 1400), ('workshop_goods', -1400)) AS side (account,
    fen);
INSERT INTO journal_entries (at, posted_at, kind, source_type, source_id, workshop_id, order_id)
SELECT now(), now(), 'refund', 'order_refund_line', id, workshop_id, 1 FROM order_refund_lines;
INSERT INTO journal_postings (entry_id, account, amount_fen)
SELECT id, side.account, side.fen FROM journal_entries, (VALUES ('wechat', -500), ('workshop_refunds', 500)) AS side (account,
    fen)
WHERE kind = 'refund'
"""

SHAPE = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
    "WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text AS on_table, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT tgrelid::regclass::text AS on_table, tgname FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)

Database = tuple[Flask, Connection[Any]]


@pytest.fixture
def database(postgres: str, app: Flask) -> Iterator[Database]:
    """An application on an empty database of its own that only migrates, and a connection to look into it."""
    from core.db import db

    name = f"history_{WORKER}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = postgres.replace("/postgres?", f"/{name}?")
    migrating = Flask("migrating")
    migrating.config["SQLALCHEMY_DATABASE_URI"] = url.replace("postgresql://", "postgresql+psycopg://")
    db.init_app(migrating)
    Migrate(migrating, db, directory=str(ROOT / "migrations"))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with psycopg.connect(url, autocommit=True) as connection:
        yield migrating, connection
    with migrating.app_context():
        db.engine.dispose()


def test_each_step_fills_in_what_was_there(database: Database) -> None:
    app, connection = database
    climb(app, FIRST)
    fill(connection, BEFORE)
    climb(app, LATER[-1])
    assert rows(connection, "SELECT out_trade_no FROM payments WHERE ask_at IS NOT NULL") == [("O3M",)]
    began = "SELECT count(*), count(packing_began_at), count(first_shipped_at) FROM workshop_orders GROUP BY status ORDER BY 3"
    assert rows(connection, began) == [(2, 2, 0), (2, 2, 2)]
    lots = (
        "SELECT on_hand, allocated, is_on_sale, l.workshop_id = p.workshop_id FROM stock_lots l "
        "JOIN variants v ON v.id = variant_id JOIN products p ON p.id = v.product_id"
    )
    assert rows(connection, lots) == [(7, 0, True, True)] * 2
    freights = "SELECT unit, regions, is_served, base_fen, base_units, extra_fen, extra_units, free_over_fen FROM freight_rules"
    freights += " JOIN freight_templates USING (workshop_id) ORDER BY free_over_fen"
    assert rows(connection, freights) == [("weight", [], True, 800, 1000, 200, 1000, free) for free in (1, 9900)]
    approved = (
        "SELECT status, approved_at IS NOT NULL, approved_price_fen, search_terms @> '{红曲,wine}' FROM products p"
    )
    approved += " JOIN variants v ON v.product_id = p.id ORDER BY status"
    assert rows(connection, approved) == [("draft", False, None, True), ("on_sale", True, 1000, True)]
    parcels = (
        "SELECT place, quantity, count(k.package_code_id) FROM shipments s JOIN shipment_lines l ON l.shipment_id = s.id "
        "JOIN packed_packages k ON k.shipment_id = s.id AND k.order_line_id = l.order_line_id GROUP BY s.id, place, quantity"
    )
    assert rows(connection, parcels) == [(1, 1, 1)] * 2
    assert rows(connection, "SELECT DISTINCT settlement_mode FROM payments") == [("payouts",)]


def test_what_was_there_can_be_settled(database: Database) -> None:
    """The newest code reads what the oldest wrote: the journal takes up sales and refunds from before there was one."""
    from core.db import db
    from domain.settlement.posting import post_new

    app, connection = database
    climb(app, FIRST)
    fill(connection, BEFORE)
    climb(app, LATER[-1])
    with app.app_context():
        post_new()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    assert money(connection) == {"wechat": 2 * 2800 - 500, "advances": -2800}, "one order is not sent yet"


def test_a_journal_from_before_advances_is_read_as_if_it_had_them(database: Database) -> None:
    from core.db import db
    from domain.settlement.posting import post_new

    app, connection = database
    [step] = [int(path.name[:4]) for path in (ROOT / "migrations" / "versions").glob("*_loose_ends.py")]
    climb(app, FIRST)
    fill(connection, BEFORE)
    climb(app, STEPS[STEPS.index(step) - 1])
    fill(connection, BOOKED)
    assert money(connection) == {"wechat": 1400 - 500}
    climb(app, step)
    climb(app, LATER[-1])
    with app.app_context():
        post_new()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    assert money(connection) == {"wechat": 2 * 2800 - 500, "advances": -2800}
    descend(app, STEPS[STEPS.index(step) - 1])
    assert money(connection) == {"wechat": 2800 - 500}, "as it says without advances: what was sold, less refunds"


def test_steps_can_be_taken_back_and_again(database: Database) -> None:
    """With rows in the tables that each step made or changed; each step down leaves the very tables of the way up."""
    app, connection = database
    climb(app, FIRST)
    fill(connection, BEFORE)
    shapes = {}
    for step in [FIRST, *LATER]:
        climb(app, step)
        shapes[step] = shape(connection)
    fill(connection, AFTER)
    for step in [*reversed(LATER[:-1]), FIRST]:
        descend(app, step)
        assert shape(connection) == shapes[step], f"down to {step:04}"
    _check_first_step(connection)
    for step in LATER:
        climb(app, step)
        assert shape(connection) == shapes[step], f"up again to {step:04}"


def _check_first_step(connection: Connection[Any]) -> None:
    """What the old code reads is whole: stock covers what is held, each shop has one freight rule."""
    assert rows(connection, "SELECT on_hand, reserved FROM stock") == [(3, 3)] * 2
    moved = "SELECT variant_id, sum(change)::int FROM stock_movements GROUP BY variant_id ORDER BY 1"
    assert rows(connection, moved) == rows(connection, "SELECT variant_id, on_hand::int FROM stock ORDER BY 1")
    freights = "SELECT base_fen, base_weight_grams, extra_kilogram_fen FROM freight_rules ORDER BY workshop_id"
    assert rows(connection, freights) == [(800, 1000, 302), (800, 3000, 151)]
    assert {row[0] for row in rows(connection, "SELECT status FROM products")} == {"on_sale", "draft"}
    assert rows(connection, "SELECT carrier_code, count(*) FROM shipments GROUP BY 1 ORDER BY 1") == [
        ("SF", 2),
        ("YTO", 2),
    ]


def money(connection: Connection[Any]) -> dict[str, int]:
    """What the journal says lies at WeChat, and what of it is still the buyers'."""
    sums = "SELECT account, sum(amount_fen)::int FROM journal_postings WHERE account IN ('wechat', 'advances') GROUP BY account"
    return {account: fen for account, fen in rows(connection, sums) if fen}


def climb(app: Flask, step: int) -> None:
    with app.app_context():
        upgrade(revision=f"{step:04}")


def descend(app: Flask, step: int) -> None:
    with app.app_context():
        downgrade(revision=f"{step:04}")


def fill(connection: Connection[Any], statements: str) -> None:
    for statement in statements.split(";\n"):
        connection.execute(statement)


def rows(connection: Connection[Any], question: str) -> list[tuple[Any, ...]]:
    return connection.execute(question).fetchall()


def shape(connection: Connection[Any]) -> set[tuple[Any, ...]]:
    """Columns, constraints, indexes, triggers and functions of the database."""
    return {row for question in SHAPE for row in rows(connection, question)}
