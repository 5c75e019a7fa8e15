"""Files under way: closed in order, or found again after a crash."""

from __future__ import annotations

import hashlib
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.recordings.errors import IngestAlreadyRunning
from domain.recordings.keeping import ClosedFile
from domain.recordings.spooling import Spool, SpoolFile, recovered, wall_time
from tests.factories.cameras import drawn_fragments, drawn_gops

START = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)  # as drawn_gops begin


def spooled(folder: Path, seconds: int = 4) -> SpoolFile:
    init, parts = drawn_fragments(seconds)
    gops = drawn_gops(seconds)
    file = SpoolFile(folder, 7, wall_time(gops[0].started_seconds), wall_time(gops[0].started_seconds), init)
    for gop, part in zip(gops, parts, strict=True):
        file.append(part, wall_time(gop.started_seconds), 1000)
    return file


def test_a_closed_file_knows_all_about_itself(tmp_path: Path) -> None:
    closed = closed_file(spooled(tmp_path))
    data = closed.path.read_bytes()
    assert closed.started_at == START
    assert closed.ended_at == START + timedelta(seconds=4)
    assert (closed.size_bytes, closed.sha256) == (len(data), hashlib.sha256(data).digest())
    assert closed.init_sha256 == hashlib.sha256(data[: closed.init_bytes]).digest()
    for part in closed.fragments:
        assert hashlib.sha256(data[part.offset : part.offset + part.length]).digest() == part.sha256
    assert closed.object_key == "footage/7/2026-11-18/110640000.mp4"


def closed_file(file: SpoolFile) -> ClosedFile:
    closed = file.close()
    assert closed is not None
    return closed


def test_a_full_disk_costs_the_fragment_and_not_the_file(tmp_path: Path) -> None:
    file = spooled(tmp_path, 3)
    whole = file.path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole + 1000, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            file.append(b"x" * 5000, START + timedelta(seconds=3), 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    file.append(drawn_fragments(4)[1][3], START + timedelta(seconds=4), 1000)
    closed = closed_file(file)
    data = closed.path.read_bytes()
    assert closed.sha256 == hashlib.sha256(data).digest()
    assert [part.started_at for part in closed.fragments] == [START + timedelta(seconds=n) for n in (0, 1, 2, 4)]
    assert closed.fragments[3].offset == whole


def test_a_file_without_a_fragment_is_no_file(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path, 7, START, START, drawn_fragments(1)[0])
    assert file.close() is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_recorder_leaves_is_the_same_file(tmp_path: Path) -> None:
    file = spooled(tmp_path)
    assert recovered(file.path) == file.close()


@settings(max_examples=40)
@given(cut=st.integers(1, 60_000))
def test_only_the_fragment_under_way_is_lost(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    file = spooled(tmp_path_factory.mktemp("spool"))
    closed = closed_file(file)
    cut = min(cut, closed.size_bytes)
    with closed.path.open("r+b") as half:
        half.truncate(cut)
    found = recovered(closed.path)
    whole = tuple(part for part in closed.fragments if part.offset + part.length <= cut)
    if not whole:
        assert found is None
        return
    assert found is not None
    assert found.fragments == whole
    assert found.size_bytes == closed.path.stat().st_size == whole[-1].offset + whole[-1].length
    assert found.sha256 == hashlib.sha256(closed.path.read_bytes()).digest()


def test_left_over_files_are_given_and_empty_ones_removed(tmp_path: Path) -> None:
    closed = closed_file(spooled(tmp_path))
    (tmp_path / "7-1-1.mp4").write_bytes(b"")
    (tmp_path / "nonsense.mp4").write_bytes(closed.path.read_bytes())
    spool = Spool(tmp_path)
    left: list[ClosedFile] = list(spool.left_over())
    assert [file.path for file in left] == [closed.path]
    assert [path.name for path in tmp_path.glob("*.mp4")] == [closed.path.name]
    spool.release()


def test_two_recorders_do_not_share_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    with pytest.raises(IngestAlreadyRunning):
        Spool(tmp_path)
    spool.release()
    Spool(tmp_path).release()
