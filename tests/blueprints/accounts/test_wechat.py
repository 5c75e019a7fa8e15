"""Signing in with WeChat, through WeChat's own pages: back where one came from, with the whole cart, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.db import db
from core.settings import settings
from domain.accounts.models import Account, SignIn, WechatIdentity
from domain.cart import totals
from domain.cart.holding import Holder
from domain.cart.models import Cart
from gateways import registry
from tests.blueprints.accounts.wechat_round import (
    WECHAT_BROWSER,
    agree_inside_wechat,
    leave_for_wechat,
    scan_and_agree,
    sign_in_through_wechat,
    state_of,
)
from tests.factories.products import make_variant
from tests.fixtures.racing import committed
from tests.fixtures.unchanged import Unchanged
from tests.fixtures.web import Browser
from tests.fixtures.wechat import PretendWechat


def token_of(browser: Browser) -> str | None:
    with browser.client.session_transaction() as cookie:
        return cookie.get("token")


def who(browser: Browser) -> int:
    """200: somebody is signed in; 302: nobody."""
    return browser.get("/addresses").status_code


def carts(app: Flask) -> list[dict[str, int]]:
    """SKU → quantity of each account's cart, and that no visitor's cart is left."""
    with app.app_context():
        assert db.session.scalar(select(func.count(Cart.id)).where(Cart.visitor_hash.is_not(None))) == 0
        accounts = db.session.scalars(select(Cart.account_id).order_by(Cart.account_id)).all()
        return [
            {line.sku: line.quantity for line in totals.cart_totals(Holder(account_id=account)).lines}
            for account in accounts
        ]


def test_by_qr_code_and_back_to_where_one_was(browser: Browser, pretend_wechat: PretendWechat) -> None:
    assert who(browser) == 302
    response = sign_in_through_wechat(browser, pretend_wechat, first="/sign-in?next=/orders?status%3Dpaid")
    assert (response.status_code, response.headers["Location"]) == (302, "/orders?status=paid")
    assert who(browser) == 200
    assert "顾客辛" in browser.get("/me").get_data(as_text=True)


def test_inside_wechat(browser: Browser, pretend_wechat: PretendWechat) -> None:
    address = leave_for_wechat(browser, headers=WECHAT_BROWSER)
    assert "/connect/oauth2/authorize?" in address
    response = browser.get(agree_inside_wechat(address, "顾客辛"))
    assert (response.status_code, response.headers["Location"]) == (302, "/me")
    assert who(browser) == 200


def test_both_ways_are_the_same_account(app: Flask, browser: Browser, pretend_wechat: PretendWechat) -> None:
    sign_in_through_wechat(browser, pretend_wechat, "老陈")
    phone = Browser(app.test_client())
    phone.get(agree_inside_wechat(leave_for_wechat(phone, headers=WECHAT_BROWSER), "老陈"))
    with app.app_context():
        assert db.session.scalar(select(func.count(Account.id))) == 1
        assert db.session.scalar(select(func.count(WechatIdentity.openid))) == 2


def test_the_cart_comes_along_losing_nothing(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat, clean_database: None
) -> None:
    with committed(app):
        wine, cake, tofu = (make_variant(sku=sku, stock=500).sku for sku in ("wine", "cake", "tofu"))
    earlier = Browser(app.test_client())
    sign_in_through_wechat(earlier, pretend_wechat)
    for sku, quantity in ((wine, 2), (tofu, 60)):
        earlier.post("/cart/lines", {"sku": sku, "quantity": quantity})
    for sku, quantity in ((wine, 3), (cake, 1), (tofu, 60)):
        assert browser.post("/cart/lines", {"sku": sku, "quantity": quantity}).status_code == 302
    sign_in_through_wechat(browser, pretend_wechat)
    assert carts(app) == [{wine: 5, tofu: 99, cake: 1}]
    # Signing in once more adds nothing twice.
    sign_in_through_wechat(browser, pretend_wechat)
    assert carts(app) == [{wine: 5, tofu: 99, cake: 1}]


def test_a_first_buyers_cart_comes_along(app: Flask, browser: Browser, pretend_wechat: PretendWechat) -> None:
    with committed(app):
        sku = make_variant().sku
    response = browser.post("/cart/lines", {"sku": sku, "quantity": 4, "go": "checkout"})
    response = browser.get(response.headers["Location"])
    response = sign_in_through_wechat(browser, pretend_wechat, "新客", first=response.headers["Location"])
    assert response.headers["Location"] == f"/checkout?sku={sku}"
    assert carts(app) == [{sku: 4}]
    assert browser.get(response.headers["Location"]).status_code == 200


def test_a_session_made_before_signing_in_is_worth_nothing(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat
) -> None:
    browser.get("/sign-in")
    before = browser.client.get_cookie("banli")
    assert before is not None
    sign_in_through_wechat(browser, pretend_wechat)
    first = token_of(browser)
    thief = app.test_client()
    thief.set_cookie("banli", before.value)
    assert thief.get("/addresses").status_code == 302
    # Somebody else signs in on the same browser: the first person's cookie opens nothing any more.
    kept = browser.client.get_cookie("banli")
    assert kept is not None
    sign_in_through_wechat(browser, pretend_wechat, "另一位")
    assert token_of(browser) not in (None, first)
    thief.set_cookie("banli", kept.value)
    assert thief.get("/addresses").status_code == 302
    assert who(browser) == 200


def test_signing_out_ends_the_session_at_the_server(
    app: Flask, browser: Browser, pretend_wechat: PretendWechat
) -> None:
    sign_in_through_wechat(browser, pretend_wechat)
    cookie = browser.client.get_cookie("banli")
    assert cookie is not None
    assert browser.post("/sign-out").headers["Location"] == "/"
    assert who(browser) == 302
    copy = app.test_client()
    copy.set_cookie("banli", cookie.value)
    assert copy.get("/addresses").status_code == 302
    with app.app_context():
        assert db.session.scalars(select(SignIn.ended_at)).one() is not None


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "///evil.example", "https://evil.example/", "http:evil.example", "/\\evil.example", "\\\\evil.example",
     "javascript:alert(1)", "data:text/html,x", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example",
     "evil.example", "@evil.example", "", "%2F%2Fevil.example"],
)  # fmt: skip
@pytest.mark.parametrize("door", ["/sign-in", "/staff/sign-in"])
def test_nobody_is_sent_to_another_site(client: FlaskClient, door: str, target: str) -> None:
    """Staff or buyer: what the session keeps to go on to is a path of ours."""
    client.get(f"{door}?next={quote(target)}")
    with client.session_transaction() as cookie:
        assert cookie["staff_next" if "staff" in door else "next"] == ("" if "staff" in door else "/me")


def test_a_kept_target_is_checked_again_when_it_is_used(browser: Browser, pretend_wechat: PretendWechat) -> None:
    way_back = scan_and_agree(pretend_wechat, leave_for_wechat(browser), "顾客辛")
    with browser.client.session_transaction() as cookie:
        cookie["next"] = "//evil.example"
    assert browser.get(way_back).headers["Location"] == "/me"


@pytest.fixture
def way_back(browser: Browser, pretend_wechat: PretendWechat) -> Iterator[str]:
    """WeChat's answer to `browser`, not yet opened."""
    return scan_and_agree(pretend_wechat, leave_for_wechat(browser), "顾客辛")


