"""Staff at their door: a right pair opens the console, a wrong one tells nothing, and guessing is slowed down."""

from __future__ import annotations

import time
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from domain.accounts.models import Account, SignIn, StaffCredential
from domain.cart.models import CartLine
from tests.factories.accounts import PASSWORD, make_owner
from tests.factories.products import make_variant
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import check_page, text_of
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser


@pytest.fixture
def username(app: Flask, clean_database: None) -> str:
    """An owner's user name; the password is PASSWORD."""
    with committed(app):
        workshop = make_workshop()
        make_owner(workshop)
        return f"owner-{workshop.id}"


@pytest.fixture(autouse=True)
def middle_of_a_window() -> None:
    """Tries are counted by the minute on the clock: don't start a test that counts them just before one ends."""
    if time.time() % 60 > 50:
        time.sleep(60 - time.time() % 60)


def try_in(browser: Browser, username: str, password: str, **options: Any) -> Any:
    return browser.post("/staff/sign-in", {"username": username, "password": password}, **options)


def test_a_right_pair_opens_the_console(browser: Browser, username: str) -> None:
    assert browser.get("/workshop").headers["Location"] == "/staff/sign-in?next=/workshop"
    browser.get("/staff/sign-in")
    response = try_in(browser, username, PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/workshop")
    assert browser.get("/workshop").status_code == 200
    assert browser.post("/sign-out").status_code == 302
    assert browser.get("/workshop").status_code == 302


def test_one_goes_on_to_where_one_was(browser: Browser, username: str) -> None:
    token = browser.csrf_token()
    browser.get("/staff/sign-in?next=/workshop/orders%3Fstatus%3Dto_pack")
    form = {"username": username, "password": PASSWORD, "csrf_token": token}
    assert browser.client.post("/staff/sign-in", data=form).headers["Location"] == "/workshop/orders?status=to_pack"


def test_spaces_around_a_name_are_forgiven(browser: Browser, username: str) -> None:
    assert try_in(browser, f"  {username} ", PASSWORD).status_code == 302


def test_the_cart_comes_along(app: Flask, browser: Browser, username: str) -> None:
    with committed(app):
        sku = make_variant().sku
    browser.post("/cart/lines", {"sku": sku, "quantity": 3})
    try_in(browser, username, PASSWORD)
    with app.app_context():
        assert db.session.scalars(select(CartLine.quantity)).all() == [3]
    assert sku in browser.get("/cart").get_data(as_text=True)


def test_only_a_hash_of_the_password_is_kept(app: Flask, username: str) -> None:
    with app.app_context():
        kept = db.session.scalars(select(StaffCredential.password_hash)).one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert PasswordHasher().verify(kept, PASSWORD)


def test_only_a_hash_of_the_token_is_kept(app: Flask, browser: Browser, username: str) -> None:
    try_in(browser, username, PASSWORD)
    with browser.client.session_transaction() as cookie:
        token = cookie["token"]
    with app.app_context():
        kept = db.session.scalars(select(SignIn.token_hash)).one()
    assert token not in kept
    assert len(kept) == 64


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    browser: Browser, username: str, unchanged: Unchanged
) -> None:
    with unchanged():
        wrong = try_in(browser, username, "not-it")
        unknown = try_in(browser, "nobody", "not-it")
    assert wrong.status_code == unknown.status_code == 401
    texts = [text_of(check_page(response)) for response in (wrong, unknown)]
    assert texts[0] == texts[1]
    assert "用户名或密码不对" in texts[0]
    assert "not-it" not in wrong.get_data(as_text=True)


BAD_FORMS: list[tuple[dict[str, str], int, str]] = [
    ({}, 422, "username"),
    ({"username": "", "password": "x"}, 422, "username"),
    ({"username": "   ", "password": "x"}, 422, "username"),
    ({"username": "{username}"}, 422, "password"),
    ({"username": "{username}", "password": ""}, 422, "password"),
    ({"username": "{username}", "password": "   "}, 422, "password"),
    ({"username": "x" * 65, "password": "x"}, 422, "username"),
    ({"username": "a\0b", "password": "x"}, 422, "username"),
    ({"username": "{username}", "password": "x" * 257}, 422, "password"),
]
BAD_PAIRS = [
    ("{username}", "wrong"), ("{username}", "a-test-passwor"), ("{username}", "A-TEST-PASSWORD"), ("nobody", "a-test-password"),
    ("OWNER", "a-test-password"), ("' OR 1=1 --", "x"), ("{username}'--", "a-test-password"), ("🍶", "🍶"), ("%", "%"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "status", "field"), BAD_FORMS)
