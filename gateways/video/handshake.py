"""From an address to a playing session: DESCRIBE, SETUP, PLAY over one TCP connection. Blocks; run it in a thread."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass

from gateways.video.errors import (
    CameraFault,
    CameraMisbehaved,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
    StreamMissing,
    StreamUnsupported,
)
from gateways.video.rtsp import Address, Authorizer, Reply, body_length, encode_request, parse_address, parse_reply_head
from gateways.video.sdp import VideoTrack, find_video

HANDSHAKE_SECONDS = 10.0


@dataclass(slots=True)
class Session:
    """A camera that is playing: the connection, what was already read from it, and what keep-alives need."""

    connection: socket.socket
    unread: bytes
    track: VideoTrack
    channel: int
    """RTP comes on it, RTCP on the next one."""
    session_id: str
    alive_seconds: float
    """The camera forgets a session that is silent for so long."""
    authorizer: Authorizer
    cseq: int
    can_get_parameter: bool


def open_session(url: str, timeout_seconds: float = HANDSHAKE_SECONDS) -> Session:
    """Connect and play within `timeout_seconds` in all; any failure is a CameraFault and leaves no connection."""
    address = parse_address(url)
    deadline = time.monotonic() + timeout_seconds
    try:
        connection = socket.create_connection((address.host, address.port), timeout_seconds)
    except OSError as fault:
        raise CameraUnreachable(why=str(fault)) from fault
    try:
        session = _Dialogue(connection, address, deadline).play()
    except BaseException:
        connection.close()
        raise
    return session


class _Dialogue:
    """Requests and replies in turn; interleaved frames between them are passed over."""

    def __init__(self, connection: socket.socket, address: Address, deadline: float) -> None:
        self._connection, self._address, self._deadline = connection, address, deadline
        self._authorizer = Authorizer(address.user, address.password)
        self._buffer = bytearray()
        self._cseq = 0

    def play(self) -> Session:
        options = self._ask("OPTIONS", self._address.url, accept_any=True)
        described = self._ask("DESCRIBE", self._address.url, {"Accept": "application/sdp"})
        base = described.header("content-base") or described.header("content-location") or self._address.url
        track = find_video(described.body.decode("utf-8", "replace"), base)
        wanted = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        set_up = self._ask("SETUP", track.control_url, wanted)
        session_id, _, parameters = set_up.header("session").partition(";")
        timeout = re.search(r"timeout=(\d+)", parameters)
        playing = {"Session": session_id.strip(), "Range": "npt=0.000-"}
        self._ask("PLAY", track.session_url, playing)
        self._connection.setblocking(False)
        return Session(
            connection=self._connection,
            unread=bytes(self._buffer),
            track=track,
            channel=_channel(set_up),
            session_id=session_id.strip(),
            alive_seconds=float(timeout[1]) if timeout else 60.0,
            authorizer=self._authorizer,
            cseq=self._cseq,
            can_get_parameter="GET_PARAMETER" in options.header("public"),
        )

    def _ask(self, method: str, url: str, headers: dict[str, str] | None = None, accept_any: bool = False) -> Reply:
        reply = self._exchange(method, url, headers or {})
        while reply.status == 401 and self._authorizer.take_challenge(reply):
            reply = self._exchange(method, url, headers or {})
        if reply.status == 200 or accept_any:
            return reply
        raise _refusal(method, reply.status)

    def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Reply:
        self._cseq += 1
        authorization = self._authorizer.header(method, url)
        try:
            self._connection.settimeout(self._left())
            self._connection.sendall(encode_request(method, url, self._cseq, {**headers, **authorization}))
            while (reply := self._next_reply()).header("cseq") not in {str(self._cseq), ""}:
                pass  # the late answer to an earlier request
        except TimeoutError as fault:
            raise CameraSilent(why=f"no answer to {method}") from fault
        except OSError as fault:
            raise CameraUnreachable(why=str(fault)) from fault
        return reply

    def _next_reply(self) -> Reply:
        while self._peek(1) == b"$":
            length = int.from_bytes(self._peek(4)[2:4], "big")
            self._take(4 + length)
        end = self._find(b"\r\n\r\n")
        reply = parse_reply_head(self._take(end))
        self._take(4)
        return Reply(reply.status, reply.headers, self._take(body_length(reply)))

    def _peek(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        return bytes(self._buffer[:count])

    def _take(self, count: int) -> bytes:
        taken = self._peek(count)
        del self._buffer[:count]
        return taken

    def _find(self, mark: bytes) -> int:
        while (place := self._buffer.find(mark)) < 0:
            if len(self._buffer) > 65_536:
                raise CameraMisbehaved(why="endless header")
            self._receive()
        return place

    def _receive(self) -> None:
        self._connection.settimeout(self._left())
        data = self._connection.recv(65_536)
        if not data:
            raise CameraUnreachable(why="connection closed during the handshake")
        self._buffer += data

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _channel(set_up: Reply) -> int:
    match = re.search(r"interleaved=(\d+)", set_up.header("transport"))
    if match is None:
        raise StreamUnsupported(why="no RTP over the RTSP connection")
    return int(match[1])


def _refusal(method: str, status: int) -> CameraFault:
    if status in {401, 403}:
        return CameraRefused(why=f"{status} to {method}")
    if status in {404, 454}:
        return StreamMissing(why=f"{status} to {method}")
    if status == 461:
        return StreamUnsupported(why="no RTP over the RTSP connection")
    return CameraMisbehaved(why=f"{status} to {method}")
