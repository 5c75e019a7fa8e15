"""`python -m bench.racing`: 64 buyers at once for the last 1, 5 and 20 packets, over HTTP, a hundred rounds each.

Prints what was sold. Ends with status 1 if a round sold more or less than there was, or left an order without its packets.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time

from bench.buying import Phone, Refused
from bench.serving import database, gunicorn, wait_for
from bench.world import Buyer


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--buyers", type=int, default=64)
    arguments.add_argument("--stock", type=int, nargs="+", default=[1, 5, 20])
    chosen = arguments.parse_args()
    wrong = 0
    os.environ["DATABASE_POOL_SIZE"] = "20"  # forty connections for the 32 threads of each process
    with database() as environment:
        buyers = _prepare(chosen.buyers)
        with gunicorn("app:app", int(environment["PORT"]), threads=32) as server:
            shop = server.address
            wait_for(shop + "/readyz")
            for stock in chosen.stock:
                began = time.monotonic()
                wrong_here = sum(_round(shop, buyers, stock, number) for number in range(chosen.rounds))
                wrong += wrong_here
                seconds = time.monotonic() - began
                print(
                    f"stock {stock:2}, {len(buyers)} buyers, {chosen.rounds} rounds: {wrong_here} wrong ({seconds:.0f} s)",
                    flush=True,
                )
    sys.exit(1 if wrong else 0)


def _prepare(count: int) -> list[Buyer]:
    from app import app
    from bench.world import fill, sign_in_buyers
    from core.db import db
    from core.settings import settings

    with app.app_context():
        fill()
        buyers = sign_in_buyers([f"bench-racer-{number}" for number in range(count)], settings().wechat_mini_appid)
        db.engine.dispose()
    return buyers


def _round(shop: str, buyers: list[Buyer], stock: int, number: int) -> int:
    """One race for a SKU of its own; 1 if its outcome is wrong."""
    sku = f"B{number:04}-{(1, 5, 20).index(stock) if stock in (1, 5, 20) else 0}"
    _set_stock(sku, stock)
    phones = [Phone(shop, buyer) for buyer in buyers]
    placed: list[str] = []
    refusals: list[int] = []
    gate = threading.Barrier(len(phones))

    def buy(phone: Phone) -> None:
        phone.put_in_cart(sku)
        total_fen = phone.total_fen()
        gate.wait(120)
        try:
            placed.append(phone.place(total_fen))
        except Refused as fault:
            refusals.append(int(fault.args[0]))
            phone.empty_cart(sku)
        phone.close()

    threads = [threading.Thread(target=buy, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = len(placed) == stock and set(refusals) <= {409} and _books_agree(sku, set(placed), stock)
    if not right:
        print(f"{sku}: {len(placed)} sold of {stock}, refused {sorted(set(refusals))}", file=sys.stderr)
    return 0 if right else 1


def _set_stock(sku: str, quantity: int) -> None:
    from app import app
    from core.db import db
    from core.jobs import transaction
    from domain.products.models import Variant
    from domain.stock.recounting import recount

    with app.app_context():
        with transaction():
            variant_id = db.session.scalars(db.select(Variant.id).filter_by(sku=sku)).one()
            recount(variant_id, quantity, by="bench", reason="race")
        db.engine.dispose()


def _books_agree(sku: str, placed: set[str], stock: int) -> bool:
    """What is reserved, what is reserved for orders, and the orders there are, all say the same."""
    from app import app
    from core.db import db
    from domain.orders.models import Order, OrderLine
    from domain.products.models import Variant
    from domain.stock.availability import available
    from domain.stock.models import Reservation

    with app.app_context():
        variant_id = db.session.scalars(db.select(Variant.id).filter_by(sku=sku)).one()
        ordered = set(
            db.session.scalars(db.select(Order.number).join(OrderLine).where(OrderLine.variant_id == variant_id))
        )
        kept = dict(
            db.session.execute(
                db.select(Reservation.order_number, Reservation.quantity).filter_by(variant_id=variant_id)
            ).all()
        )
        left = available({variant_id})[variant_id]
        db.session.rollback()
        db.engine.dispose()
    return ordered == placed == set(kept) and sum(kept.values()) == stock and left == 0


if __name__ == "__main__":
    main()
