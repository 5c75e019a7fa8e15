"""`/v/<token>/…`: playlists and film on addresses that say themselves what they allow, and for how long.

Bytes are sent by this process, or by nginx (SEND_FILE_VIA=nginx) from two internal places: `/_objects/` (the object
store's folder) and `/_live/` (LIVE_DIR).
"""

from __future__ import annotations

import gzip
from datetime import datetime

from flask import Blueprint, Response, make_response, request

from blueprints.live.sending import send_bytes, send_live, send_object
from core.web.guards import public
from domain.recordings import finding, posters
from domain.recordings.errors import LinkInvalid
from domain.recordings.links import MediaGrant, read_token
from gateways import registry

PLAYLIST = "application/vnd.apple.mpegurl"
blueprint = Blueprint("media", __name__, url_prefix="/v/<token>")


@blueprint.get("/live.m3u8")
@public
def live_playlist(token: str) -> Response:
    return _cached(send_live(_live(token), "live.m3u8", PLAYLIST), 1)


@blueprint.get("/<int:number>.m4s")
@public
def live_fragment(token: str, number: int) -> Response:
    return _kept(send_live(_live(token), f"{number}.m4s", "video/mp4"), 60)


@blueprint.get("/init-<name>.mp4")
@public
def live_init(token: str, name: str) -> Response:
    return _kept(send_live(_live(token), f"init-{name}.mp4", "video/mp4"), 3600)


@blueprint.get("/recorded.m3u8")
@public
def recorded_playlist(token: str) -> Response:
    grant = read_token(token)
    playlist = finding.playlist_between(grant.camera_id, *_interval(grant)).encode()
    response = make_response(playlist)
    if request.accept_encodings.quality("gzip"):
        response.data = gzip.compress(playlist, 5)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.content_type = PLAYLIST
    return _cached(response, 30)


@blueprint.get("/<int:file_id>.mp4")
@public
def recorded_file(token: str, file_id: int) -> Response:
    grant = read_token(token)
    file = finding.find_file(file_id, grant.camera_id, *_interval(grant))
    response = send_object(file.object_key, file.size_bytes, file.sha256.hex(), "video/mp4")
    return _kept(response, grant.seconds_left)


@blueprint.get("/poster.jpg")
@public
def poster(token: str) -> Response:
    """The newest still of a live camera, or one from the beginning of an interval."""
    grant = read_token(token)
    if grant.interval is None:
        return _cached(send_live(grant.camera_id, "poster.jpg", "image/jpeg"), 20)
    jpeg = posters.poster_of_interval(registry.object_store(), grant.camera_id, *grant.interval)
    return _kept(send_bytes(jpeg, "image/jpeg"), grant.seconds_left)


@blueprint.after_request
def _open_to_players(response: Response) -> Response:
    """Players may be on other origins, such as a mini-program's; the token is the permission."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Range"
    response.headers["Access-Control-Expose-Headers"] = "Content-Length, Content-Range, Date"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _live(token: str) -> int:
    grant = read_token(token)
    if not grant.is_live:
        raise LinkInvalid
    return grant.camera_id


def _interval(grant: MediaGrant) -> tuple[datetime, datetime]:
    if grant.interval is None:
        raise LinkInvalid
    return grant.interval


def _cached(response: Response, seconds: int) -> Response:
    response.headers["Cache-Control"] = f"private, max-age={seconds}"
    return response


def _kept(response: Response, seconds: int) -> Response:
    """What stands at this address never changes."""
    response.headers["Cache-Control"] = f"private, max-age={seconds}, immutable"
    return response
