"""Film over HTTP: what a token opens, ranges, headers; and that nothing else opens."""

from __future__ import annotations

import gzip
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from core.jobs import transaction
from core.settings import SendFileVia, settings
from domain.recordings import links
from domain.recordings.live_edge import LiveEdge, live_folder
from gateways import registry
from tests.factories.cameras import drawn_fragments, make_camera, make_recording

AT = datetime(2026, 5, 24, 8, 0, tzinfo=UTC)
ROOM = timedelta(seconds=1)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.fixture
def recorded(app: Flask, clean_database: None) -> tuple[int, int, bytes]:
    """A camera, a file of eight seconds of it, and the file's bytes."""
    with app.app_context(), transaction():
        camera = make_camera()
        file = make_recording(camera, AT, seconds=8)
        return camera.id, file.id, registry.object_store().read(file.object_key)


@pytest.fixture
def live_camera() -> int:
    """A live edge of a camera that only it knows."""
    camera_id = 900_001
    edge = LiveEdge(live_folder() / str(camera_id), 1_795_000_000.0)
    init, parts = drawn_fragments(8)
    edge.begin_stream(init)
    for number, part in enumerate(parts):
        edge.append(part, after(number), 1000)
    edge.put_poster(b"\xff\xd8jpeg")
    return camera_id


def test_a_recorded_interval_plays(client: FlaskClient, recorded: tuple[int, int, bytes]) -> None:
    camera_id, _, _ = recorded
    url = links.interval_url(camera_id, after(2.5), after(5))
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "application/vnd.apple.mpegurl")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    data = fetched(client, url, answer.get_data(as_text=True))
    with av.open(io.BytesIO(data)) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 30


def fetched(client: FlaskClient, url: str, playlist: str) -> bytes:
    """What a player would put together: the header, then each byte range."""
    folder = url.rpartition("/")[0]
    (name, length, offset) = re.findall(r'#EXT-X-MAP:URI="(\d+\.mp4)",BYTERANGE="(\d+)@(\d+)"', playlist)[0]
    wanted = [(name, int(length), int(offset))]
    found = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\d+\.mp4)", playlist)
    wanted += [(file, int(size), int(start)) for size, start, file in found]
    data = b""
    for file, size, start in wanted:
        answer = client.get(f"{folder}/{file}", headers={"Range": f"bytes={start}-{start + size - 1}"})
        assert answer.status_code == 206
        assert len(answer.data) == size
        data += answer.data
    return data


def test_a_playlist_is_packed_for_those_who_can_unpack(client: FlaskClient, recorded: tuple[int, int, bytes]) -> None:
    url = links.interval_url(recorded[0], after(0), after(5))
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(url).data
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        (None, 200, 0, None),
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=10-10", 206, 10, 11),
        ("bytes=100-99999999", 206, 100, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("lines=0-1", 200, 0, None),
        ("bytes=9-1", 200, 0, None),
    ],
)
def test_ranges(
    client: FlaskClient, recorded: tuple[int, int, bytes], asked: str | None, status: int, start: int, end: int | None
) -> None:
    camera_id, file_id, data = recorded
    token = links.interval_token(camera_id, AT, after(8))
    headers = {"Range": asked} if asked else {}
    answer = client.get(f"/v/{token}/{file_id}.mp4", headers=headers)
    assert (answer.status_code, answer.data) == (status, data[start:end])
    assert answer.mimetype == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "immutable" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    if status == 206:
        first = start % len(data)
        assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.data) - 1}/{len(data)}"
    head = client.head(f"/v/{token}/{file_id}.mp4", headers=headers)
    assert (head.status_code, head.data) == (status, b"")


def test_a_range_behind_the_end_cannot_be_satisfied(client: FlaskClient, recorded: tuple[int, int, bytes]) -> None:
    camera_id, file_id, data = recorded
    token = links.interval_token(camera_id, AT, after(8))
    answer = client.get(f"/v/{token}/{file_id}.mp4", headers={"Range": f"bytes={len(data)}-"})
    assert answer.status_code == 416


def test_a_token_opens_only_its_own_interval(client: FlaskClient, recorded: tuple[int, int, bytes], app: Flask) -> None:
    camera_id, file_id, _ = recorded
    with app.app_context(), transaction():
        other = make_camera().id
    for token in (
        links.interval_token(other, AT, after(8)),
        links.interval_token(camera_id, after(8), after(99)),
        links.interval_token(camera_id, after(-99), AT),
    ):
        assert client.get(f"/v/{token}/{file_id}.mp4").status_code == 404
        assert client.get(f"/v/{token}/recorded.m3u8").status_code == 404
        assert client.get(f"/v/{token}/poster.jpg").status_code == 404


