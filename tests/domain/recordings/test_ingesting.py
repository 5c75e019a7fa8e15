"""The recorder on real cameras, a real database and a real object store; it is also killed, cut off and misled."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from cameras import clock
from cameras.access import Credentials
from core.jobs import transaction
from domain.cameras.models import Camera, CameraStatus
from domain.cameras.registering import retire_camera
from domain.recordings.finding import files_between, playlist_between
from domain.recordings.ingesting import Ingest
from domain.recordings.models import RecordingFile
from gateways import registry
from gateways.object_storage.errors import ObjectStoreUnavailable
from gateways.object_storage.local import LocalObjectStore
from gateways.video.live import open_feed
from tests.factories.cameras import make_camera
from tests.fixtures.environment import ROOT
from tests.fixtures.simulated_cameras import StartCameras

DB = scoped_session[Session]
FILE_SECONDS = 4
LONG_AGO, LATER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Recorder:
    """An `Ingest` turned by the test's own loop."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.live, self.store = folder / "spool", folder / "live", registry.object_store()
        self.ingest: Ingest | None = None
        self.clock_is_off_by = 0.0

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        if self.ingest is None:
            self.ingest = Ingest(
                spool=self.spool, live=self.live, store=self.store, open_feed=open_feed, file_seconds=FILE_SECONDS
            )
        end = time.time() + seconds
        while time.time() < end and not until():
            self.ingest.turn(time.time() + self.clock_is_off_by)
            time.sleep(0.1)

    def stop(self) -> None:
        if self.ingest is not None:
            self.ingest.stop()
            self.ingest = None


@pytest.fixture
def recorder(app: Flask, clean_database: None, tmp_path: Path) -> Iterator[Recorder]:
    with app.app_context():
        made = Recorder(tmp_path)
        yield made
        made.stop()


@pytest.fixture
def db(app: Flask, recorder: Recorder) -> DB:
    from core.db import db

    return db.session


def camera_at(address: str, **values: object) -> int:
    with transaction():
        return make_camera(address=address, status=CameraStatus.PENDING, **values).id


def files_of(camera_id: int) -> list[RecordingFile]:
    with transaction():
        return list(files_between_all(camera_id))


def files_between_all(camera_id: int) -> list[RecordingFile]:
    from core.db import db

    found = select(RecordingFile).filter_by(camera_id=camera_id).order_by(RecordingFile.started_at)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def test_it_records_what_the_camera_shows_when_it_shows_it(
    recorder: Recorder, start_cameras: StartCameras, db: DB
) -> None:
    cameras = start_cameras(Credentials("cam", "s3cret"))
    camera_id = camera_at(cameras.url("a/production?kind=wine", "cam:s3cret@"))
    recorder.run(60, until=lambda: len(files_of(camera_id)) >= 3)
    recorder.stop()
    files = files_of(camera_id)
    assert len(files) >= 3
    for file in files[1:]:
        assert file.started_at.timestamp() % FILE_SECONDS < 2.2  # the first key frame after the boundary
        assert file.stream_started_at == files[0].stream_started_at
    for before, after in pairwise(files):
        assert abs((after.started_at - before.ended_at).total_seconds()) < 0.05
    for file in files:
        _compare_with_burnt_clock(file)
    assert list(recorder.spool.glob("*.mp4")) == []
    db.expire_all()
    camera = db.get_one(Camera, camera_id)
    assert camera.status == "active"
    assert camera.last_frame_at is not None


def _compare_with_burnt_clock(file: RecordingFile) -> None:
    data = registry.object_store().read(file.object_key)
    assert len(data) == file.size_bytes
    table = file.fragment_table()
    for part in table:
        alone = data[: file.init_bytes] + data[part.offset : part.offset + part.length]
        with av.open(io.BytesIO(alone)) as film:
            burnt = clock.read(next(film.decode(video=0)).to_image())
        assert burnt is not None
        assert timedelta(seconds=-0.3) < part.started_at - burnt < timedelta(seconds=1.4)


