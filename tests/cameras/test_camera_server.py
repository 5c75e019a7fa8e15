"""The simulated cameras seen by a client that is not ours: FFmpeg's, inside PyAV; and by bare sockets."""

from __future__ import annotations

import socket
import time
from itertools import islice

import av
import pytest
from av.video.frame import PictureType

from cameras import clock
from cameras.access import Credentials
from tests.fixtures.simulated_cameras import RunningCameras, StartCameras

TCP = {"rtsp_transport": "tcp"}


def ask(cameras: RunningCameras, *requests: str) -> bytes:
    with socket.create_connection(("127.0.0.1", cameras.port), 5) as connection:
        answer = b""
        for request in requests:
            connection.sendall(request.encode())
            answer = connection.recv(65_536)
        return answer


def request(method: str, url: str, *headers: str) -> str:
    return "\r\n".join([f"{method} {url} RTSP/1.0", "CSeq: 1", *headers]) + "\r\n\r\n"


def test_a_foreign_client_plays_and_reads_the_time(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    with av.open(cameras.url("anybody/raw"), options=TCP, timeout=10) as film:
        frames = list(islice(film.decode(video=0), 20))
        assert (film.streams.video[0].codec.name, frames[0].width, frames[0].height) == ("h264", 640, 360)
    assert frames[0].key_frame
    times = [clock.read(frame.to_image()) for frame in frames]
    assert all(times)
    shown = [moment.timestamp() for moment in times if moment]
    assert shown == sorted(shown)
    assert abs(shown[-1] - time.time()) < 5
    assert not [frame for frame in frames if frame.pict_type == PictureType.B]
    assert len({frame.to_image().crop((0, 60, 640, 360)).tobytes() for frame in frames}) > 10


def test_zones_and_kinds_show_different_rooms(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    pictures = set()
    for path in ("a/raw", "a/washing", "a/production?kind=wine", "a/production?kind=noodle"):
        with av.open(cameras.url(path), options=TCP, timeout=10) as film:
            pictures.add(next(film.decode(video=0)).to_image().crop((0, 60, 640, 360)).tobytes())
    assert len(pictures) == 4


@pytest.mark.parametrize("scheme", ["digest", "basic"])
def test_the_right_password_plays_and_a_wrong_one_does_not(start_cameras: StartCameras, scheme: str) -> None:
    cameras = start_cameras(Credentials("cam", "s3cret", scheme))  # type: ignore[arg-type]
    with av.open(cameras.url("a/raw", "cam:s3cret@"), options=TCP, timeout=10) as film:
        assert next(film.decode(video=0)).key_frame
    for wrong in ("cam:other@", "", "other:s3cret@"):
        with pytest.raises(av.error.HTTPUnauthorizedError):
            av.open(cameras.url("a/raw", wrong), options=TCP, timeout=10)


@pytest.mark.parametrize("path", ["a/roof", "a", "", "a/raw/more"])
def test_an_unknown_address_is_404(start_cameras: StartCameras, path: str) -> None:
    cameras = start_cameras()
    assert ask(cameras, request("DESCRIBE", cameras.url(path))).startswith(b"RTSP/1.0 404 ")


def test_udp_is_refused(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    wish = request("SETUP", cameras.url("a/raw/trackID=0"), "Transport: RTP/AVP;unicast;client_port=5000-5001")
    assert ask(cameras, wish).startswith(b"RTSP/1.0 461 ")


def test_playing_needs_a_session(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    assert ask(cameras, request("PLAY", cameras.url("a/raw"))).startswith(b"RTSP/1.0 454 ")
    assert ask(cameras, request("RECORD", cameras.url("a/raw"))).startswith(b"RTSP/1.0 501 ")


def test_garbage_ends_only_its_own_connection(start_cameras: StartCameras) -> None:
    cameras = start_cameras()
    assert ask(cameras, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    assert ask(cameras, request("OPTIONS", cameras.url("a/raw"))).startswith(b"RTSP/1.0 200 ")
