"""What browsers fetch beside a page: joined stylesheets, packed texts, no cookies."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db
from tests.factories.accounts import make_buyer
from tests.fixtures.environment import ROOT

PACKED = {"Accept-Encoding": "gzip, deflate, br"}
CSS = ROOT / "static" / "css"


def get(client: FlaskClient, address: str, headers: dict[str, str] | None = None) -> TestResponse:
    """The whole answer; the file behind it is closed."""
    return client.get(address, headers=headers, buffered=True)


def stylesheets(response: TestResponse) -> list[str]:
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', response.get_data(as_text=True).replace("&amp;", "&"))


def test_a_page_waits_for_two_stylesheets(client: FlaskClient) -> None:
    addresses = stylesheets(get(client, "/cart"))
    assert len(addresses) == 2
    layout = get(client, addresses[0])
    assert layout.mimetype == "text/css"
    body = layout.get_data(as_text=True)
    assert body.startswith((CSS / "tokens.css").read_text())
    assert body.index((CSS / "base.css").read_text()) < body.index((CSS / "utilities.css").read_text())
    assert layout.headers["Cache-Control"] == "public, max-age=31536000"


@pytest.mark.parametrize(
    "names",
    ["nothing", "base,nothing", "../../app", "base,../../.env", "components//icon", "", "base,", "BASE", "base/"],
)
def test_no_stylesheet_by_that_name(client: FlaskClient, names: str) -> None:
    assert get(client, f"/styles/{names}.css").status_code == 404


def test_not_too_many_stylesheets(client: FlaskClient) -> None:
    assert get(client, f"/styles/{','.join(['base'] * 41)}.css").status_code == 404


def test_addresses_in_styles_do_not_depend_on_the_place_of_the_file() -> None:
    addresses = [
        found for path in CSS.rglob("*.css") for found in re.findall(r'url\(["\']?([^"\')]+)', path.read_text())
    ]
    assert addresses
    for address in addresses:
        assert address.startswith("/static/")
        assert (ROOT / address[1:]).is_file(), address


@pytest.mark.parametrize("path", ["/cart", "/static/js/player.js", "/static/img/ui/icons.svg"])
def test_texts_are_packed_for_who_takes_it(client: FlaskClient, path: str) -> None:
    plain, packed = get(client, path), get(client, path, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert packed.content_length == len(packed.data) < len(plain.data) / 2
    unpacked = gzip.decompress(packed.data)
    if path.startswith("/static/"):
        assert unpacked == plain.data
    else:
        assert b"</html>" in unpacked


def test_a_packed_file_is_not_sent_twice(client: FlaskClient) -> None:
    first = get(client, "/static/js/player.js", headers=PACKED)
    again = get(client, "/static/js/player.js", headers=PACKED | {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


def test_pictures_and_parts_of_files_stay_as_they_are(client: FlaskClient, tmp_path: Path) -> None:
    picture = next((ROOT / "static" / "generated").rglob("*.webp"), None)
    if picture:
        answer = get(client, f"/{picture.relative_to(ROOT)}", headers=PACKED)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
    part = get(client, "/static/js/player.js", headers=PACKED | {"Range": "bytes=0-999"})
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers


def test_the_length_of_a_page_tells_nothing(client: FlaskClient) -> None:
    lengths = {len(get(client, "/staff/sign-in", headers=PACKED).data) for _ in range(12)}
    assert len(lengths) > 3


def test_files_carry_no_cookie(app: Flask, client: FlaskClient) -> None:
    from domain.accounts.signing_in import open_session

    with app.app_context():
        token = open_session(make_buyer(), "test")
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie.permanent = True
        cookie["token"] = token
    assert "Set-Cookie" in get(client, "/me").headers
    for address in ("/static/js/player.js", "/styles/base.css"):
        answer = get(client, address)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
