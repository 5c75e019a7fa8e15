"""Files by camera and time, from a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from domain.recordings.errors import FootageMissing
from domain.recordings.finding import files_between, find_file, has_footage, playlist_between
from domain.recordings.models import RecordingFile
from domain.recordings.posters import poster_of_interval
from gateways import registry
from gateways.video.pictures import poster
from tests.factories.cameras import make_camera, make_recording

AT = datetime(2026, 5, 24, 8, 0, tzinfo=UTC)
DB = scoped_session[Session]


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_files_are_found_by_any_moment_they_show(session: DB) -> None:
    camera, other = make_camera(), make_camera()
    files = [make_recording(camera, after(start)) for start in (0, 4, 60)]
    make_recording(other, after(0))
    assert [file.id for file in files_between(camera.id, after(-100), after(100))] == [file.id for file in files]
    assert [file.id for file in files_between(camera.id, after(3.9), after(4.1))] == [file.id for file in files[:2]]
    assert files_between(camera.id, after(4), after(4)) == []
    assert files_between(camera.id, after(8), after(60)) == []
    assert [file.id for file in files_between(camera.id, after(63.999), after(9999))] == [files[2].id]


def test_has_footage_tells_cameras_apart(session: DB) -> None:
    camera, other = make_camera(), make_camera()
    make_recording(camera, after(0))
    span = (after(0), after(10))
    assert has_footage({camera.id: span, other.id: span}) == {camera.id}
    assert has_footage({camera.id: (after(4), after(9))}) == set()


def test_an_interval_without_film_is_missing(session: DB) -> None:
    with pytest.raises(FootageMissing):
        playlist_between(make_camera().id, after(0), after(60))


def test_an_interval_is_cut_to_a_day(session: DB) -> None:
    camera = make_camera()
    make_recording(camera, after(0))
    make_recording(camera, after(25 * 3600))
    assert playlist_between(camera.id, after(0), after(48 * 3600)).count("#EXTINF") == 4


def test_a_file_is_only_given_with_its_camera_and_time(session: DB) -> None:
    camera = make_camera()
    file = make_recording(camera, after(0))
    assert find_file(file.id, camera.id, after(1), after(2)) is file
    for camera_id, start, end in ((make_camera().id, 1, 2), (camera.id, 4, 9), (camera.id, -9, 0)):
        with pytest.raises(FootageMissing):
            find_file(file.id, camera_id, after(start), after(end))
    with pytest.raises(FootageMissing):
        find_file(file.id + 999_999, camera.id, after(0), after(9))


def test_recording_a_file_again_changes_nothing(session: DB) -> None:
    camera = make_camera()
    file = make_recording(camera, after(0))
    again = make_recording(camera, after(0), seconds=2)
    assert again.id == file.id
    assert again.size_bytes == file.size_bytes
    assert session.scalar(select(func.count(RecordingFile.id)).filter_by(camera_id=camera.id)) == 1


def test_the_fragment_table_survives_the_database(session: DB) -> None:
    camera = make_camera()
    file = make_recording(camera, after(0), skip=2)
    session.expire_all()
    store = registry.object_store()
    data = store.read(file.object_key)
    table = file.fragment_table()
    assert [part.started_at for part in table] == [after(n) for n in range(4)]
    assert table[0].offset == file.init_bytes
    assert table[-1].offset + table[-1].length == file.size_bytes == len(data)


def test_the_poster_of_an_interval_is_made_once(session: DB) -> None:
    camera = make_camera()
    file = make_recording(camera, after(0))
    store = registry.object_store()
    jpeg = poster_of_interval(store, camera.id, after(2.5), after(4))
    third = file.fragment_table()[2]
    init = store.read(file.object_key, 0, file.init_bytes)
    assert jpeg == poster(init, store.read(file.object_key, third.offset, third.length))
    store.delete_many([file.object_key])
    assert poster_of_interval(store, camera.id, after(2.5), after(4)) == jpeg
    with pytest.raises(FootageMissing):
        poster_of_interval(store, camera.id, after(0), after(1))
    with pytest.raises(FootageMissing):
        poster_of_interval(store, camera.id, after(10), after(20))
