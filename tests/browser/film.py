"""Looking at a film: what a <video> really shows, and when that was."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Locator, expect

from cameras import clock

LOOK = """video => {
  const canvas = Object.assign(document.createElement("canvas"), {width: video.videoWidth, height: video.videoHeight});
  canvas.getContext("2d").drawImage(video, 0, 0);
  return {
    picture: canvas.toDataURL("image/png").split(",")[1],
    seconds: video.currentTime,
    decoded: video.getVideoPlaybackQuality().totalVideoFrames,
    said: video.closest("[data-player]").querySelector("[data-player-clock]").dateTime,
  };
}"""


@dataclass
class Packet:
    """A packet of a batch that was made before the cameras between two moments."""

    path: str
    lot: str
    began_at: datetime
    ended_at: datetime


@dataclass
class Glance:
    """A decoded picture of a film, how far the film is, and the time the page says it shows."""

    picture: Image.Image
    seconds: float
    decoded: int
    said_at: datetime

    @property
    def burnt_at(self) -> datetime:
        """The time that the camera wrote into the picture."""
        found = clock.read(self.picture)
        assert found is not None, "no clock in the picture"
        return found


def look_at(player: Locator) -> Glance:
    seen = player.locator("video").evaluate(LOOK)
    picture = Image.open(io.BytesIO(base64.b64decode(seen["picture"]))).convert("RGB")
    return Glance(picture, seen["seconds"], seen["decoded"], datetime.fromisoformat(seen["said"]))


def watch(player: Locator) -> tuple[Glance, Glance]:
    """Two glances at a playing film, at least a second of film apart: it moves, and shows something."""
    video = player.locator("video")
    expect(player).to_have_attribute("data-state", "playing", timeout=20_000)
    expect(player.locator("[data-player-clock]")).not_to_be_empty()
    first = look_at(player)
    page = video.page
    page.wait_for_function(
        "([video, from]) => video.currentTime > from + 1.2", arg=[video.element_handle(), first.seconds]
    )
    second = look_at(player)
    assert first.picture.width >= 320
    assert first.decoded > 0
    assert second.decoded >= first.decoded + 5
    assert max(ImageStat.Stat(first.picture).stddev) > 10, "an even picture"
    difference = ImageStat.Stat(ImageChops.difference(first.picture, second.picture))
    assert max(difference.sum) > 1000, "the picture stands still"
    return first, second