def refusal(browser: Browser, path: str) -> tuple[int, list[str]]:
    response = browser.get(path, headers={"Accept": "application/json"})
    return response.status_code, list(response.get_json().get("fields", {}))


def test_another_browsers_answer_is_refused(app: Flask, way_back: str, unchanged: Unchanged) -> None:
    """The state proves that this browser asked: nobody can be signed in to somebody else's account by a link."""
    victim = Browser(app.test_client())
    with unchanged():
        assert refusal(victim, way_back) == (422, ["state"])
        leave_for_wechat(victim)
        assert refusal(victim, way_back) == (422, ["state"])
    assert who(victim) == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda path, state: path.replace(state, "0" * 32), "state"),
        (lambda path, state: path.replace(f"state={state}", "state="), "state"),
        (lambda path, state: path.replace(f"&state={state}", ""), "state"),
        (lambda path, state: path.replace(state, "%00"), "state"),
        (lambda path, state: path.replace(state, "状"), "state"),
        (lambda path, state: "/sign-in/callback", "state"),
        (lambda path, state: f"/sign-in/callback?state={state}", "code"),
        (lambda path, state: f"/sign-in/callback?state={state}&code=", "code"),
    ],
)
def test_an_altered_answer_is_refused(
    browser: Browser, way_back: str, unchanged: Unchanged, change: object, field: str
) -> None:
    assert callable(change)
    with unchanged():
        assert refusal(browser, change(way_back, state_of(way_back))) == (422, [field])
    assert who(browser) == 302


def test_an_answer_works_once(app: Flask, browser: Browser, way_back: str, unchanged: Unchanged) -> None:
    assert browser.get(way_back).status_code == 302
    with unchanged():
        assert refusal(browser, way_back) == (422, ["state"])


def test_a_used_code_under_a_new_state_is_refused_by_wechat(
    browser: Browser, way_back: str, unchanged: Unchanged
) -> None:
    browser.get(way_back)
    browser.post("/sign-out")
    fresh = state_of(leave_for_wechat(browser))
    with unchanged():
        status, _ = refusal(browser, way_back.replace(state_of(way_back), fresh))
    assert status == 400
    assert who(browser) == 302


@pytest.mark.parametrize("code", ["made-up", "a%00b", "x" * 3000, "%F0%9F%8D%B6", "' OR 1=1 --"])
def test_a_code_that_wechat_never_gave(
    browser: Browser, pretend_wechat: PretendWechat, unchanged: Unchanged, code: str
) -> None:
    state = state_of(leave_for_wechat(browser))
    with unchanged():
        assert refusal(browser, f"/sign-in/callback?code={code}&state={state}")[0] in {400, 422}
    assert who(browser) == 302


def test_somebody_who_refuses_is_told_so(browser: Browser, pretend_wechat: PretendWechat) -> None:
    answer = scan_and_agree(pretend_wechat, leave_for_wechat(browser), "顾客辛", act="refuse")
    assert refusal(browser, answer) == (422, ["code"])


def test_wechat_away_is_said_and_changes_nothing(
    browser: Browser, pretend_wechat: PretendWechat, unchanged: Unchanged, monkeypatch: pytest.MonkeyPatch
) -> None:
    way_back = scan_and_agree(pretend_wechat, leave_for_wechat(browser), "顾客辛")
    monkeypatch.setenv("WECHAT_API_BASE", "http://127.0.0.1:9")
    settings.cache_clear()
    registry.reset()
    with unchanged():
        response = browser.get(way_back)
    assert response.status_code == 503
    assert "稍后" in response.get_data(as_text=True)
    assert who(browser) == 302


def test_a_blocked_account_stays_out(app: Flask, browser: Browser, pretend_wechat: PretendWechat) -> None:
    sign_in_through_wechat(browser, pretend_wechat)
    with committed(app):
        db.session.scalars(select(Account)).one().is_active = False
    assert who(browser) == 302


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Browser, pretend_wechat: PretendWechat) -> None:
    cookie = sign_in_through_wechat(browser, pretend_wechat).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
