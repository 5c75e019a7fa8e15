"""`/live`: what the workshops are cooking now. `/live/<workshop>`: its three zones."""

from __future__ import annotations

from flask import Blueprint, render_template

from core.web.guards import public
from domain.cameras import watching
from domain.recordings import links, showing
from domain.workshops import directory

blueprint = Blueprint("live", __name__)


@blueprint.get("/live")
@public
def wall() -> str:
    return render_template("live/wall.html", tiles=showing.live_tiles(directory.list_members()))


@blueprint.get("/live/<slug>")
@public
def workshop(slug: str) -> str:
    found = directory.find_workshop(slug)
    return render_template("live/workshop.html", workshop=found, views=showing.live_views(found))


@blueprint.get("/live/cameras/<int:camera_id>/link")
@public
def fresh_link(camera_id: int) -> dict[str, str]:
    """New addresses for a player whose link has expired."""
    camera = watching.find_public_camera(camera_id)
    return {"src": links.live_url(camera.id), "poster": links.live_poster_url(camera.id)}
