"""Signed addresses: what they allow, for how long, and that nothing in them can be changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core.settings import settings
from domain.recordings import links
from domain.recordings.errors import LinkExpired, LinkInvalid

AT = datetime(2026, 5, 24, 8, 0, tzinfo=UTC)


def token_of(url: str) -> str:
    return url.split("/")[2]


def test_a_live_link_allows_one_camera_live() -> None:
    grant = links.read_token(token_of(links.live_url(12)))
    assert (grant.camera_id, grant.interval, grant.is_live) == (12, None, True)


def test_an_interval_link_allows_that_interval_to_the_millisecond() -> None:
    start, end = AT + timedelta(milliseconds=123), AT + timedelta(hours=2)
    grant = links.read_token(token_of(links.interval_url(12, start, end)))
    assert (grant.camera_id, grant.interval, grant.is_live) == (12, (start, end), False)


def test_a_link_lasts_the_set_minutes_and_not_twice_as_long() -> None:
    span = timedelta(minutes=settings().media_link_minutes)
    with time_machine.travel(AT + timedelta(seconds=17), tick=False) as clock:
        token = links.live_token(1)
        clock.shift(span - timedelta(seconds=1))
        links.read_token(token)
        clock.shift(span + timedelta(seconds=1))
        with pytest.raises(LinkExpired):
            links.read_token(token)


def test_the_same_film_keeps_its_address_for_a_while() -> None:
    with time_machine.travel(AT, tick=False) as clock:
        first = links.live_url(1)
        clock.shift(timedelta(minutes=settings().media_link_minutes) - timedelta(seconds=1))
        assert links.live_url(1) == first
        clock.shift(timedelta(seconds=1))
        assert links.live_url(1) != first


def test_a_long_film_may_be_watched_to_its_end() -> None:
    with time_machine.travel(AT, tick=False) as clock:
        token = links.interval_token(1, AT - timedelta(hours=5), AT - timedelta(hours=1))
        clock.shift(timedelta(hours=4))
        links.read_token(token)
        clock.shift(timedelta(hours=1))
        with pytest.raises(LinkExpired):
            links.read_token(token)


@given(st.data())
def test_no_changed_character_is_accepted(data: st.DataObject) -> None:
    token = links.interval_token(34, AT, AT + timedelta(hours=1))
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("lr0123456789.-_abcXYZ").filter(lambda other: other != token[place]))
    with pytest.raises(LinkInvalid):
        links.read_token(token[:place] + character + token[place + 1 :])


@given(st.text(max_size=80))
def test_no_other_text_is_accepted(text: str) -> None:
    with pytest.raises(LinkInvalid):
        links.read_token(text)


def test_a_part_of_one_token_does_not_sign_another() -> None:
    live, interval = links.live_token(1), links.interval_token(1, AT, AT)
    mac = live.rpartition(".")[2]
    for forged in (live.replace("l1", "l2"), interval.rpartition(".")[0] + "." + mac, live[1:], "l1." + mac):
        with pytest.raises(LinkInvalid):
            links.read_token(forged)