def test_the_live_edge_follows(recorder: Recorder, start_cameras: StartCameras) -> None:
    camera_id = camera_at(start_cameras().url("a/raw"))
    folder = recorder.live / str(camera_id)
    playlist = folder / "live.m3u8"
    recorder.run(60, until=lambda: playlist.exists() and playlist.read_text().count("#EXTINF") >= 3)
    text = playlist.read_text()
    names = re.findall(r'URI="(.*?)"|^(\d+\.m4s)$', text, re.M)
    with av.open(io.BytesIO(b"".join((folder / (init or name)).read_bytes() for init, name in names))) as film:
        frames = list(film.decode(video=0))
    burnt = clock.read(frames[-1].to_image())
    assert burnt is not None
    assert time.time() - burnt.timestamp() < 10
    assert (folder / "poster.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_a_camera_that_comes_back_leaves_an_honest_gap(recorder: Recorder, start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    camera_id = camera_at(cameras.url("a/raw"))
    recorder.run(60, until=lambda: bool(files_of(camera_id)))
    cameras.kill()
    recorder.run(1.5)
    start_cameras(port=cameras.port)
    recorder.run(60, until=lambda: len({file.stream_started_at for file in files_of(camera_id)}) > 1)
    recorder.stop()
    with transaction():
        playlist = _whole(camera_id)
    assert playlist.count("#EXT-X-DISCONTINUITY\n") == 1
    assert playlist.count("#EXT-X-MAP") == 2


def _whole(camera_id: int) -> str:
    files = files_between_all(camera_id)
    return playlist_between(camera_id, files[0].started_at, files[-1].ended_at)


def test_cameras_come_and_go_without_a_restart(recorder: Recorder, start_cameras: StartCameras, db: DB) -> None:
    cameras = start_cameras()
    first = camera_at(cameras.url("a/raw"))
    recorder.run(60, until=lambda: bool(files_of(first)))
    second = camera_at(cameras.url("a/washing"))
    with transaction():
        retire_camera(db.get_one(Camera, first), by="test", reason="")
    recorder.run(5)  # the list of cameras is read anew every three seconds
    ended_at = files_of(first)[-1].ended_at
    recorder.run(60, until=lambda: bool(files_of(second)))
    assert files_of(second)
    recorder.run(5)
    assert files_of(first)[-1].ended_at == ended_at


def test_one_bad_camera_does_not_stop_the_others(recorder: Recorder, start_cameras: StartCameras, db: DB) -> None:
    cameras = start_cameras(Credentials("cam", "pw"))
    bad = [
        camera_at(address)
        for address in (
            cameras.url("a/raw", "cam:wrong@"),
            cameras.url("a/raw?fault=mute", "cam:pw@"),
            cameras.url("a/raw?fault=deaf", "cam:pw@"),
            cameras.url("a/roof", "cam:pw@"),
            "rtsp://127.0.0.1:9/nobody",
        )
    ]
    good = camera_at(cameras.url("a/washing", "cam:pw@"))
    recorder.run(60, until=lambda: len(files_of(good)) >= 2)
    assert len(files_of(good)) >= 2
    assert not any(files_of(camera_id) for camera_id in bad)
    recorder.run(1)
    db.expire_all()
    assert [db.get_one(Camera, camera_id).status for camera_id in bad] == ["pending"] * 5


class StubbornStore(LocalObjectStore):
    """A store that is away for a while."""

    away = True

    def put(self, key: str, body: bytes | Path, *, content_type: str, sha256: bytes) -> None:
        if self.away:
            raise ObjectStoreUnavailable(reason="away")
        super().put(key, body, content_type=content_type, sha256=sha256)


def test_nothing_is_lost_while_the_object_store_is_away(
    recorder: Recorder, start_cameras: StartCameras, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.recordings.ingesting.RETRY_SECONDS", 0.5)
    recorder.store = stubborn = StubbornStore(tmp_path / "objects")
    camera_id = camera_at(start_cameras().url("a/raw"))
    recorder.run(60, until=lambda: len(list(recorder.spool.glob("*.mp4"))) >= 3)
    assert files_of(camera_id) == []
    assert len(list(recorder.spool.glob("*.mp4"))) >= 3
    stubborn.away = False
    recorder.run(60, until=lambda: len(files_of(camera_id)) >= 2)
    recorder.stop()
    files = files_of(camera_id)
    assert len(files) >= 3
    assert len({file.stream_started_at for file in files}) == 1
    assert all(stubborn.size(file.object_key) == file.size_bytes for file in files)
    for before, after in pairwise(files):
        assert abs((after.started_at - before.ended_at).total_seconds()) < 0.05


def test_a_killed_recorder_loses_at_most_the_fragment_under_way(
    recorder: Recorder, start_cameras: StartCameras, app: Flask, tmp_path: Path
) -> None:
    camera_id = camera_at(start_cameras().url("a/raw"))
    environment = os.environ | {
        "VAR_DIR": str(tmp_path), "LIVE_DIR": str(tmp_path / "live"), "RECORDING_FILE_SECONDS": "600",
        "OBJECT_STORE": f"file://{registry.object_store().local_path('x').parent}",  # type: ignore[union-attr]
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "app", "ingest"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            playlist = tmp_path / "live" / str(camera_id) / "live.m3u8"
            _wait(lambda: playlist.exists() and playlist.read_text().count("#EXTINF") >= 3, 60)
            shown = playlist.read_text()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    assert files_of(camera_id) == []
    (left,) = (tmp_path / "spool").glob("*.mp4")
    recorder.spool = tmp_path / "spool"
    Recorder.run(recorder, 0.1)
    assert recorder.ingest is not None
    recorder.ingest.keep_left_over()
    recorder.run(30, until=lambda: bool(files_of(camera_id)))
    (file, *_) = files_of(camera_id)
    assert not left.exists()
    recorded = {part.started_at.isoformat(timespec="milliseconds") for part in file.fragment_table()}
    live = {text.replace("Z", "+00:00") for text in re.findall(r"PROGRAM-DATE-TIME:(\S+)", shown)}
    assert live <= recorded
    _compare_with_burnt_clock(file)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    end = time.time() + seconds
    while not condition():
        assert time.time() < end, "waited in vain"
        time.sleep(0.1)


def test_film_of_an_unknown_camera_is_set_aside(recorder: Recorder, start_cameras: StartCameras, db: DB) -> None:
    camera_id = camera_at(start_cameras().url("a/raw"))
    recorder.run(60, until=lambda: any(path.stat().st_size > 5000 for path in recorder.spool.glob("*.mp4")))
    (under_way, *_) = sorted(recorder.spool.glob(f"{camera_id}-*.mp4"))
    stranger = under_way.with_name(under_way.name.replace(f"{camera_id}-", "987654321-", 1))
    stranger.write_bytes(under_way.read_bytes())
    assert recorder.ingest is not None
    recorder.stop()
    recorder.run(0.1)
    recorder.ingest.keep_left_over()
    recorder.run(30, until=lambda: stranger.with_suffix(".orphan").exists())
    assert not stranger.exists()
    assert stranger.with_suffix(".orphan").exists()
    assert files_between(987654321, LONG_AGO, LATER) == []


@pytest.mark.parametrize("seconds", [-3600.0, -2.0, 3600.0])
def test_a_clock_that_is_set_begins_another_stream(
    recorder: Recorder, start_cameras: StartCameras, seconds: float
) -> None:
    camera_id = camera_at(start_cameras().url("a/raw"))
    recorder.run(60, until=lambda: bool(files_of(camera_id)))
    (first,) = {file.stream_started_at for file in files_of(camera_id)}
    recorder.clock_is_off_by, set_at = seconds, time.time() + seconds
    recorder.run(60, until=lambda: len({file.stream_started_at for file in files_of(camera_id)}) > 1)
    recorder.stop()
    (second,) = {file.stream_started_at for file in files_of(camera_id)} - {first}
    assert -3 < second.timestamp() - set_at < 30


def test_film_out_of_order_is_set_aside_and_stops_nothing(recorder: Recorder, start_cameras: StartCameras) -> None:
    camera_id = camera_at(start_cameras().url("a/raw"))
    recorder.run(60, until=lambda: any(len(file.fragment_table()) > 1 for file in files_of(camera_id)))
    recorder.stop()
    (kept, *_) = [file for file in files_of(camera_id) if len(file.fragment_table()) > 1]
    film = bytearray(recorder.store.read(kept.object_key))
    first = film.index(b"prft")
    second = film.index(b"prft", first + 4)
    film[second + 12 : second + 20] = (0).to_bytes(8, "big")  # its wall-clock time: 1900
    broken = recorder.spool / f"{camera_id}-1000-2000.mp4"
    broken.write_bytes(film)
    recorder.run(0.1)
    assert recorder.ingest is not None
    recorder.ingest.keep_left_over()
    recorder.run(30, until=lambda: broken.with_suffix(".orphan").exists())
    assert broken.with_suffix(".orphan").exists()
