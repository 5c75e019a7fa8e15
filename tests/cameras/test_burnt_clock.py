"""The clock in the picture, and which scene a camera shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from cameras import clock
from cameras.scenes.catalog import SCENES, scene_for


@given(st.integers(0, 4_000_000_000))
def test_every_time_can_be_read_back(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    picture = Image.new("L", (640, 360), 128)
    clock.draw(picture, moment)
    assert clock.read(picture) == moment


def test_the_clock_shows_china_time() -> None:
    picture = Image.new("L", (640, 360), 128)
    clock.draw(picture, datetime(2026, 5, 24, 16, 30, tzinfo=UTC))
    read = clock.read(picture)
    assert read is not None
    assert read.strftime("%Y-%m-%d %H:%M:%S") == "2026-05-25 00:30:00"


def test_a_picture_without_a_clock_reads_as_none() -> None:
    assert clock.read(Image.new("RGB", (640, 360), (200, 190, 180))) is None


def test_a_scaled_picture_is_still_read() -> None:
    moment = datetime(2026, 5, 24, 0, 12, 33, tzinfo=UTC)
    picture = Image.new("L", (640, 360), 128)
    clock.draw(picture, moment)
    assert clock.read(picture.resize((1280, 720)).convert("RGB")) == moment


@pytest.mark.parametrize(
    ("slug", "zone", "kind", "scene"),
    [
        ("a", "raw", None, "raw"),
        ("a", "washing", "wine", "washing"),
        ("a", "production", "wine", "jars"),
        ("a", "production", "noodle", "board"),
        ("tofu-house", "production", None, "tofu"),
        ("a", "roof", None, None),
    ],
)
def test_zone_and_kind_choose_the_scene(slug: str, zone: str, kind: str | None, scene: str | None) -> None:
    assert scene_for(slug, zone, kind) == scene


def test_an_unknown_kind_falls_back_to_some_scene_always_alike() -> None:
    assert scene_for("somebody", "production", "cheese") in SCENES
    assert scene_for("somebody", "production", "cheese") == scene_for("somebody", "production")


@pytest.mark.parametrize("name", SCENES)
def test_each_scene_is_a_seamless_moving_picture(name: str) -> None:
    draw = SCENES[name]
    pictures = [draw(number / 160) for number in (0, 1, 158, 159)]
    assert pictures[0].size == (640, 360)
    seam = _difference(pictures[3], pictures[0])
    usual = max(_difference(pictures[0], pictures[1]), _difference(pictures[2], pictures[3]))
    assert 0 < seam <= 1.5 * usual


def _difference(one: Image.Image, other: Image.Image) -> float:
    return ImageStat.Stat(ImageChops.difference(one, other)).sum[0]
