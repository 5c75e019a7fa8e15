"""One request is one transaction: kept when the answer is good, gone otherwise, whatever the view did before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort, redirect
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from core.db import db
from core.errors import DomainError, InvalidInput, NotFound, TooManyRequests
from domain.products.models import Category
from tests.fixtures.pages import check_page

Route = Callable[..., None]


def raising(error: Exception) -> Callable[[], None]:
    def end() -> None:
        raise error

    return end


def lose_the_connection() -> str:
    """The database goes away between the view's end and the commit."""
    pid = db.session.scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    return "all is well"


def break_a_rule() -> None:
    db.session.add(Category(slug="note", name="again"))
    db.session.flush()


def kept(house: Flask) -> list[str]:
    with house.app_context():
        return list(db.session.scalars(select(Category.slug)))


@pytest.fixture
def ask(house: Flask, route: Route) -> Callable[[Callable[[], Any]], Any]:
    """The answer of a view that writes a row and then ends in some way."""

    def act(end: Callable[[], Any]) -> Any:
        def view() -> Any:
            db.session.add(Category(slug="note", name="note"))
            db.session.flush()
            return end()

        route("/write", view, methods=["GET", "POST"])
        return house.test_client().post("/write")

    return act


@pytest.mark.parametrize(
    ("end", "status"),
    [(lambda: "", 200), (lambda: ("", 201), 201), (lambda: ("", 204), 204), (lambda: redirect("/"), 302)],
)
def test_a_good_answer_keeps_what_was_done(house: Flask, ask: Any, end: Any, status: int) -> None:
    assert ask(end).status_code == status
    assert kept(house) == ["note"]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda: ("", 400), 400), (lambda: ("", 422), 422), (lambda: ("", 503), 503), (lambda: abort(404), 404),
        (raising(NotFound(what="x")), 404), (raising(InvalidInput({"x": "y"})), 422), (raising(DomainError()), 409),
        (raising(TooManyRequests(retry_after_seconds=7)), 429), (raising(RuntimeError("!")), 500),
        (raising(KeyError("!")), 500), (break_a_rule, 500), (lose_the_connection, 500),
    ],
)  # fmt: skip
def test_any_other_leaves_nothing(house: Flask, ask: Any, end: Any, status: int) -> None:
    response = ask(end)
    assert response.status_code == status
    assert kept(house) == []
    assert "all is well" not in response.get_data(as_text=True)
    # The connection that failed harms nobody who comes after.
    assert house.test_client().get("/products").status_code == 200


def test_a_commit_that_fails_is_reported_as_a_fault(ask: Any) -> None:
    response = ask(lose_the_connection)
    assert response.status_code == 500
    check_page(response)
    assert response.headers["X-Request-Id"]
    assert "Content-Security-Policy" in response.headers


def test_a_page_shown_for_an_error_sees_nothing_of_the_failed_act(house: Flask, route: Route) -> None:
    seen: list[int] = []

    def view() -> None:
        db.session.add(Category(slug="note", name="note"))
        db.session.flush()
        raise DomainError

    house.jinja_env.globals["language"] = lambda: seen.append(len(db.session.scalars(select(Category)).all())) or "zh"
    route("/write", view)
    assert house.test_client().get("/write").status_code == 409
    assert set(seen) == {0}


@pytest.mark.parametrize(
    ("sent", "answered"), [("abc", "abc"), ("x" * 200, "x" * 64), ("编号", None), ("", None), (None, None)]
)
def test_every_answer_has_a_request_id(house: Flask, sent: str | None, answered: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent}
    for path in ("/healthz", "/nothing"):
        found = house.test_client().get(path, headers=headers).headers["X-Request-Id"]
        assert found == answered if answered else len(found) in {2, 6, 16}


def test_two_requests_have_two_ids(house: Flask) -> None:
    client = house.test_client()
    assert client.get("/healthz").headers["X-Request-Id"] != client.get("/healthz").headers["X-Request-Id"]


def test_requests_are_measured_by_endpoint_not_by_address(house: Flask) -> None:
    def count(**labels: str) -> float:
        return REGISTRY.get_sample_value("banli_http_request_seconds_count", labels) or 0

    labels = {"endpoint": "shop.product", "method": "GET", "status": "404"}
    before, unknown = count(**labels), count(endpoint="none", method="GET", status="404")
    for path in ("/products/a", "/products/b", "/nothing"):
        house.test_client().get(path)
    assert count(**labels) == before + 2
    assert count(endpoint="none", method="GET", status="404") == unknown + 1


def test_a_route_without_a_guard_is_closed(house: Flask) -> None:
    house.add_url_rule("/forgotten", "forgotten", lambda: "secrets")
    response = house.test_client().get("/forgotten")
    assert response.status_code == 403
    assert "secrets" not in response.get_data(as_text=True)
