"""`python -m bench.racing`: 64 connections at once for the last packets, coupons, flash seats; the same order, refund and
payout sent by all of them; over HTTP, a hundred rounds of each.

Prints for each cell in how many rounds the outcome was wrong. Ends with status 1 if there is one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from bench.races import CELLS, Arena
from bench.serving import database, gunicorn, wait_for


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--cell", action="append", choices=list(CELLS), help="only this one (may be repeated)")
    chosen = arguments.parse_args()
    wrong = 0
    os.environ["DATABASE_POOL_SIZE"] = "20"  # forty connections for the 32 threads of each process
    with database() as environment, gunicorn("app:app", int(environment["PORT"]), threads=32) as server:
        wait_for(server.address + "/readyz")
        arena = _prepare(server.address, chosen.connections)
        for name in chosen.cell or CELLS:
            wrong += _measure(name, CELLS[name], arena, chosen.rounds)
    sys.exit(1 if wrong else 0)


def _measure(name: str, cell: Callable[[Arena], list[str]], arena: Arena, rounds: int) -> int:
    """Print how a cell went; in how many rounds it was wrong."""
    began, wrong = time.monotonic(), 0
    for number in range(rounds):
        found = cell(arena)
        if found:
            wrong += 1
            print(f"{name}, round {number}: {'; '.join(found)}", file=sys.stderr, flush=True)
    seconds = time.monotonic() - began
    print(f"{name:16} {len(arena.buyers)} connections, {rounds} rounds: {wrong} wrong ({seconds:.0f} s)", flush=True)
    return wrong


def _prepare(shop: str, count: int) -> Arena:
    from app import app
    from bench.world import fill, sign_in_buyers
    from core.db import db
    from core.settings import settings
    from domain.products.models import Variant

    with app.app_context():
        fill()
        buyers = sign_in_buyers([f"bench-racer-{number}" for number in range(count)], settings().wechat_mini_appid)
        skus = list(db.session.scalars(db.select(Variant.sku).order_by(Variant.id)))
        db.engine.dispose()
    return Arena(shop, app, buyers, skus)


if __name__ == "__main__":
    main()
