"""The film of a batch: for each zone what its camera saw while the batch was there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.clock import now
from domain.batches.models import Batch
from domain.cameras.watching import cameras_of
from domain.recordings import links
from domain.recordings.finding import has_footage
from domain.workshops.models import ZONE_NAMES, ZoneKind


@dataclass(frozen=True, slots=True)
class ZoneFilm:
    """A zone's part in a batch. `src` and `poster` are empty when nothing is recorded (any more)."""

    zone: str
    zone_name: str
    started_at: datetime
    finished_at: datetime | None
    src: str = ""
    poster: str = ""


def films_of(batch: Batch) -> list[ZoneFilm]:
    """A batch's zones in the order of their work, with the film of those that have one."""
    cameras = {
        camera.zone: camera.id for camera in reversed(cameras_of([batch.workshop_id]).get(batch.workshop_id, []))
    }
    spans = {times.zone: (times.started_at, times.finished_at or now()) for times in batch.zone_times}
    wanted = {cameras[zone]: span for zone, span in spans.items() if zone in cameras}
    filmed = has_footage(wanted)
    films = []
    for times in sorted(batch.zone_times, key=lambda times: times.started_at):
        camera_id = cameras.get(times.zone)
        film = camera_id in filmed and (camera_id, *spans[times.zone])
        films.append(
            ZoneFilm(
                zone=times.zone,
                zone_name=ZONE_NAMES[ZoneKind(times.zone)],
                started_at=times.started_at,
                finished_at=times.finished_at,
                src=links.interval_url(*film) if film else "",
                poster=links.interval_poster_url(*film) if film else "",
            )
        )
    return films


def main_film(films: list[ZoneFilm]) -> ZoneFilm | None:
    """The film to show first: the making itself if it was recorded, else the first there is."""
    shown = [film for film in films if film.src]
    return next((film for film in shown if film.zone == ZoneKind.PRODUCTION), shown[0] if shown else None)
