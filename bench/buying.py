"""A buyer at the API: cart, order, payment. One kept connection, plain `http.client`, so that the client costs little."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.world import Buyer

_keys = itertools.count(1)


class Refused(Exception):
    """The API said no; the argument is its status and problem document."""


@dataclass
class Phone:
    """One buyer's connection. `spent` gathers the milliseconds of each step."""

    base_url: str
    buyer: Buyer
    spent: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)

    def put_in_cart(self, sku: str, quantity: int = 1) -> None:
        self._post("put in cart", "/api/v1/cart/lines", {"sku": sku, "quantity": quantity})

    def empty_cart(self, sku: str) -> None:
        self._ask("DELETE", "empty cart", f"/api/v1/cart/lines/{sku}", None)

    def total_fen(self) -> int:
        return int(
            self._post("preview", "/api/v1/checkout/preview", {"address_id": self.buyer.address_id})["total_fen"]
        )

    def place(self, total_fen: int) -> str:
        """Order the whole cart; the order's number."""
        wish = {"address_id": self.buyer.address_id, "expected_total_fen": total_fen}
        return str(self._post("place", "/api/v1/orders", wish)["number"])

    def open_payment(self, number: str) -> str:
        return str(self._post("open payment", f"/api/v1/orders/{number}/payment", {"channel": "mini"})["out_trade_no"])

    def claim(self, coupon_id: int) -> int:
        """Claim a coupon; the status of the answer."""
        return self._status(f"/api/v1/coupons/{coupon_id}/claim", {})

    def order(self, total_fen: int, key: str) -> int:
        """Order the whole cart under a key of one's own; the status of the answer."""
        wish = {"address_id": self.buyer.address_id, "expected_total_fen": total_fen}
        return self._status("/api/v1/orders", wish, key)

    def give_up(self, number: str) -> int:
        """Cancel a paid order; the status of the answer."""
        return self._status(f"/api/v1/orders/{number}/cancel-paid", {"reason": "bench"})

    def close(self) -> None:
        self._connection.close()

    def _status(self, path: str, body: dict[str, Any], key: str = "") -> int:
        try:
            self._ask("POST", path, path, body, key)
        except Refused as fault:
            return int(fault.args[0])
        return 200

    def _post(self, step: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", step, path, body)

    def _ask(self, method: str, step: str, path: str, body: dict[str, Any] | None, key: str = "") -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.buyer.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"bench-{time.time_ns()}-{next(_keys)}",
        }
        began = time.perf_counter()
        self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self._connection.getresponse()
        content = response.read()
        self.spent.setdefault(step, []).append((time.perf_counter() - began) * 1000)
        if response.status >= 300:
            raise Refused(response.status, content.decode())
        return dict(json.loads(content)) if content else {}
