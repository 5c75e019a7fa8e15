"""Our client against a real RTSP server: it plays, it is refused, and it notices when a camera dies or falls mute."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import av
import pytest

from cameras import clock
from cameras.access import Credentials
from gateways.video import live
from gateways.video.errors import (
    CameraFault,
    CameraMisbehaved,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
    StreamMissing,
)
from gateways.video.feed import Gop, VideoFormat
from gateways.video.fmp4 import fragment, init_segment
from gateways.video.handshake import Session, open_session
from gateways.video.live import LiveFeed, open_feed
from gateways.video.rtsp import Authorizer
from gateways.video.sdp import VideoTrack
from tests.fixtures.simulated_cameras import StartCameras


def watch(feed: LiveFeed, seconds: float) -> list[Gop]:
    gops: list[Gop] = []
    until = time.time() + seconds
    while time.time() < until:
        time.sleep(0.1)
        gops += feed.read(time.time())
    return gops


def test_it_plays_and_the_wall_clock_fits_the_burnt_one(start_cameras: StartCameras) -> None:
    feed = open_feed(start_cameras().url("a/raw"))
    gops = watch(feed, 6.5)
    gops += feed.close()
    assert len(gops) >= 4
    assert [gop.duration_ticks for gop in gops[1:-1]] == [180_000] * (len(gops) - 2)
    parts = [fragment(gop, number, gops[0].start_ticks) for number, gop in enumerate(gops, 1)]
    with av.open(io.BytesIO(init_segment(gops[0].format) + b"".join(parts))) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == sum(len(gop.samples) for gop in gops)
    for frame in frames[:: len(frames) // 10]:
        burnt = clock.read(frame.to_image())
        assert burnt is not None
        ours = gops[0].started_seconds + float((frame.pts or 0) * (frame.time_base or 0))
        assert -0.1 < ours - burnt.timestamp() < 1.3


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_the_right_password_plays(start_cameras: StartCameras, scheme: str) -> None:
    cameras = start_cameras(Credentials("cam", "p@ss: 1", scheme))  # type: ignore[arg-type]
    feed = open_feed(cameras.url("a/production?kind=wine", "cam:p%40ss%3A%201@"))
    assert watch(feed, 4.5)
    feed.close()


@pytest.mark.parametrize("credentials", ["", "cam:wrong@", "other:secret@"])
@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_a_wrong_password_is_refused_by_name(start_cameras: StartCameras, scheme: str, credentials: str) -> None:
    cameras = start_cameras(Credentials("cam", "secret", scheme))  # type: ignore[arg-type]
    with pytest.raises(CameraRefused):
        open_feed(cameras.url("a/raw", credentials))


def test_an_unknown_address_is_missing(start_cameras: StartCameras) -> None:
    with pytest.raises(StreamMissing):
        open_feed(start_cameras().url("a/roof"))


def test_reports_before_the_play_reply_are_passed_over(start_cameras: StartCameras) -> None:
    feed = open_feed(start_cameras().url("a/raw?fault=rtcp-first"))
    assert watch(feed, 4.5)
    feed.close()


def test_a_server_that_dies_is_noticed_and_its_last_pictures_are_kept(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    feed = open_feed(cameras.url("a/raw"))
    watch(feed, 3.5)
    cameras.kill()
    with pytest.raises(CameraUnreachable):
        watch(feed, 3)
    (last,) = feed.close()
    assert last.samples[0].is_key


def test_a_mute_camera_is_noticed_within_ten_seconds(start_cameras: StartCameras) -> None:
    began = time.time()
    feed = open_feed(start_cameras().url("a/raw?fault=mute"))
    with pytest.raises(CameraSilent):
        watch(feed, 12)
    assert time.time() - began < 10
    assert feed.close() == []


def test_a_camera_that_never_answers_is_given_up(start_cameras: StartCameras) -> None:
    began = time.time()
    with pytest.raises(CameraSilent):
        open_session(start_cameras().url("a/raw?fault=deaf"), timeout_seconds=1)
    assert time.time() - began < 2


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(CameraUnreachable):
        open_feed(f"rtsp://127.0.0.1:{port}/a")


def test_keep_alives_are_sent_and_their_replies_passed_over(
    start_cameras: StartCameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "REPORT_SECONDS", 0.3)
    session = open_session(start_cameras().url("a/raw"))
    session.alive_seconds = 0.5
    feed = LiveFeed(session)
    assert len(watch(feed, 4.5)) >= 1
    assert session.cseq > 10
    feed.close()


@pytest.fixture
def scripted_server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each request with the next of a list of replies, then closes."""
    replies: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for reply in replies:
                    if not connection.recv(65_536):
                        return
                    connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"rtsp://127.0.0.1:{listening.getsockname()[1]}/x", replies
        thread.join(5)


OK = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\n\r\n"


@pytest.mark.parametrize(
    ("replies", "fault"),
    [
        ([b"HTTP/1.1 200 OK\r\n\r\n"], CameraMisbehaved),
        ([OK % 1, b"RTSP/1.0 500 Oh\r\nCSeq: 2\r\n\r\n"], CameraMisbehaved),
        ([OK % 1, b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 99\r\n\r\nv=0"], CameraUnreachable),
        ([OK % 1, b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: many\r\n\r\n"], CameraMisbehaved),
        ([OK % 1, b"x" * 80_000], CameraMisbehaved),
        ([OK % 1, b"$"], CameraUnreachable),
    ],
)
def test_odd_servers_are_told_apart(
    scripted_server: tuple[str, list[bytes]], replies: list[bytes], fault: type[CameraFault]
) -> None:
    url, script = scripted_server
    script += replies
    with pytest.raises(fault):
        open_session(url, timeout_seconds=3)


def picture(number: int, ticks: int, *, is_key: bool) -> bytes:
    """An interleaved RTP packet (RFC 2326, 10.12) that is a whole picture."""
    packet = struct.pack(">BBHII", 0x80, 0x80 | 96, number, ticks, 7) + (b"\x65" if is_key else b"\x41") + bytes(20)
    return struct.pack(">BBH", 0x24, 0, len(packet)) + packet


def test_pictures_in_stock_do_not_turn_time_back() -> None:
    """A key frame, another soon after it, and then more than was due: the second group must not begin before the first."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    track = VideoTrack(96, "", "rtsp://camera/1", VideoFormat(b"\x67sps", b"\x68pps"))
    feed = LiveFeed(Session(ours, b"", track, 0, "1", 60.0, Authorizer("", ""), 1, False))
    begun, gops = time.time(), []
    keys = {0, 1, 17, 33}
    for tick in range(20):  # four times a second, for five seconds; the first 1.5 s of pictures come at once
        for number in range(12) if tick == 0 else range(10 + 2 * tick, 12 + 2 * tick):
            theirs.send(picture(number, number * 11_250, is_key=number in keys))
        gops += feed.read(begun + tick * 0.25)
    gops += feed.close()
    theirs.close()
    starts = [gop.started_seconds - begun for gop in gops]
    assert starts == pytest.approx([-1.375, -1.25, 0.75, 2.75], abs=0.2)
    assert all(before < after for before, after in pairwise(starts))