def test_live_and_recorded_tokens_are_not_exchanged(
    client: FlaskClient, recorded: tuple[int, int, bytes], live_camera: int
) -> None:
    camera_id, file_id, _ = recorded
    live, interval = links.live_token(live_camera), links.interval_token(live_camera, AT, after(8))
    for path in (
        f"/v/{links.live_token(camera_id)}/recorded.m3u8",
        f"/v/{links.live_token(camera_id)}/{file_id}.mp4",
        f"/v/{interval}/live.m3u8",
        f"/v/{interval}/{newest(client, live)}.m4s",
    ):
        answer = client.get(path, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (403, "link_invalid")


def newest(client: FlaskClient, token: str) -> int:
    playlist = client.get(f"/v/{token}/live.m3u8").get_data(as_text=True)
    return int(re.findall(r"(\d+)\.m4s", playlist)[-1])


@pytest.mark.parametrize(
    "name", ["live.m3u8", "recorded.m3u8", "1.m4s", "1.mp4", "poster.jpg", "init-abcdefabcdef.mp4"]
)
@pytest.mark.parametrize("token", ["x", "l1.9999999999.AAAAAAAAAAAAAAAAAAAAAA", "l1", "..", "l1.1.2.3.AAAA", "%00"])
def test_a_token_that_is_not_ours_opens_nothing(client: FlaskClient, token: str, name: str) -> None:
    assert client.get(f"/v/{token}/{name}").status_code in {403, 404}
    if token not in {"..", "%00"}:
        answer = client.get(f"/v/{token}/{name}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (403, "link_invalid")


def test_an_expired_token_opens_nothing(
    client: FlaskClient, recorded: tuple[int, int, bytes], live_camera: int
) -> None:
    camera_id, file_id, _ = recorded
    interval, live = links.interval_token(camera_id, AT, after(8)), links.live_token(live_camera)
    later = datetime.now(UTC) + timedelta(minutes=2 * settings().media_link_minutes + 1)
    with time_machine.travel(later, tick=False):
        for path in (f"{interval}/recorded.m3u8", f"{interval}/{file_id}.mp4", f"{interval}/poster.jpg",
                     f"{live}/live.m3u8", f"{live}/poster.jpg"):  # fmt: skip
            answer = client.get(f"/v/{path}", headers={"Accept": "application/json"})
            assert (answer.status_code, answer.json["code"]) == (403, "link_expired")


def test_the_live_edge_plays(client: FlaskClient, live_camera: int) -> None:
    url = links.live_url(live_camera)
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "application/vnd.apple.mpegurl")
    assert answer.headers["Cache-Control"] == "private, max-age=1"
    playlist = answer.get_data(as_text=True)
    names = re.findall(r'(?m)^#EXT-X-MAP:URI="(.*)"$|^(\d+\.m4s)$', playlist)
    parts = [client.get(f"{url.rpartition('/')[0]}/{init or name}") for init, name in names]
    assert [part.status_code for part in parts] == [200] * 7
    assert "Content-Disposition" not in parts[1].headers
    with av.open(io.BytesIO(b"".join(part.data for part in parts))) as film:
        assert len(list(film.decode(video=0))) == 60


def test_a_live_fragment_can_be_asked_for_in_parts(client: FlaskClient, live_camera: int) -> None:
    token = links.live_token(live_camera)
    path = f"/v/{token}/{newest(client, token)}.m4s"
    whole = client.get(path).data
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])


def test_a_dark_camera_has_no_live_edge(client: FlaskClient, live_camera: int) -> None:
    import os

    dark = links.live_token(900_002)
    for name in ("live.m3u8", "poster.jpg", "1.m4s", "init-abcdefabcdef.mp4"):
        answer = client.get(f"/v/{dark}/{name}", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["code"]) == (404, "live_unavailable")
    os.utime(live_folder() / str(live_camera) / "live.m3u8", (1, 1))
    assert client.get(links.live_url(live_camera)).status_code == 404


@pytest.mark.parametrize("name", ["init-../../x.mp4", "init-%2e%2e%2fx.mp4", "init-XYZ.mp4", "..%2flive.m3u8", ".lock"])
def test_no_other_file_can_be_reached(client: FlaskClient, live_camera: int, name: str) -> None:
    assert client.get(f"/v/{links.live_token(live_camera)}/{name}").status_code == 404


def test_posters(client: FlaskClient, recorded: tuple[int, int, bytes], live_camera: int) -> None:
    live = client.get(links.live_poster_url(live_camera))
    assert (live.status_code, live.mimetype, live.data) == (200, "image/jpeg", b"\xff\xd8jpeg")
    url = links.interval_poster_url(recorded[0], after(1), after(5))
    first = client.get(url)
    assert (first.status_code, first.mimetype, first.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_players_elsewhere_may_ask(client: FlaskClient, live_camera: int) -> None:
    answer = client.options(links.live_url(live_camera))
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == "Range"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_nothing_can_be_written(client: FlaskClient, live_camera: int) -> None:
    for method in (client.post, client.put, client.delete):
        assert method(links.live_url(live_camera)).status_code in {400, 405}


def test_nginx_sends_the_bytes_where_it_is_told_to(
    client: FlaskClient, recorded: tuple[int, int, bytes], live_camera: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "send_file_via", SendFileVia.NGINX)
    camera_id, file_id, _ = recorded
    answer = client.get(f"/v/{links.interval_token(camera_id, AT, after(8))}/{file_id}.mp4")
    assert (answer.data, answer.mimetype) == (b"", "video/mp4")
    place = answer.headers["X-Accel-Redirect"]
    assert re.fullmatch(rf"/_objects/footage/{camera_id}/2026-05-24/080000000\.mp4", place)
    local = registry.object_store().local_path(place.removeprefix("/_objects/"))
    assert isinstance(local, Path)
    assert local.is_file()
    live = client.get(links.live_url(live_camera))
    assert live.headers["X-Accel-Redirect"] == f"/_live/{live_camera}/live.m3u8"
    assert client.get("/v/x/live.m3u8").status_code == 403
