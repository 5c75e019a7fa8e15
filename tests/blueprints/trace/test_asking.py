"""`/scan`: typing a code leads to its page, or says what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote
from xml.etree.ElementTree import Element

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.blueprints.trace.conftest import PHONE, Pack
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

CheckPage = Callable[[TestResponse], Element]


def test_the_form_is_there(client: FlaskClient, page: CheckPage) -> None:
    document = page(client.get("/scan", headers=PHONE))
    (form,) = [form for form in document.iter("form") if form.get("action") == "/scan"]
    assert [field.get("name") for field in form.iter("input") if field.get("type") == "text"] == ["code"]


def test_every_way_of_typing_leads_to_the_page(client: FlaskClient, pack: Pack) -> None:
    packet = pack()
    serial = packet.serial
    for code in (
        packet.path,
        f"https://elsewhere.example.cn{packet.path}?x=1",
        serial,
        f"{serial[:4]} {serial[4:8]} {serial[8:]}".lower(),
    ):
        response = client.get(f"/scan?code={quote(code)}", headers=PHONE)
        assert response.status_code == 303
        assert response.location == packet.path
    assert client.get(f"/scan?code={packet.gtin}").location == f"/01/{packet.gtin}"
    assert client.get(f"/scan?code={packet.lot}").location == packet.batch_path


def test_a_posted_form_leads_there_too(browser: Browser, pack: Pack) -> None:
    packet = pack()
    assert browser.post("/scan", {"code": packet.serial}).location == packet.path
    assert browser.client.post("/scan", data={"code": packet.serial}).status_code == 400  # no CSRF token


@pytest.mark.parametrize(
    "code",
    ["hello", "09521000101013", "/01/09521000101013/10/A", "/01/09521000101012/21/A/10/B", "12345678", "批号", "０９５２",
     "'; DROP TABLE batches; --", "<script>alert(1)</script>", "javascript:alert(1)", "//evil.example/01/",
     "https://evil.example/", "%00", "A1B2C3D4E5F6", "x" * 301],
)  # fmt: skip
def test_what_is_no_code_of_ours_is_said_at_the_field(client: FlaskClient, page: CheckPage, code: str) -> None:
    response = client.get("/scan", query_string={"code": code}, headers=PHONE)
    assert response.status_code == 422
    document = page(response)
    error = document.find(".//p[@id='error-code']")
    assert error is not None
    assert text_of(error)
    field = document.find(".//input[@id='field-code']")
    assert field is not None
    assert field.get("aria-invalid") == "true"
    assert field.get("value") == code[:300]
    assert "<script>alert" not in response.text


def test_an_empty_form_says_what_to_do(browser: Browser, page: CheckPage) -> None:
    response = browser.post("/scan", {"code": " "})
    assert response.status_code == 422
    assert "请先扫码" in text_of(page(response))


def test_a_redirect_stays_in_this_house(client: FlaskClient, pack: Pack) -> None:
    packet = pack()
    response = client.get("/scan", query_string={"code": f"https://evil.example{packet.path}"})
    assert response.location == packet.path


def test_guessing_is_slowed_down(client: FlaskClient) -> None:
    answers = {client.get("/scan?code=ABCDEFGHJKMN", headers=PHONE).status_code for _ in range(120)}
    assert answers == {422}
    assert client.get("/scan?code=ABCDEFGHJKMN", headers=PHONE).status_code == 429
    assert client.get("/scan", headers=PHONE).status_code == 200
