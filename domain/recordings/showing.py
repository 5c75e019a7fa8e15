"""Cameras as pages show them: which give a picture now, and on which addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.cameras.models import Camera
from domain.cameras.watching import cameras_of
from domain.recordings import links
from domain.workshops.models import Workshop


@dataclass(frozen=True, slots=True)
class LiveView:
    """A camera on a page. Addresses work for a short time; `renew` tells a page that stays open fresh ones."""

    camera_id: int
    zone: str
    zone_name: str
    is_live: bool
    last_frame_at: datetime | None
    src: str
    poster: str
    renew: str


@dataclass(frozen=True, slots=True)
class LiveTile:
    """A workshop on a wall, with its cameras."""

    workshop: Workshop
    views: list[LiveView]

    @property
    def first(self) -> LiveView | None:
        """The view to show large: production if it gives a picture."""
        shown = [view for view in self.views if view.is_live] or self.views
        return next((view for view in shown if view.zone == "production"), shown[0] if shown else None)

    @property
    def live_count(self) -> int:
        return sum(view.is_live for view in self.views)

    @property
    def poster_url(self) -> str:
        """The newest picture of the view shown large; empty while there is none."""
        return self.first.poster if self.first and self.first.is_live else ""

    @property
    def zone(self) -> str:
        """The Chinese name of the zone shown large."""
        return self.first.zone_name if self.first else ""


def live_tiles(workshops: Sequence[Workshop]) -> list[LiveTile]:
    """A tile for each workshop, those with a picture first. Kinds of work take turns, so that neighbours show different
    things; within a kind the given order stays."""
    cameras = cameras_of(workshop.id for workshop in workshops)
    tiles = [
        LiveTile(workshop, [live_view(camera) for camera in cameras.get(workshop.id, [])]) for workshop in workshops
    ]
    seen: Counter[tuple[str, bool]] = Counter()
    turns = {}
    for tile in tiles:
        turns[tile.workshop.id] = (tile.live_count == 0, seen[tile.workshop.kind, tile.live_count == 0])
        seen[tile.workshop.kind, tile.live_count == 0] += 1
    return sorted(tiles, key=lambda tile: turns[tile.workshop.id])


def live_views(workshop: Workshop) -> list[LiveView]:
    """The cameras of a member of the cluster, zone by zone; none for others."""
    if not workshop.is_member:
        return []
    return [live_view(camera) for camera in cameras_of([workshop.id]).get(workshop.id, [])]


def live_view(camera: Camera) -> LiveView:
    return LiveView(
        camera_id=camera.id,
        zone=camera.zone,
        zone_name=camera.zone_name,
        is_live=camera.is_live,
        last_frame_at=camera.last_frame_at,
        src=links.live_url(camera.id),
        poster=links.live_poster_url(camera.id),
        renew=f"/live/cameras/{camera.id}/link",
    )
