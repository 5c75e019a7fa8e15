"""Wrong calls: each gets a problem that names what is wrong, and changes nothing in any table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from core.clock import now
from core.db import db
from domain.accounts.models import Account, SignIn
from tests.blueprints.shop.api.conftest import World, make_world, open_token
from tests.blueprints.shop.api.phone import PREFIX, Phone, make_phone
from tests.factories.accounts import make_buyer
from tests.fixtures.database import empty_all
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged

GOOD_ADDRESS: dict[str, Any] = {
    "recipient": "顾客辛", "phone": "13900139000", "province": "福建省", "city": "漳州市", "district": "芗城区",
    "street": "延安北路 8 号",
}  # fmt: skip
GOOD_ORDER: dict[str, Any] = {"address_id": "{address}", "expected_total_fen": "{total_fen}"}
# A body that is in order, for each call that takes one.
BODIES: dict[str, Any] = {
    "POST /sign-in": {"code": "abc"},
    "POST /sign-in/phone": {"code": "abc"},
    "POST /cart/lines": {"sku": "{wine}", "quantity": 1},
    "PUT /cart/lines/{wine}": {"quantity": 1},
    "POST /addresses": GOOD_ADDRESS,
    "PUT /addresses/{address}": GOOD_ADDRESS,
    "POST /checkout/preview": {},
    "POST /orders": GOOD_ORDER,
    "POST /orders/{awaiting}/payment": {"channel": "mini"},
    "POST /orders/{awaiting}/cancel": {},
    "POST /coupons/codes": {"code": "NO-SUCH-CODE"},
    "POST /orders/{shipped}/confirm-receipt": {},
}
SIGNED_IN = [
    "GET /me", "GET /coupons", "POST /coupons/1/claim",
    "GET /addresses", "GET /addresses/{address}", "GET /orders", "GET /orders/{awaiting}",
    "DELETE /addresses/{address}", "POST /sign-out", *(call for call in BODIES if "cart" not in call)
]  # fmt: skip
SIGNED_IN.remove("POST /sign-in")
WITH_KEY = [
    *(call for call in BODIES if call not in {"POST /sign-in", "POST /checkout/preview"}),
    "DELETE /addresses/{address}", "DELETE /cart/lines/{wine}", "POST /coupons/1/claim", "POST /sign-out",
]  # fmt: skip
HUGE = 10**400


@dataclass(frozen=True)
class Wrong:
    """A call, the changes to its good body (None: the body itself), and the answer that must come."""

    call: str
    changes: Any
    status: int
    code: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.call} {str(self.changes)[:60]}"


def invalid(call: str, field: str, *values: Any) -> list[Wrong]:
    """Values that a field of a body refuses, naming it."""
    return [Wrong(call, {field: value}, 422, "invalid_input", (field,)) for value in values]


ORDER, LINES, LINE = "POST /orders", "POST /cart/lines", "PUT /cart/lines/{wine}"
ADDRESS, CHANGE = "POST /addresses", "PUT /addresses/{address}"
PAY, CANCEL, CONFIRM = (
    "POST /orders/{awaiting}/payment",
    "POST /orders/{awaiting}/cancel",
    "POST /orders/{shipped}/confirm-receipt",
)
NOT_TEXT: tuple[Any, ...] = (None, 7, True, [], {}, ["王"])
NOT_WORDS = (*NOT_TEXT, "", " ", "\u3000\u00a0", "a\u0000b", "two\nlines", "\ud800", "长" * 101)
NOT_A_COUNT: tuple[Any, ...] = (None, 0, -1, 100, 1.5, "1", True, HUGE, 2**63, [1])
NOT_AN_ID: tuple[Any, ...] = (None, 0, -1, 1.5, "1", True, HUGE, 2**63)

WRONG: list[Wrong] = [
    *invalid("POST /sign-in", "code", *NOT_TEXT, "", "two words", "x" * 513, "码"),
    *invalid("POST /sign-in/phone", "code", *NOT_TEXT, "", "two words", "x" * 513, "码"),
    *invalid(LINES, "sku", *NOT_TEXT, "", "../../etc", "a b", "x" * 41, "a\u0000b", "'; DROP TABLE carts; --"),
    *invalid(LINES, "quantity", *NOT_A_COUNT),
    *[Wrong(LINES, {"sku": sku}, 404, "not_found") for sku in ("NO-SUCH", "{hidden}")],
    *invalid(LINE, "quantity", *NOT_A_COUNT),
    *invalid(ADDRESS, "recipient", *NOT_WORDS),
    *invalid(ADDRESS, "phone", *NOT_TEXT, "", "23800138000", "1380013800", "138001380000", "+8613800138000", "1３800138000"),
    *invalid(ADDRESS, "street", *NOT_WORDS),
    *invalid(ADDRESS, "province", *NOT_WORDS),
    *invalid(ADDRESS, "is_default", None, 1, "true", []),
    *invalid(CHANGE, "city", *NOT_WORDS),
    *invalid(CHANGE, "district", *NOT_WORDS),
    *invalid("POST /checkout/preview", "address_id", *NOT_AN_ID[1:]),
    *invalid("POST /checkout/preview", "skus", [], "x", 7, {}, ["x"] * 101),
    Wrong("POST /checkout/preview", {"address_id": "{strange_address}"}, 404, "not_found"),
    *invalid(ORDER, "address_id", *NOT_AN_ID),
    *invalid(ORDER, "expected_total_fen", *NOT_AN_ID),
    *invalid(ORDER, "note", None, 7, True, [], {}, "a\u0000b", "\u001b[2J", "长" * 201, "\ud800"),
    *invalid(ORDER, "skus", [], "x", 7, {}, ["x"] * 101),
    Wrong(ORDER, {"skus": ["{wine}", 7]}, 422, "invalid_input", ("skus.1",)),
    Wrong(ORDER, {"address_id": "{strange_address}"}, 404, "not_found"),
    Wrong(ORDER, {"address_id": 2**53 - 1}, 404, "not_found"),
    Wrong(ORDER, {"expected_total_fen": 1}, 409, "total_changed"),
    Wrong(ORDER, {"expected_total_fen": 10**12}, 409, "total_changed"),
    Wrong(ORDER, {"skus": ["NO-SUCH"]}, 409, "cart_empty"),
    Wrong(ORDER, {"skus": ["{wine}"]}, 409, "total_changed"),
    Wrong(ORDER, {"total_fen": 1}, 422, "invalid_input", ("total_fen",)),
    Wrong(ORDER, {"freight_fen": -800}, 422, "invalid_input", ("freight_fen",)),
    *invalid(PAY, "channel", *NOT_TEXT, "", "native", "h5", "MINI", "alipay"),
    Wrong(PAY, {"openid": "someone-else"}, 422, "invalid_input", ("openid",)),
    Wrong(PAY, {"amount_fen": 1}, 422, "invalid_input", ("amount_fen",)),
    Wrong(PAY, {}, 409, "mini_program_not_linked"),
    *invalid(CANCEL, "reason", None, 7, True, [], {}, "a\u0000b", "\u001b[2J", "长" * 201, "\ud800"),
    Wrong(CANCEL, {"number": "{strange_order}"}, 422, "invalid_input", ("number",)),
    *invalid(CONFIRM, "part", 7, True, [], {}, "", "x", "{shipped}", "{shipped}-1; --", "１-1"),
    Wrong(CONFIRM, {"part": "{shipped}-9"}, 409, "nothing_to_receive"),
    Wrong(CONFIRM, {"part": "{strange_order}-1"}, 409, "nothing_to_receive"),
]  # fmt: skip
# Calls whose address is wrong: other people's things, things that are not there, and what can be no name of a thing.
ELSEWHERE: list[Wrong] = [
    *[Wrong(f"{method} /addresses/{{strange_address}}", body, 404, "not_found")
      for method, body in (("GET", None), ("PUT", GOOD_ADDRESS), ("DELETE", None))],
    *[Wrong(f"{method} /addresses/{wrong}", GOOD_ADDRESS if method == "PUT" else None, 422, "invalid_input", ("address_id",))
      for method in ("GET", "PUT", "DELETE")
      for wrong in ("0", "-1", "1.5", "abc", str(2**63), "9" * 400, "１", "null", "{wine}")],
    *[Wrong(f"{method} /cart/lines/{sku}", {"quantity": 1} if method == "PUT" else None, 404, "not_found")
      for method in ("PUT", "DELETE") for sku in ("NO-SUCH", "{scarce}", "{hidden}")],
    *[Wrong(f"{method} /cart/lines/{sku}", {"quantity": 1} if method == "PUT" else None, 422, "invalid_input", ("sku",))
      for method in ("PUT", "DELETE") for sku in ("a%20b", "x" * 41, "酒", "%27%3B--", "..%5C..", "%F0%9F%8D%B6")],
    *[Wrong(f"POST /orders/{number}/{act}", body, 404, "not_found")
      for number in ("{strange_order}", "260101AAAAAAAAAA")
      for act, body in (("payment", {"channel": "mini"}), ("cancel", {}), ("confirm-receipt", {}))],
    *[Wrong(f"GET /orders/{number}", None, 404, "not_found") for number in ("{strange_order}", "260101AAAAAAAAAA")],
    *[Wrong(f"POST /orders/{number}/{act}", body, 422, "invalid_input", ("number",))
      for number in ("abc", "x" * 400, "2601-01", "酒" * 8, "%27OR%271%27=%271")
      for act, body in (("payment", {"channel": "mini"}), ("cancel", {}), ("confirm-receipt", {}))],
    *[Wrong(f"GET /orders/{number}", None, 422, "invalid_input", ("number",))
      for number in ("abc", "x" * 400, "2601-01", "酒" * 8, "12345", "1" * 21, "%20", "2611-1", "a.b")],
    *[Wrong(f"GET /{noun}/{slug}", None, 404, "not_found") for noun in ("products", "workshops") for slug in ("none", "0", "-1")],
    *[Wrong(f"GET /{noun}/{slug}", None, 422, "invalid_input", ("slug",))
      for noun in ("products", "workshops") for slug in ("a%20b", "x" * 81, "酒", "%27--", "a.b", "%E3%80%80")],
    Wrong("POST /orders/{shipped}/cancel", {}, 409, "transition_refused"),
    Wrong("POST /orders/{awaiting}/confirm-receipt", {}, 409, "nothing_to_receive"),
]  # fmt: skip
QUERIES = {
    "/products": {
        "brand": ["HONG", "red", "", "hong,xian"], "category": ["%00", "a b", "x" * 81], "workshop": ["%00", "酒"],
        "q": ["", " ", "%00", "长" * 41, "%0A"], "sort": ["", "price", "id desc"], "page": ["1"],
        "limit": ["0", "-1", "51", "1e9", "", "abc", "9" * 500, "1.5"], "lang": ["en"],
        "cursor": ["", "%00", "abc", "WzFd", "bnVsbA", "W10", "eyJhIjoxfQ", "x" * 201, "WyJkZWZhdWx0IiwwLHRydWVd"],
    },
    "/workshops": {
        "kind": ["", " ", "%00", "长" * 41], "town": ["", "%00", "长" * 41], "limit": ["0", "-1", "51", "abc"],
        "cursor": ["", "abc", "WzFd", "x" * 201], "is_member": ["true"],
    },
    "/orders": {
        "status": ["", "PAID", "lost", "paid,expired"], "limit": ["0", "-1", "51", "abc"], "account_id": ["1"],
        "cursor": ["", "abc", "W10", "WyJhIl0", "WzEuNV0", "x" * 201],
    },
    "/home": {"x": ["1"]}, "/cart": {"account_id": ["1"]}, "/me": {"id": ["1"]}, "/categories": {"limit": ["1"]},
    "/addresses": {"account_id": ["1"]},
}  # fmt: skip


NO_OBJECTS = [
    (b"", "application/json", 400, "bad_request"),
    (b"{", "application/json", 400, "bad_request"),
    (b"\xff\xfe", "application/json", 400, "bad_request"),
    (b"[" * 30_000, "application/json", 400, "bad_request"),
    (b"1" * 5000, "application/json", 400, "bad_request"),
    (b"{}", "text/plain", 415, "unsupported_media_type"),
    (b"sku=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b" " * 65_537, "application/json", 413, "request_entity_too_large"),
    (b"[]", "application/json", 422, "invalid_input"),
    (b'"{}"', "application/json", 422, "invalid_input"),
    (b"null", "application/json", 422, "invalid_input"),
    (b'{"surprise": 1}', "application/json", 422, "invalid_input"),
]


@pytest.fixture(scope="module")
def world(app: Flask) -> Iterator[World]:
    """One for all tests of this module: none of them may change anything."""
    with committed(app):
        made = make_world()
    yield made
    with app.app_context():
        empty_all()


@pytest.fixture(scope="module")
def phone(app: Flask, world: World) -> Phone:
    return make_phone(app, open_token(app, world.buyer))


@pytest.mark.parametrize("call", dict.fromkeys(wrong.call for wrong in WRONG))
def test_wrong_bodies(phone: Phone, world: World, unchanged: Unchanged, call: str) -> None:
    mine = [wrong for wrong in WRONG if wrong.call == call]
    assert len(mine) >= 10
    with unchanged():
        for wrong in mine:
            _assert_refused(phone, world, wrong, BODIES[wrong.call] | wrong.changes)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_wrong_addresses(phone: Phone, world: World, unchanged: Unchanged, method: str) -> None:
    with unchanged():
        for wrong in ELSEWHERE:
            if wrong.call.startswith(method):
                _assert_refused(phone, world, wrong, wrong.changes)


@pytest.mark.parametrize("path", QUERIES)
def test_wrong_queries(phone: Phone, world: World, path: str) -> None:
    for name, values in QUERIES[path].items():
        for value in values:
            response = phone.ask("GET", path, query_string=f"{name}={value}")
            assert (response.status_code, list(response.get_json()["fields"])) == (422, [name]), f"{name}={value}"


@pytest.mark.parametrize("call", [ADDRESS, CHANGE])
def test_each_part_of_an_address_is_needed(phone: Phone, world: World, unchanged: Unchanged, call: str) -> None:
    with unchanged():
        for field in GOOD_ADDRESS:
            body = {name: value for name, value in GOOD_ADDRESS.items() if name != field}
            _assert_refused(phone, world, Wrong(call, None, 422, "invalid_input", (field,)), body)


@pytest.mark.parametrize("call", BODIES)
def test_a_body_that_is_no_object_of_ours(phone: Phone, world: World, unchanged: Unchanged, call: str) -> None:
    method, path = _filled(call, world).split(" ", 1)
    with unchanged():
        for raw, content_type, status, code in NO_OBJECTS:
            response = phone.ask(method, path, data=raw, content_type=content_type)
            assert (response.status_code, response.get_json()["code"]) == (status, code), raw[:20]
            if b"surprise" in raw:
                assert "surprise" in response.get_json()["fields"]


@pytest.mark.parametrize(
    "token", ["none", "unknown", "malformed", "basic", "expired", "ended", "closed account", "sql"]
)
def test_nobody_without_a_living_token(app: Flask, world: World, unchanged: Unchanged, token: str) -> None:
    phone = make_phone(app)
    headers = _authorization(app, token)
    with unchanged():
        for call in SIGNED_IN:
            method, path = _filled(call, world).split(" ", 1)
            response = phone.ask(method, path, json=_filled(BODIES.get(call), world), headers=headers)
            assert response.status_code == 401, call
            assert response.get_json()["code"] == ("not_signed_in" if token == "none" else "token_invalid"), call
            assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/home", "/products", "/cart", "/workshops", "/categories"])
def test_a_dead_token_is_told_even_where_none_is_needed(app: Flask, world: World, path: str) -> None:
    """Else a client would not notice that nobody is signed in any more."""
    response = make_phone(app, token="dead").get(path)
    assert (response.status_code, response.get_json()["code"]) == (401, "token_invalid")


def test_a_change_without_a_key(phone: Phone, world: World, unchanged: Unchanged) -> None:
    with unchanged():
        for call in WITH_KEY:
            method, path = _filled(call, world).split(" ", 1)
            response = phone.ask(method, path, json=_filled(BODIES.get(call), world), key="")
            assert (response.status_code, list(response.get_json()["fields"])) == (422, ["Idempotency-Key"]), call


@pytest.mark.parametrize(
    ("visitor", "status"), [("", 401), ("short", 422), ("x" * 44, 422), ("x" * 42 + "!", 422), ("ü" * 43, 422)]
)
def test_a_cart_is_somebodys(app: Flask, world: World, unchanged: Unchanged, visitor: str, status: int) -> None:
    headers = {"X-Visitor-Token": visitor.encode().decode("latin-1")} if visitor else {}
    with unchanged():
        for call in ("GET /cart", LINES, LINE, "DELETE /cart/lines/{wine}"):
            method, path = _filled(call, world).split(" ", 1)
            response = make_phone(app).ask(method, path, json=_filled(BODIES.get(call), world), headers=headers)
            assert response.status_code == status, call
            if status == 422:
                assert list(response.get_json()["fields"]) == ["X-Visitor-Token"]


def test_the_cookie_of_the_web_opens_nothing_here(app: Flask, world: World) -> None:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = open_token(app, world.buyer)
    assert client.get(f"{PREFIX}/me").status_code == 401


def _assert_refused(phone: Phone, world: World, wrong: Wrong, body: Any) -> None:
    method, path = _filled(wrong.call, world).split(" ", 1)
    response = phone.ask(method, path, json=_filled(body, world))
    problem = response.get_json()
    assert (response.status_code, problem["code"]) == (wrong.status, wrong.code), (str(wrong), problem)
    assert problem["title"]
    if wrong.fields:
        assert tuple(problem["fields"]) == wrong.fields, str(wrong)
        assert all(problem["fields"].values())


def _filled(value: Any, world: World) -> Any:
    """`{name}` in texts becomes what the world has under that name; alone it keeps its type."""
    if isinstance(value, dict):
        return {name: _filled(part, world) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, world) for part in value]
    if isinstance(value, str):
        alone = re.fullmatch(r"\{(\w+)\}", value)
        if alone and hasattr(world, alone[1]):
            return getattr(world, alone[1])
        return re.sub(r"\{(\w+)\}", lambda match: str(getattr(world, match[1])), value)
    return value


def _authorization(app: Flask, kind: str) -> dict[str, str]:
    if kind == "none":
        return {}
    fixed = {"unknown": "Bearer " + "x" * 43, "malformed": "Bearer", "basic": "Basic eDp5", "sql": "Bearer ' OR 1=1 --"}
    if kind in fixed:
        return {"Authorization": fixed[kind]}
    with committed(app):
        account_id = make_buyer().id
    token = open_token(app, account_id)
    with committed(app):
        mine = update(SignIn).where(SignIn.account_id == account_id)
        if kind == "expired":
            db.session.execute(mine.values(expires_at=now() - timedelta(seconds=1)))
        elif kind == "ended":
            db.session.execute(mine.values(ended_at=now()))
        else:
            db.session.execute(update(Account).where(Account.id == account_id).values(is_active=False))
    return {"Authorization": f"Bearer {token}"}
