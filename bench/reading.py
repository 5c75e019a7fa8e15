"""`python -m bench.reading`: pages and API answers of a shop of 1,000 products, against a bare Flask route.

Yardstick and page take turns at each number of connections, so that both see the same machine. The ratio is requests a
second of the page over the mean of the yardstick before and after it.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

from bench.serving import Load, database, free_port, gunicorn, wrk
from bench.spending import told_memory

CELLS = {
    "home, HTML": "/",
    "product list of 20, HTML": "/products",
    "product list of 20, JSON": "/api/v1/products",
    "product, HTML": "/products/bench-0007",
    "product, JSON": "/api/v1/products/bench-0007",
    "product list of 20, JSON, signed in": "/api/v1/products?",
    "cart, JSON, signed in": "/api/v1/cart",
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=4, help="of load per cell")
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    arguments.add_argument("--only", default="", help="cells whose name contains this")
    chosen = arguments.parse_args()
    with database() as environment:
        headers = _prepare()
        with gunicorn("bench.bare:app", free_port()) as bare, gunicorn("app:app", int(environment["PORT"])) as shop:
            cells = [
                (name, shop.address + path, headers if "signed in" in name else {}) for name, path in CELLS.items()
            ]
            for connections in chosen.connections:
                _measure(bare.address, [cell for cell in cells if chosen.only in cell[0]], connections, chosen.seconds)
            print(f"\nmemory after all of it, 2 workers: {told_memory(shop.pid)} (bare Flask {told_memory(bare.pid)})")


def _prepare() -> dict[str, str]:
    """Fill the database; the headers of a signed-in buyer whose cart holds something of three workshops."""
    from app import app
    from bench.world import fill, sign_in_buyers
    from core.db import db
    from core.jobs import transaction
    from core.settings import settings
    from domain.accounts.identities import identity_of_session
    from domain.cart.holding import Holder, add

    with app.app_context():
        fill()
        (buyer,) = sign_in_buyers(["bench-reader"], settings().wechat_mini_appid)
        with transaction():
            identity = identity_of_session(buyer.token)
            assert identity is not None
            for sku in ("B0001-0", "B0002-1", "B0003-2"):
                add(Holder(account_id=identity.account_id), sku, 2)
            db.session.connection().exec_driver_sql("ANALYZE")
        db.engine.dispose()
    return {"Authorization": f"Bearer {buyer.token}"}


def _measure(bare: str, cells: list[tuple[str, str, dict[str, str]]], connections: int, seconds: int) -> None:
    for address in [bare, *(address for _, address, _ in cells)]:
        wrk(address, connections=connections, seconds=1)
    yardsticks = [wrk(bare, connections=connections, seconds=seconds)]
    found: list[Load] = []
    for _, address, headers in cells:
        found.append(wrk(address, connections=connections, seconds=seconds, headers=headers))
        yardsticks.append(wrk(bare, connections=connections, seconds=seconds))
    print(f"\n{connections} connections{'':31}req/s   p50 ms   p99 ms   ratio to bare Flask")
    for (name, _, _), load, (before, after) in zip(cells, found, pairwise(yardsticks), strict=True):
        ratio = load.per_second / ((before.per_second + after.per_second) / 2)
        failed = f"   {load.failed} FAILED" if load.failed else ""
        print(f"  {name:40}{load.per_second:8.0f} {load.p50_ms:8.1f} {load.p99_ms:8.1f}   {ratio:6.3f}{failed}")
    bare_rate = sum(load.per_second for load in yardsticks) / len(yardsticks)
    print(f"  {'bare Flask route (yardstick)':40}{bare_rate:8.0f}", flush=True)


if __name__ == "__main__":
    main()
