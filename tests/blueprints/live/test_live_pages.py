"""The wall and a workshop's page."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.jobs import transaction
from domain.cameras.models import CameraStatus
from domain.recordings.links import read_token
from tests.factories.cameras import make_camera
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of

Page = Callable[[TestResponse], Element]


@pytest.fixture
def street(app: Flask, clean_database: None) -> dict[str, list[int]]:
    """Two members with cameras, one without, and a workshop outside the cluster with one."""
    with app.app_context(), transaction():
        cooking, dark = make_workshop(slug="cooking", name="酿造坊"), make_workshop(slug="dark", name="歇业坊")
        make_workshop(slug="bare", name="新坊")
        outside = make_workshop(slug="outside", name="外坊", is_member=False)
        zones = ("raw", "washing", "production")
        return {
            "dark": [make_camera(workshop_id=dark.id, zone="raw", status=CameraStatus.DARK).id],
            "cooking": [make_camera(workshop_id=cooking.id, zone=zone).id for zone in zones],
            "outside": [make_camera(workshop_id=outside.id).id],
            "retired": [make_camera(workshop_id=cooking.id, status=CameraStatus.RETIRED).id],
        }


def test_the_wall_shows_members_with_pictures_first(
    client: FlaskClient, street: dict[str, list[int]], page: Page
) -> None:
    document = page(client.get("/live"))
    names = [text_of(heading) for heading in document.iter("h2")]
    assert names == ["酿造坊", "歇业坊", "新坊"]
    tiles = [tile for tile in document.iter("li") if "wall-tile" in (tile.get("class") or "")]
    posters = [image.get("src") or "" for image in tiles[0].iter("img")]
    assert read_token(posters[0].split("/")[2]).camera_id == street["cooking"][2]
    assert not list(tiles[1].iter("img"))
    assert "此刻没有画面" in text_of(tiles[1])
    assert "尚未装镜头" in text_of(tiles[2])


def test_a_workshop_shows_its_making_first_and_large(
    client: FlaskClient, street: dict[str, list[int]], page: Page
) -> None:
    document = page(client.get("/live/cooking"))
    players = [figure for figure in document.iter("figure") if figure.get("data-player") is not None]
    cameras = [read_token((figure.get("data-src") or "").split("/")[2]).camera_id for figure in players]
    raw, washing, production = street["cooking"]
    assert cameras == [production, raw, washing]
    assert ["data-autoplay" in figure.attrib for figure in players] == [True, False, False]
    for figure in players:
        (video,) = figure.iter("video")
        assert video.get("src") == figure.get("data-src")
        assert video.get("preload") == "none"


def test_a_dark_zone_says_so(client: FlaskClient, street: dict[str, list[int]], page: Page) -> None:
    document = page(client.get("/live/dark"))
    assert not list(document.iter("video"))
    assert "原料区此刻没有画面" in text_of(document).replace(" ", "")


@pytest.mark.parametrize("slug", ["bare", "outside"])
def test_a_workshop_without_public_cameras_shows_none(
    client: FlaskClient, street: dict[str, list[int]], page: Page, slug: str
) -> None:
    document = page(client.get(f"/live/{slug}"))
    assert not list(document.iter("video"))
    assert "还没有镜头" in text_of(document)


def test_an_unknown_workshop_is_not_found(client: FlaskClient, street: dict[str, list[int]], page: Page) -> None:
    answer = client.get("/live/nobody")
    assert answer.status_code == 404
    page(answer)


def test_a_fresh_link_is_told_for_public_cameras_only(client: FlaskClient, street: dict[str, list[int]]) -> None:
    answer = client.get(f"/live/cameras/{street['cooking'][0]}/link")
    assert read_token(answer.json["src"].split("/")[2]).camera_id == street["cooking"][0]
    assert read_token(answer.json["poster"].split("/")[2]).is_live
    for camera_id in (*street["outside"], *street["retired"], 987_654):
        refused = client.get(f"/live/cameras/{camera_id}/link", headers={"Accept": "application/json"})
        assert (refused.status_code, refused.json["code"]) == (404, "not_found")


def test_no_page_tells_a_cameras_address(client: FlaskClient, street: dict[str, list[int]]) -> None:
    for path in ("/live", "/live/cooking", "/live/dark"):
        assert "rtsp" not in client.get(path).get_data(as_text=True)


def test_the_pages_speak_english(client: FlaskClient, street: dict[str, list[int]], page: Page) -> None:
    assert page(client.get("/live?lang=en")).get("lang") == "en"
