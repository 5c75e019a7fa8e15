"""Wrong, forged and foreign codes: each has a clear answer, and nothing is counted or changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.settings import settings
from domain.products.models import ListingStatus
from tests.blueprints.trace.conftest import PHONE, Pack
from tests.fixtures.pages import text_of

CheckPage = Callable[[TestResponse], Element]
CountScans = Callable[[], int]

MALFORMED = [
    "/01/09521000101013/10/A/21/B",  # wrong check digit
    "/01/9521000101012/10/A/21/B",  # 13 digits
    "/01/０9521000101012/10/A/21/B",  # a full-width digit
    "/01/٠9521000101012/10/A",  # an Arabic digit
    "/01/09521000101012/10/" + "A" * 21,
    "/01/09521000101012/10/A/21/" + "B" * 21,
    "/01/09521000101012/10/批号",
    "/01/09521000101012/10/A%20B",
    "/01/09521000101012/21/B/10/A",  # the wrong order
    "/01/09521000101012/21/B",  # a serial without a lot
    "/01/09521000101012/10/A/21/B/99/C",
    "/01/09521000101012/10",
    "/01/09521000101012/10/%2F..%2F..%2Fetc",
    "/01/garbage",
    "/01/",
]


@pytest.mark.parametrize("path", MALFORMED)
def test_what_is_no_code_is_a_bad_request(
    client: FlaskClient, page: CheckPage, count_scans: CountScans, path: str
) -> None:
    response = client.get(path, headers=PHONE)
    assert response.status_code == 400
    assert "这个码不完整" in text_of(page(response))
    assert count_scans() == 0


def test_codes_we_did_not_issue_are_not_found(
    client: FlaskClient, pack: Pack, page: CheckPage, count_scans: CountScans
) -> None:
    mine, other = pack(), pack()
    for path in (
        f"{mine.batch_path}/21/{other.serial}",  # a serial of another batch
        f"/01/{other.gtin}/10/{other.lot}X/21/{other.serial}",
        f"{mine.batch_path}/21/000000000000",
        f"{mine.batch_path}/21/'OR'1'='1",
        f"{mine.batch_path}/21/;DROP--",
        f"{mine.batch_path}/21/%3Cscript%3E",
        "/01/09521000101012/10/A",
        "/01/09521000101012",
    ):
        response = client.get(path, headers=PHONE)
        assert response.status_code == 404, path
        document = page(response)
        assert "没有查到这个码" in text_of(document)
        assert "<script>" not in response.text
        assert mine.product_slug not in response.text
    assert count_scans() == 0


def test_a_draft_is_not_given_away(client: FlaskClient, pack: Pack) -> None:
    assert client.get(f"/01/{pack(listing=ListingStatus.DRAFT).gtin}", headers=PHONE).status_code == 404


def test_an_address_with_a_nul_leads_nowhere(client: FlaskClient, pack: Pack, count_scans: CountScans) -> None:
    packet = pack()
    for path in ("/01/%00", f"{packet.batch_path}%00", f"{packet.path}%00"):
        assert client.get(path, headers=PHONE).status_code == 404
    assert count_scans() == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_code_is_only_read(client: FlaskClient, pack: Pack, count_scans: CountScans, method: str) -> None:
    response = client.open(pack().path, method=method, headers=PHONE)
    assert response.status_code in {400, 405}  # without a CSRF token the form protection may answer first
    assert count_scans() == 0


def test_too_many_readings_are_slowed_down(client: FlaskClient, pack: Pack, count_scans: CountScans) -> None:
    packet = pack()
    with time_machine.travel(datetime.now(UTC).replace(second=5), tick=False):
        answers = [client.get(packet.batch_path, headers=PHONE).status_code for _ in range(121)]
        assert answers == [200] * 120 + [429]
        refused = client.get(packet.path, headers=PHONE)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) <= 60
        assert count_scans() == 0
        elsewhere = client.get(packet.path, headers=PHONE, environ_base={"REMOTE_ADDR": "10.1.2.3"})
        assert elsewhere.status_code == 200


def test_wechats_verification_file_stands_where_wechat_looks(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "wechat_verification_files", {"abc123.txt": "d41d8cd98f00b204"})
    response = client.get("/01/abc123.txt")
    assert (response.status_code, response.text) == (200, "d41d8cd98f00b204")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/01/other.txt", 404), ("/01/ABC123.txt", 404), ("/01/.txt", 400), ("/01/..%2F..%2Fetc%2Fpasswd.txt", 400),
     ("/01/../abc123.txt", 400), ("/01/x/abc123.txt", 400), ("/01/abc123.txt%00", 404), ("/01/abc123.txt/", 400)],
)  # fmt: skip
def test_no_other_file_does(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, status: int) -> None:
    monkeypatch.setattr(settings(), "wechat_verification_files", {"abc123.txt": "d41d8cd98f00b204"})
    response = client.get(path, headers=PHONE)
    assert response.status_code == status
    assert "d41d8cd98f00b204" not in response.text
