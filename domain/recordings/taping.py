"""One camera on tape: connected in the background, its groups of pictures into the spool and onto the live edge."""

from __future__ import annotations

import random
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from domain.cameras.watching import WatchedCamera
from domain.recordings.keeping import ClosedFile
from domain.recordings.live_edge import LiveEdge
from domain.recordings.spooling import Spool, SpoolFile, wall_time
from gateways.video.errors import CameraFault
from gateways.video.feed import TICKS_PER_SECOND, Feed, Gop, OpenFeed
from gateways.video.fmp4 import fragment, init_segment
from gateways.video.pictures import PictureUnreadable, poster
from gateways.video.reading import milliseconds

POSTER_SECONDS = 30.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
STEADY_SECONDS = 30.0
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Stream:
    """A connection that gives pictures: its header, its timeline, how many fragments it has given."""

    init: bytes
    started_at: datetime
    base_ticks: int
    count: int = 0


@dataclass(slots=True)
class Tape:
    """A camera's state. `turn` is called by the recorder's timer and never blocks."""

    camera: WatchedCamera
    spool: Spool
    edge: LiveEdge
    workers: Executor
    open_feed: OpenFeed
    file_seconds: int
    last_frame_at: datetime | None = None
    fault: str = ""
    _feed: Feed | None = None
    _opening: Future[Feed] | None = None
    _stream: Stream | None = None
    _shown: Stream | None = None
    _file: SpoolFile | None = None
    _format: object = None
    _retry_at: float = 0.0
    _pause: float = FIRST_PAUSE_SECONDS
    _opened_at: float = 0.0
    _poster_at: float = 0.0
    _closed: list[ClosedFile] = field(default_factory=list)

    def turn(self, now_seconds: float) -> list[ClosedFile]:
        """Connect, or read what has come. Returns the files that became whole."""
        try:
            if self._feed is not None:
                for gop in self._feed.read(now_seconds):
                    self._take(gop, now_seconds)
            else:
                self._connect(now_seconds)
        except CameraFault as fault:
            self._hang_up(now_seconds, fault.code, str(fault.params.get("why", "")))
        except Exception as fault:  # one camera's trouble, or a full disk, must not stop the others
            log.exception("tape_failed", camera=self.camera.id)
            self._hang_up(now_seconds, "tape_failed", repr(fault))
        return self._hand_over()

    def stop(self) -> list[ClosedFile]:
        """Hang up; what was recorded is handed over."""
        if self._opening is not None:
            self._opening.add_done_callback(_abandon)
            self._opening = None
        self._end_feed()
        return self._hand_over()

    def _connect(self, now_seconds: float) -> None:
        if self._opening is None:
            if now_seconds >= self._retry_at:
                self._opening = self.workers.submit(self.open_feed, self.camera.address)
        elif self._opening.done():
            opening, self._opening = self._opening, None
            self._feed, self._opened_at = opening.result(), now_seconds
            log.info("camera_connected", camera=self.camera.id)

    def _take(self, gop: Gop, now_seconds: float) -> None:
        if self._stream is None or gop.format != self._format:
            self._begin_stream(gop)
        assert self._stream is not None
        stream = self._stream
        stream.count += 1
        data = fragment(gop, stream.count, stream.base_ticks)
        started_at, lasts_ms = wall_time(gop.started_seconds), milliseconds(gop.duration_ticks)
        self._file_for(started_at).append(data, started_at, lasts_ms)
        self._show(data, started_at, lasts_ms)
        self.last_frame_at = wall_time(gop.started_seconds + gop.duration_ticks / TICKS_PER_SECOND)
        self.fault = ""
        if now_seconds - self._opened_at > STEADY_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        if now_seconds >= self._poster_at:
            self._poster_at = now_seconds + POSTER_SECONDS
            self.workers.submit(_make_poster, self.edge, stream.init, data)

    def _show(self, data: bytes, started_at: datetime, lasts_ms: int) -> None:
        """The live edge is for viewers: its trouble must not touch the recording."""
        assert self._stream is not None
        try:
            if self._shown is not self._stream:
                self.edge.begin_stream(self._stream.init)
                self._shown = self._stream
            self.edge.append(data, started_at, lasts_ms)
        except OSError as fault:
            log.error("live_edge_failed", camera=self.camera.id, fault=repr(fault))

    def _begin_stream(self, gop: Gop) -> None:
        """A new connection, or a new picture format within one: another file, another timeline."""
        self._close_file()
        init = init_segment(gop.format)
        self._format = gop.format
        self._stream = Stream(init, wall_time(gop.started_seconds), gop.start_ticks)

    def _file_for(self, started_at: datetime) -> SpoolFile:
        """The current file, or a new one once the wall clock has passed into another span of `file_seconds`."""
        assert self._stream is not None
        span = int(started_at.timestamp() // self.file_seconds)
        if self._file is not None and int(self._file.started_at.timestamp() // self.file_seconds) != span:
            self._close_file()
        if self._file is None:
            stream = self._stream
            self._file = SpoolFile(self.spool.folder, self.camera.id, stream.started_at, started_at, stream.init)
        return self._file

    def _close_file(self) -> None:
        if self._file is not None:
            closed, self._file = self._file.close(), None
            if closed is not None:
                self._closed.append(closed)

    def _hang_up(self, now_seconds: float, fault: str, why: str) -> None:
        self.fault = f"{fault}: {why}"
        log.warning("camera_fault", camera=self.camera.id, fault=fault, why=why)
        self._end_feed()
        self._retry_at = now_seconds + self._pause * random.uniform(0.8, 1.2)  # noqa: S311 -- spreads load
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _end_feed(self) -> None:
        if self._feed is not None:
            feed, self._feed = self._feed, None
            try:
                for last in feed.close():
                    self._take(last, self._opened_at)
            except Exception:
                log.exception("last_pictures_lost", camera=self.camera.id)
        self._close_file()
        self._stream = None

    def _hand_over(self) -> list[ClosedFile]:
        closed, self._closed = self._closed, []
        return closed


def _make_poster(edge: LiveEdge, init: bytes, data: bytes) -> None:
    try:
        edge.put_poster(poster(init, data))
    except (PictureUnreadable, OSError) as fault:
        log.warning("poster_failed", fault=repr(fault))


def _abandon(opening: Future[Feed]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
