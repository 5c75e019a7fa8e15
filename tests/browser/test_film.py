"""Film in Chromium: the pictures are decoded and looked at, not only the tag."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from cameras import clock
from tests.fixtures.environment import ROOT
from tests.fixtures.product import Product, wait_until

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: film was NOT tried in a browser"),
]
PICTURE = """() => {
  const film = document.querySelector("[data-player] video");
  const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 360});
  canvas.getContext("2d").drawImage(film, 0, 0, 640, 360);
  return canvas.toDataURL("image/png");
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    yield page
    page.close()


def picture(page: Page) -> Image.Image:
    """What the first film shows now."""
    data = str(page.evaluate(PICTURE))
    return Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")


def times_seen(page: Page, count: int) -> list[tuple[datetime, str]]:
    """The clock burnt into the picture and the one below it, a second and a half apart."""
    page.locator("[data-player][data-state=playing]").first.wait_for(timeout=60_000)
    seen = []
    until = time.monotonic() + 60
    while len(seen) < count and time.monotonic() < until:
        page.wait_for_timeout(1500)
        burnt = clock.read(picture(page))
        if burnt is not None:
            seen.append((burnt, page.locator("[data-player-clock]").first.inner_text()))
    assert len(seen) == count
    return seen


def seconds_apart(burnt: datetime, shown: str) -> float:
    return abs((datetime.fromisoformat(shown).replace(tzinfo=clock.CHINA) - burnt).total_seconds())


def live_workshop(product: Product, page: Page) -> str:
    """The page of a workshop whose production gives a picture."""
    found: list[str] = []

    def is_live() -> bool:
        page.goto(f"{product.base_url}/live")
        found[:] = [
            str(link.get_attribute("href"))
            for link in page.locator(".wall-tile:not(.is-dark):has(li.is-on:nth-child(3)) h2 a").all()
        ]
        return bool(found)

    wait_until(is_live, 120, product)
    return product.base_url + found[0]


def test_live_film_moves_and_its_clock_is_true(product: Product, phone: Page) -> None:
    phone.goto(live_workshop(product, phone))
    seen = times_seen(phone, 4)
    burnt = [moment for moment, _ in seen]
    assert burnt == sorted(burnt)
    assert burnt[-1] > burnt[0]
    assert timedelta(0) < datetime.now(UTC) - burnt[-1] < timedelta(seconds=40)
    assert all(seconds_apart(moment, shown) <= 2 for moment, shown in seen)
    assert picture(phone).crop((0, 60, 640, 360)).getcolors(maxcolors=64) is None


def test_a_live_link_that_has_expired_is_renewed(product: Product, phone: Page) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403, body="expired")

    address = live_workshop(product, phone)
    phone.route("**/live.m3u8", refuse_once)
    phone.goto(address)
    assert times_seen(phone, 1)
    assert refused


def test_recorded_film_starts_at_its_time_and_can_be_searched(product: Product, phone: Page) -> None:
    """The page of a workshop, its first film exchanged for a recorded interval."""
    phone.goto(live_workshop(product, phone))
    camera = re.search(r"/v/l(\d+)\.", str(phone.locator("[data-player]").first.get_attribute("data-src")))
    assert camera is not None
    wait_until(lambda: _footage(product, camera[1]) is not None, 60, product)
    start, url = _footage(product, camera[1]) or (datetime.now(UTC), "")
    html = phone.request.get(phone.url).text()
    html = re.sub(r'data-src="[^"]*"', f'data-src="{url}"', html, count=1).replace(" data-live", "", 1)
    address = phone.url
    phone.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    phone.goto(address)
    (burnt, shown), *_ = times_seen(phone, 1)
    assert timedelta(seconds=-2) <= burnt - start < timedelta(seconds=30)
    assert seconds_apart(burnt, shown) <= 2
    phone.evaluate("document.querySelector('[data-player] video').currentTime = 8.5")
    phone.wait_for_timeout(1500)
    (later, _), *_ = times_seen(phone, 1)
    assert later > start + timedelta(seconds=6)


def _footage(product: Product, camera_id: str) -> tuple[datetime, str] | None:
    """The oldest twelve seconds of a camera's newest film, and their address; None while there is too little."""
    script = (
        "from datetime import timedelta\nfrom sqlalchemy import select\nfrom core.db import db\n"
        "from domain.recordings import links\nfrom domain.recordings.models import RecordingFile\n"
        f"files = db.session.scalars(select(RecordingFile).filter_by(camera_id={camera_id})"
        ".order_by(RecordingFile.started_at.desc()).limit(4)).all()\n"
        "if len(files) == 4:\n"
        "    start = files[-1].started_at\n"
        f"    print(start.isoformat(), links.interval_url({camera_id}, start, files[0].ended_at))\n"
    )
    words = _run(product, script)
    return (datetime.fromisoformat(words[0]), words[1]) if words else None


def _run(product: Product, script: str) -> list[str]:
    code = "from app import app\nwith app.app_context():\n" + "".join(f"    {line}\n" for line in script.splitlines())
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=product.environment, capture_output=True, text=True, check=True
    )
    return finished.stdout.split()
