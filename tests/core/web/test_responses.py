"""Errors in two forms, a page for people and RFC 9457 for programs; and the headers that keep every answer safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.errors import DomainError, InvalidInput, OutsideUnavailable, TooManyRequests
from core.settings import settings
from tests.fixtures.pages import check_page, text_of
from tests.fixtures.wechat import PretendWechat

Route = Callable[..., None]
PAGES = ["/", "/products", "/nothing", "/healthz", "/metrics", "/api/v1/products", "/api/v1/nothing", "/static/img/seal.svg",
         "/sign-in", "/orders", "/callbacks/wechat-pay", "/readyz"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_guarded_by_its_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert not [words for words in policy.values() if "unsafe" in words or "*" in words]
    for name in ("default-src", "script-src", "style-src", "connect-src"):
        assert policy[name] == "'self'", name
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert policy[name] == "'none'", name


def test_no_page_needs_what_the_policy_forbids(client: FlaskClient) -> None:
    """No inline script, no inline style, nothing from another host."""
    for path in ("/", "/products", "/cart", "/sign-in", "/staff/sign-in", "/scan", "/live", "/workshops", "/nothing"):
        document = check_page(client.get(path))
        assert not document.findall(".//style"), path
        assert not document.findall(".//*[@style]"), path
        assert not [each for each in document.iter("script") if not each.get("src")], path
        handlers = [name for each in document.iter() for name in each.attrib if name.startswith("on")]
        assert not handlers, path
        sources = [
            each.get("src") or each.get("href") or ""
            for tag in ("script", "link", "img")
            for each in document.iter(tag)
        ]
        assert not [source for source in sources if "://" in source], path


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from tests.core.test_settings import REAL

    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_in_production_browsers_stay_with_https(client: FlaskClient, in_production: None) -> None:
    headers = client.get("/healthz").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    targets = headers["Content-Security-Policy"].split("form-action ")[1].split()
    assert targets[0] == "'self'"
    assert all(target.startswith("https://") for target in targets[1:])


def test_in_production_cookies_travel_over_https_only(in_production: None, house: Flask) -> None:
    cookie = house.test_client().get("/staff/sign-in", base_url="https://shop.example.cn").headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


class KettleCold(DomainError):
    status = 418
    message = "水还没有开"


def ask(house: Flask, route: Route, error: Exception, path: str = "/kettle", **headers: str) -> Any:
    def view() -> None:
        raise error

    route(path, view)
    return house.test_client().get(path, headers=headers)


def test_a_domain_error_as_a_page(house: Flask, route: Route) -> None:
    response = ask(house, route, KettleCold())
    assert response.status_code == 418
    assert "水还没有开" in text_of(check_page(response))


@pytest.mark.parametrize("path", ["/api/kettle", "/callbacks/kettle"])
def test_a_domain_error_as_a_problem(house: Flask, route: Route, path: str) -> None:
    response = ask(house, route, KettleCold(), path)
    assert response.mimetype == "application/problem+json"
    assert response.get_json() == {
        "type": "urn:banli:error:kettle_cold", "title": "水还没有开", "status": 418, "code": "kettle_cold",
        "request_id": response.headers["X-Request-Id"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True), ("application/json, text/html;q=0.5", True), ("text/html", False), ("*/*", False),
        ("text/html, application/json;q=0.9", False), ("", False), ("image/webp", False),
    ],
)  # fmt: skip
def test_who_asks_for_json_gets_it(house: Flask, route: Route, accept: str, is_json: bool) -> None:
    response = ask(house, route, KettleCold(), Accept=accept)
    assert (response.mimetype == "application/problem+json") is is_json


def test_wrong_fields_are_named_in_both_forms(house: Flask, route: Route) -> None:
    error = InvalidInput({"lines.0.quantity": "请填写整数", "note": "最多 200 个字"})
    page = text_of(check_page(ask(house, route, error)))
    assert "lines.0.quantity 请填写整数" in page
    assert "note 最多 200 个字" in page
    problem = house.test_client().get("/kettle", headers={"Accept": "application/json"}).get_json()
    assert problem["fields"] == error.fields


def test_what_people_typed_is_never_markup(house: Flask, route: Route) -> None:
    response = ask(house, route, InvalidInput({"<script>": "<img src=x onerror=alert(1)>"}))
    assert (
        "<script>" not in response.get_data(as_text=True).replace("</script>", "").split("<main")[1].split("</main")[0]
    )
    assert not check_page(response).findall(".//main//script")


def test_too_many_requests_say_when_to_come_back(house: Flask, route: Route) -> None:
    response = ask(house, route, TooManyRequests(retry_after_seconds=17))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "17")


def test_the_outside_being_away_is_503(house: Flask, route: Route) -> None:
    assert ask(house, route, OutsideUnavailable()).status_code == 503


def test_texts_are_in_the_users_language(house: Flask, route: Route) -> None:
    response = ask(house, route, OutsideUnavailable(), **{"Accept-Language": "en", "Accept": "application/json"})
    title = response.get_json()["title"]
    assert title.isascii(), title


def test_who_waited_too_long_for_a_lock_may_try_again(app: Flask, pretend_wechat: PretendWechat) -> None:
    """A notice that nobody could keep for ten seconds is sent again by WeChat; it isn't a fault of ours."""
    from core.db import db

    crafted = pretend_wechat.ask("notices/craft", {"out_trade_no": "LOCKED0001M"})
    with app.app_context(), db.engine.begin() as other:
        other.exec_driver_sql("LOCK TABLE payment_notices")
        answer = app.test_client().post("/callbacks/wechat-pay", data=crafted["body"], headers=crafted["headers"])
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"
