"""The RTP clock tied to wall-clock time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from gateways.video.errors import CameraMisbehaved
from gateways.video.wall_clock import WallClock

START = 1_795_000_000.0


def run(clock: WallClock, seconds: int, drift: float = 0.0, seed: int = 1) -> list[float]:
    """Pictures at 10 a second, read by a 250 ms timer with up to 60 ms of network; the errors of the last second."""
    dice = random.Random(seed)
    errors = []
    for number in range(seconds * 10):
        taken = number / 10
        arrived = START + taken + dice.random() * 0.06
        read = arrived + (-arrived % 0.25)
        clock.observe(round(taken * (1 + drift) * 90_000), read)
        errors.append(clock.seconds_at(round(taken * (1 + drift) * 90_000)) - START - taken)
    return errors


@pytest.mark.parametrize("drift", [0.0, 1e-4, -1e-4])
def test_times_stay_within_a_fifth_of_a_second(drift: float) -> None:
    errors = run(WallClock(), 1800, drift)
    assert all(-0.05 < error < 0.2 for error in errors[50:])


def test_time_never_runs_backwards_and_is_gentle() -> None:
    clock = WallClock()
    errors = run(clock, 120)
    steps = [later - sooner for sooner, later in pairwise(errors[40:])]
    assert all(abs(step) <= 0.0005 + 1e-6 for step in steps)


def test_a_stock_of_old_pictures_at_the_start_is_seen_through() -> None:
    clock = WallClock()
    for number in range(30):  # three seconds of pictures at once
        clock.observe(number * 9000, START)
    clock.observe(30 * 9000, START + 0.1)
    assert clock.seconds_at(29 * 9000) == pytest.approx(START, abs=0.05)


def test_a_camera_clock_that_is_far_off_is_a_fault() -> None:
    clock = WallClock()
    run(clock, 10)
    with pytest.raises(CameraMisbehaved):
        clock.observe(10 * 90_000, START + 30)
