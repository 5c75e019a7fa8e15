"""The recorder: one process that reads every camera on one timer, keeps whole files, and notes who gives a picture.

Nothing here waits for a camera, the object store or the database: connections and uploads run in threads, and what the
database cannot take now is offered again later. The spool on disk is the only place that must work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core.errors import DomainError
from core.jobs import transaction
from domain.cameras.watching import WatchedCamera, note_sightings, watched_cameras
from domain.recordings.errors import FilmOutOfOrder
from domain.recordings.keeping import ClosedFile, record_file, store_file
from domain.recordings.live_edge import LiveEdge
from domain.recordings.spooling import Spool
from domain.recordings.taping import Tape
from gateways.object_storage.contract import ObjectStore
from gateways.video.feed import OpenFeed

TICK_SECONDS = 0.25
CAMERAS_SECONDS = 3.0
STATUS_SECONDS = 4.0
RETRY_SECONDS = 5.0
CLOCK_STEP_SECONDS = 1.0
log = structlog.get_logger(__name__)


class Ingest:
    """Give it its folders and run it in an application context."""

    def __init__(self, *, spool: Path, live: Path, store: ObjectStore, open_feed: OpenFeed, file_seconds: int) -> None:
        self._spool = Spool(spool)
        self._live, self._store, self._open_feed, self._file_seconds = live, store, open_feed, file_seconds
        self._connectors = ThreadPoolExecutor(16, thread_name_prefix="connect")
        self._uploaders = ThreadPoolExecutor(2, thread_name_prefix="upload")
        self._tapes: dict[int, Tape] = {}
        self._uploads: list[tuple[ClosedFile, Future[None]]] = []
        self._stored: list[ClosedFile] = []
        self._cameras_at = self._status_at = self._record_at = 0.0
        self._clock_tie = time.time() - time.monotonic()
        self._clock_step = 0.0

    def run(self, is_over: Callable[[], bool]) -> None:
        """Record until `is_over`; then hang up, and keep what can be kept within ten seconds."""
        log.info("ingest_started", spool=str(self._spool.folder), live=str(self._live))
        self.keep_left_over()
        try:
            while not is_over():
                began = time.time()
                self.turn(began)
                time.sleep(max(0.01, TICK_SECONDS - (time.time() - began)))
        finally:
            self.stop()

    def keep_left_over(self) -> None:
        """Before the first turn: close and keep what an earlier recorder left in the spool."""
        for closed in self._spool.left_over():
            self._upload(closed)

    def turn(self, now_seconds: float) -> None:
        """One tick of the timer."""
        self._notice_clock_step(now_seconds)
        if now_seconds >= self._cameras_at:
            self._cameras_at = now_seconds + CAMERAS_SECONDS
            self._follow_cameras(now_seconds)
        for tape in self._tapes.values():
            for closed in tape.turn(now_seconds):
                self._upload(closed)
        self._collect_uploads()
        if self._stored and now_seconds >= self._record_at:
            self._record(now_seconds)
        if now_seconds >= self._status_at:
            self._status_at = now_seconds + STATUS_SECONDS
            self._note_sightings()

    def stop(self) -> None:
        """Hang up everywhere; what is not kept in time stays in the spool for the next start."""
        for tape in self._tapes.values():
            for closed in tape.stop():
                self._upload(closed)
        self._tapes.clear()
        until = time.time() + 10
        while self._uploads and time.time() < until:
            self._collect_uploads(retry=False)
            time.sleep(0.05)
        if self._stored:
            self._record(time.time())
        self._connectors.shutdown(wait=False, cancel_futures=True)
        self._uploaders.shutdown(wait=False, cancel_futures=True)
        self._spool.release()
        log.info("ingest_stopped")

    def _notice_clock_step(self, now_seconds: float) -> None:
        """When this machine's clock was set, every time noted before is wrong by as much: connect to all cameras anew.

        Seen in two turns, as a busy machine may also stop us between reading one clock and the other.
        """
        step = now_seconds - time.monotonic() - self._clock_tie
        before, self._clock_step = self._clock_step, step
        if abs(step) < CLOCK_STEP_SECONDS or abs(step - before) > CLOCK_STEP_SECONDS / 2:
            return
        log.warning("clock_was_set", seconds=round(step, 3))
        self._clock_tie += step
        self._clock_step = 0.0
        self._cameras_at = self._status_at = self._record_at = 0.0
        for tape in self._tapes.values():
            for closed in tape.stop():
                self._upload(closed)
        self._tapes.clear()

    def _follow_cameras(self, now_seconds: float) -> None:
        """Start what is new, stop what is gone, begin anew where the address changed."""
        try:
            with transaction():
                wanted = {camera.id: camera for camera in watched_cameras()}
        except SQLAlchemyError as fault:
            log.error("cameras_not_read", fault=type(fault).__name__)
            return
        for camera_id, tape in list(self._tapes.items()):
            if wanted.get(camera_id) != tape.camera:
                for closed in self._tapes.pop(camera_id).stop():
                    self._upload(closed)
        for camera_id in wanted.keys() - self._tapes.keys():
            self._tapes[camera_id] = self._tape(wanted[camera_id], now_seconds)

    def _tape(self, camera: WatchedCamera, now_seconds: float) -> Tape:
        edge = LiveEdge(self._live / str(camera.id), now_seconds)
        return Tape(camera, self._spool, edge, self._connectors, self._open_feed, self._file_seconds)

    def _upload(self, closed: ClosedFile) -> None:
        self._uploads.append((closed, self._uploaders.submit(store_file, self._store, closed)))

    def _collect_uploads(self, retry: bool = True) -> None:
        """Take the finished uploads; a failed one is tried again after a pause."""
        waiting: list[tuple[ClosedFile, Future[None]]] = []
        for closed, upload in self._uploads:
            if not upload.done():
                waiting.append((closed, upload))
            elif (fault := upload.exception()) is None:
                self._stored.append(closed)
            else:
                log.error("file_not_stored", file=closed.path.name, fault=repr(fault))
                if retry and isinstance(fault, DomainError):
                    waiting.append((closed, self._uploaders.submit(_store_later, self._store, closed)))
        self._uploads = waiting

    def _record(self, now_seconds: float) -> None:
        """Note the stored files in the index, and only then give up their spool files."""
        for closed in list(self._stored):
            try:
                with transaction():
                    record_file(closed)
            except (IntegrityError, FilmOutOfOrder) as fault:
                log.error("file_set_aside", file=closed.path.name, fault=type(fault).__name__)
                self._spool.set_aside(closed)
            except SQLAlchemyError as fault:
                log.error("file_not_recorded", file=closed.path.name, fault=type(fault).__name__)
                self._record_at = now_seconds + RETRY_SECONDS
                return
            else:
                closed.path.unlink(missing_ok=True)
            self._stored.remove(closed)

    def _note_sightings(self) -> None:
        seen: dict[int, datetime] = {
            camera_id: tape.last_frame_at for camera_id, tape in self._tapes.items() if tape.last_frame_at
        }
        faults = {camera_id: tape.fault for camera_id, tape in self._tapes.items() if tape.fault}
        try:
            with transaction():
                note_sightings(seen, faults)
        except SQLAlchemyError as fault:
            log.error("sightings_not_noted", fault=type(fault).__name__)


def _store_later(store: ObjectStore, closed: ClosedFile) -> None:
    time.sleep(RETRY_SECONDS)
    store_file(store, closed)
