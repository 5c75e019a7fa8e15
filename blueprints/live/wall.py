"""`/live`: what the workshops are cooking now. `/live/<workshop>`: its three zones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from core.web.guards import public
from domain.cameras import watching
from domain.cameras.models import Camera
from domain.recordings import links
from domain.workshops import directory
from domain.workshops.models import Workshop

blueprint = Blueprint("live", __name__)


@dataclass(frozen=True, slots=True)
class View:
    """A camera as a page shows it."""

    camera_id: int
    zone: str
    zone_name: str
    is_live: bool
    last_frame_at: datetime | None
    src: str
    poster: str
    renew: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A workshop on the wall; `first` is the zone shown large."""

    workshop: Workshop
    views: list[View]

    @property
    def first(self) -> View | None:
        shown = [view for view in self.views if view.is_live] or self.views
        return next((view for view in shown if view.zone == "production"), shown[0] if shown else None)

    @property
    def live_count(self) -> int:
        return sum(view.is_live for view in self.views)


@blueprint.get("/live")
@public
def wall() -> str:
    members = directory.list_members()
    cameras = watching.cameras_of(member.id for member in members)
    tiles = [Tile(member, [_view(camera) for camera in cameras.get(member.id, [])]) for member in members]
    tiles.sort(key=lambda tile: tile.live_count == 0)
    return render_template("live/wall.html", tiles=tiles)


@blueprint.get("/live/<slug>")
@public
def workshop(slug: str) -> str:
    found = directory.find_workshop(slug)
    cameras = watching.cameras_of([found.id]).get(found.id, []) if found.is_member else []
    return render_template("live/workshop.html", workshop=found, views=[_view(camera) for camera in cameras])


@blueprint.get("/live/cameras/<int:camera_id>/link")
@public
def fresh_link(camera_id: int) -> dict[str, str]:
    """New addresses for a player whose link has expired."""
    camera = watching.find_public_camera(camera_id)
    return {"src": links.live_url(camera.id), "poster": links.live_poster_url(camera.id)}


def _view(camera: Camera) -> View:
    return View(
        camera_id=camera.id,
        zone=camera.zone,
        zone_name=camera.zone_name,
        is_live=camera.is_live,
        last_frame_at=camera.last_frame_at,
        src=links.live_url(camera.id),
        poster=links.live_poster_url(camera.id),
        renew=f"/live/cameras/{camera.id}/link",
    )
