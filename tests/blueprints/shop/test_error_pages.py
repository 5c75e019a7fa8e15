"""What goes wrong is said on a page of ours: the status, a sentence, a way on, and a number to quote."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.fixtures.pages import check_page, text_of
from tests.fixtures.web import Browser


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("GET", "/products/none", 404), ("GET", "/orders/1/paid/x", 404), ("DELETE", "/cart", 405),
        ("GET", "/cart/lines", 405), ("POST", "/cart/lines", 400), ("POST", "/checkout", 400), ("GET", "/products?page=0", 422),
    ],
)  # fmt: skip
def test_each_error_is_a_page(client: FlaskClient, language: str, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method, headers={"Accept-Language": language, "X-Request-Id": "quote-me"})
    assert response.status_code == status
    document = check_page(response)
    assert document.get("lang", "")[:2] == language
    body = document.find(".//body")
    assert body is not None
    assert body.get("data-error") == str(status)
    assert "quote-me" in text_of(document)
    assert "/" in {link.get("href") for link in document.iter("a")}
    assert response.headers["X-Request-Id"] == "quote-me"


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    assert set(client.get("/cart/lines").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_somebody_who_has_to_sign_in_first(browser: Browser) -> None:
    response = browser.post("/addresses")
    assert response.status_code == 401
    assert "/sign-in" in {link.get("href") for link in check_page(response).iter("a")}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"sku=" + b"x" * 600_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % place for place in range(2000)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_far_too_large(browser: Browser, data: bytes, kind: str) -> None:
    response = browser.client.post("/cart/lines", data=data, content_type=kind)
    assert response.status_code in {400, 413}
    check_page(response)


def test_an_upload_that_is_far_too_large(browser: Browser) -> None:
    large = b"x" * (32 * 1024 * 1024 + 1)
    response = browser.client.post("/cart/lines", data=large, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 413
    assert "太大" in text_of(check_page(response))


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of products has a fault that nobody foresaw."""

    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("secret of the machine")

    monkeypatch.setattr("domain.catalog.listing.list_cards", fail)


@pytest.mark.usefixtures("broken")
def test_a_fault_of_ours_tells_no_secrets(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get("/products", headers={"X-Request-Id": "quote-me"})
    assert response.status_code == 500
    text = response.get_data(as_text=True)
    assert "secret" not in text
    assert "RuntimeError" not in text
    assert "quote-me" in text_of(check_page(response))
    assert "unhandled_error" in caplog.text
    assert "secret of the machine" in caplog.text


@pytest.mark.usefixtures("broken")
def test_a_program_gets_a_problem_document(client: FlaskClient) -> None:
    response = client.get("/products", headers={"Accept": "application/json"})
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    problem = response.get_json()
    assert (problem["status"], problem["code"], problem["type"]) == (
        500,
        "internal_error",
        "urn:banli:error:internal_error",
    )
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert "secret" not in response.get_data(as_text=True)
