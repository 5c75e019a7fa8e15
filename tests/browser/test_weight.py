"""What the scan page costs before anything moves: a phone on a mountain road must have it in a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.film import Packet
from tests.fixtures.chromium import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
MOST_BYTES = 60 * 1024


def test_the_first_screen_is_light(filmed: Packet, new_phone: Callable[..., Phone]) -> None:
    phone = new_phone()
    bytes_of = weigh(phone, filmed.path)
    report = "\n".join(f"{size:7} {url}" for url, size in sorted(bytes_of.items(), key=lambda each: -each[1]))
    assert any("/styles/" in url for url in bytes_of), report
    assert any("/static/js/player.js" in url for url in bytes_of), report
    assert sum(bytes_of.values()) <= MOST_BYTES, report
    assert not [url for url in bytes_of if "hls" in url], "the player's library came before anybody played"


def weigh(phone: Phone, path: str) -> dict[str, int]:
    """The bytes over the wire of each document, style, script and drawing of a page that is opened for the first time."""
    wire = phone.context.new_cdp_session(phone.page)
    wire.send("Network.enable")
    addresses: dict[str, str] = {}
    bytes_of: dict[str, int] = {}

    def received(event: dict[str, Any]) -> None:
        is_drawing = event["response"]["mimeType"] == "image/svg+xml"
        if event["type"] in {"Document", "Stylesheet", "Script", "Font", "Fetch", "XHR"} or is_drawing:
            addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] in addresses:
            bytes_of[addresses[event["requestId"]]] = int(event["encodedDataLength"])

    wire.on("Network.responseReceived", received)
    wire.on("Network.loadingFinished", finished)
    phone.open(path)
    phone.page.wait_for_load_state("networkidle")
    return bytes_of
