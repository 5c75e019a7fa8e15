"""Film in Chromium: the pictures are decoded and looked at, not only the tag."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.film import Glance, Packet, look_at, watch
from tests.fixtures.chromium import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]
NewPhone = Callable[..., Phone]
FEW_SECONDS = timedelta(seconds=3)


def test_the_film_of_this_batch_plays(filmed: Packet, new_phone: NewPhone) -> None:
    page = new_phone().open(filmed.path)
    player = page.locator(".film [data-player]")
    player.get_by_role("button", name="播放").click()
    for glance in watch(player):
        assert filmed.began_at - FEW_SECONDS < glance.burnt_at < filmed.ended_at + FEW_SECONDS
        assert abs(glance.said_at - glance.burnt_at) < FEW_SECONDS


def test_each_zone_has_its_film(filmed: Packet, new_phone: NewPhone) -> None:
    page = new_phone().open(filmed.path)
    players = page.locator("[data-player]")
    expect(players).to_have_count(3)
    for place in range(3):
        player = players.nth(place)
        player.scroll_into_view_if_needed()
        player.get_by_role("button", name="播放").click()
        first, _ = watch(player)
        assert filmed.began_at - FEW_SECONDS < first.burnt_at < filmed.ended_at + FEW_SECONDS


def test_the_workshop_now(filmed: Packet, new_phone: NewPhone) -> None:
    page = new_phone().open(filmed.path)
    page.get_by_role("link", name="现在的车间", exact=True).click()
    page.wait_for_url(re.compile("/live/neifang"))
    player = page.locator("[data-player][data-autoplay]")
    first, latest = watch(player)
    assert latest.burnt_at > first.burnt_at
    # On a machine that is busy elsewhere the picture may stand still for a while; the player catches up.
    for _ in range(15):
        if abs(latest.said_at - latest.burnt_at) < FEW_SECONDS:
            break
        page.wait_for_timeout(2000)
        latest = look_at(player)
    assert abs(latest.said_at - latest.burnt_at) < FEW_SECONDS
    assert datetime.now(UTC) - latest.burnt_at < timedelta(seconds=20)


def test_a_live_link_that_has_expired_is_renewed(filmed: Packet, new_phone: NewPhone) -> None:
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=403, body="expired")

    phone = new_phone()
    phone.forgives.add(403)
    phone.page.route("**/live.m3u8", refuse_once)
    watch(phone.open("/live/neifang").locator("[data-player][data-autoplay]"))
    assert refused


def test_a_film_can_be_searched(filmed: Packet, new_phone: NewPhone) -> None:
    page = new_phone().open(filmed.path)
    player = page.locator(".film [data-player]")
    player.get_by_role("button", name="播放").click()
    expect(player).to_have_attribute("data-state", "playing")
    at_first, later = (look_at_second(player, second) for second in (0.5, 3.5))
    assert timedelta(seconds=2) <= later.burnt_at - at_first.burnt_at <= timedelta(seconds=4)


def look_at_second(player: Locator, second: float) -> Glance:
    """The picture of a paused film at a place the viewer chose."""
    video = player.locator("video")
    video.evaluate("(video, second) => { video.pause(); video.currentTime = second; }", second)
    player.page.wait_for_function(
        "([video, second]) => !video.seeking && video.readyState >= 2 && Math.abs(video.currentTime - second) < 0.2",
        arg=[video.element_handle(), second],
    )
    player.page.wait_for_timeout(300)
    return look_at(player)
