"""Cameras as pages show them."""

from __future__ import annotations

from sqlalchemy.orm import Session, scoped_session

from domain.recordings.showing import live_tiles
from tests.factories.cameras import make_camera
from tests.factories.workshops import make_workshop


def test_neighbours_on_a_wall_make_different_things(session: scoped_session[Session]) -> None:
    street = [
        make_workshop(slug=slug, kind=slug[:4]) for slug in ("wine1", "wine2", "wine3", "tofu1", "cake1", "cake2")
    ]
    for workshop in street[1:]:
        make_camera(workshop_id=workshop.id)
    assert [tile.workshop.slug for tile in live_tiles(street)] == ["wine2", "tofu1", "cake1", "wine3", "cake2", "wine1"]
