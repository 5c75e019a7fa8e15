"""Prometheus figures that more than one room counts. `/metrics` shows them; several processes share a folder."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUEST_SECONDS = Histogram(
    "banli_http_request_seconds", "Time to answer, by endpoint", ["endpoint", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
ORDERS_PLACED = Counter("banli_orders_placed_total", "Orders placed")
PAYMENTS_CONFIRMED = Counter("banli_payments_confirmed_total", "Payments confirmed by WeChat")
NOTICES_REFUSED = Counter("banli_notices_refused_total", "WeChat notices refused, by reason", ["reason"])
SCANS = Counter("banli_scans_total", "Packet codes opened, by verdict", ["verdict"])
PAYMENT_ALARMS = Counter("banli_payment_alarms_total", "Facts about money that people must look at", ["kind"])
REFUNDS_ENDED = Counter("banli_refunds_ended_total", "Refunds by how they ended", ["status"])