def test_a_wrong_form_names_the_field(
    browser: Browser, username: str, unchanged: Unchanged, form: dict[str, str], status: int, field: str
) -> None:
    with unchanged():
        response = browser.post("/staff/sign-in", {name: text.format(username=username) for name, text in form.items()})
    assert response.status_code == status
    document = check_page(response)
    wrong = [each.get("name") for each in document.iter("input") if each.get("aria-invalid")]
    assert field in wrong
    assert any(each.get("id") == f"error-{field}" and text_of(each) for each in document.iter())


@pytest.mark.parametrize(("name", "password"), BAD_PAIRS)
def test_a_wrong_pair_opens_nothing(
    browser: Browser, username: str, unchanged: Unchanged, name: str, password: str
) -> None:
    with unchanged():
        assert try_in(browser, name.format(username=username), password).status_code == 401
    assert browser.get("/workshop").status_code == 302


def test_a_field_nobody_asked_for_is_refused(browser: Browser, username: str, unchanged: Unchanged) -> None:
    with unchanged():
        form = {"username": username, "password": PASSWORD, "role": "operator"}
        assert browser.post("/staff/sign-in", form).status_code == 422


def test_without_the_forms_token(app: Flask, username: str, unchanged: Unchanged) -> None:
    with unchanged():
        response = app.test_client().post("/staff/sign-in", data={"username": username, "password": PASSWORD})
    assert response.status_code == 400
    assert "页面已过期" in text_of(check_page(response))


def test_somebody_who_left_stays_out(app: Flask, browser: Browser, username: str, unchanged: Unchanged) -> None:
    with committed(app):
        db.session.scalars(select(Account)).one().is_active = False
    with unchanged():
        assert try_in(browser, username, PASSWORD).status_code == 403


def test_the_eleventh_try_has_to_wait(app: Flask, browser: Browser, username: str, unchanged: Unchanged) -> None:
    """Even with the right password, and from a browser without the cookies of the ten tries before."""
    for _ in range(10):
        assert try_in(browser, username, "guess").status_code == 401
    other = Browser(app.test_client())
    with unchanged():
        response = try_in(other, username, PASSWORD)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 300
    assert "频繁" in text_of(check_page(response))
    assert other.get("/workshop").status_code == 302


def test_guesses_from_many_machines_at_one_name_have_to_wait(app: Flask, browser: Browser, username: str) -> None:
    answers = [
        try_in(browser, username, "guess", environ_overrides={"REMOTE_ADDR": f"192.0.2.{place}"}).status_code
        for place in range(11)
    ]
    assert answers == [401] * 10 + [429]
    with app.app_context():
        assert db.session.scalar(select(func.count(SignIn.id))) == 0


def test_a_buyer_is_no_staff(app: Flask, sign_in: Any, clean_database: None) -> None:
    from tests.factories.accounts import make_buyer

    with committed(app):
        buyer = make_buyer().id
    response = sign_in(buyer).get("/workshop")
    assert response.status_code == 403
    check_page(response)


def test_a_closed_account_hears_so_and_only_with_its_password(app: Flask, username: str, browser: Browser) -> None:
    with committed(app):
        db.session.query(Account).update({"is_active": False})
    form = {"username": username, "password": PASSWORD}
    refused = browser.post("/staff/sign-in", form)
    assert refused.status_code == 403
    assert "这个账号已停用，请联系集群运营" in text_of(check_page(refused))
    wrong = browser.post("/staff/sign-in", form | {"password": "guessed"})
    assert "停用" not in text_of(check_page(wrong))
    with app.app_context():
        assert db.session.scalar(select(func.count(SignIn.id))) == 0
