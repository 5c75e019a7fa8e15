"""One request is one transaction: committed when the answer is good, rolled back otherwise.

Also the request's id, and its time for `/metrics`.
"""

from __future__ import annotations

import secrets
import time

import structlog
from flask import Flask, Response, g, request

from core.db import db
from core.errors import NotFound
from core.metrics import REQUEST_SECONDS


def init_app(app: Flask) -> None:
    app.before_request(_start)
    # Flask runs these in reverse order of registration: the commit comes first, so a failing one can still be reported.
    app.after_request(_measure)
    app.after_request(_end_transaction)


def _start() -> None:
    g.started_at = time.perf_counter()
    g.request_id = request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if "\0" in request.path:
        # PostgreSQL has no such text, so nothing can be called that.
        raise NotFound(what="page")


def _end_transaction(response: Response) -> Response:
    if not db.session.registry.has():
        return response  # nobody asked the database
    if response.status_code < 400:
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _measure(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if "started_at" in g:
        seconds = time.perf_counter() - g.started_at
        REQUEST_SECONDS.labels(request.endpoint or "none", request.method, response.status_code).observe(seconds)
    return response
