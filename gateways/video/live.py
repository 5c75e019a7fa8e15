"""The live client: one playing camera on one non-blocking socket, drained whenever the caller's timer says so."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace

from gateways.video.errors import CameraFault, CameraMisbehaved, CameraSilent, CameraUnreachable
from gateways.video.feed import Gop
from gateways.video.gops import GopCollector
from gateways.video.handshake import Session, open_session
from gateways.video.rtp import Depacketizer
from gateways.video.rtsp import body_length, encode_request, parse_reply_head
from gateways.video.wall_clock import WallClock

SILENCE_SECONDS = 8.0
REPORT_SECONDS = 10.0
MOST_BYTES_A_READ = 4_000_000


def open_feed(url: str) -> LiveFeed:
    """A playing camera; blocks for the handshake, ten seconds at most. Credentials stand in the URL."""
    return LiveFeed(open_session(url))


class LiveFeed:
    """A camera's pictures, each group beginning later than the one before. A mute camera is noticed after eight seconds.

    The groups of the first three seconds are held until the wall clock has settled, as their times are not known before.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._socket = session.connection
        self._buffer = bytearray(session.unread)
        self._depacketizer = Depacketizer(session.track.payload_type)
        self._clock = WallClock()
        self._collector = GopCollector(self._clock, session.track.format)
        self._heard_at = self._kept_alive_at = self._reported_at = -1.0
        self._fault: CameraFault | None = None
        self._held: list[Gop] = []
        self._last_start = 0.0
        self._source = secrets.token_bytes(4)

    def read(self, now_seconds: float) -> list[Gop]:
        """Drain the socket; see Feed. `now_seconds` is the time since 1970, taken as the pictures' arrival."""
        if self._heard_at < 0:
            self._heard_at = self._kept_alive_at = self._reported_at = now_seconds
        if self._fault is not None:
            raise self._fault
        gops: list[Gop] = []
        try:
            is_open = self._drain()
            self._split(now_seconds, gops)
            if not is_open:
                raise CameraUnreachable(why="the camera closed the connection")
            if now_seconds - self._heard_at > SILENCE_SECONDS:
                raise CameraSilent(why=f"nothing for {SILENCE_SECONDS:.0f} s")
        except CameraFault as fault:
            if not self._held and not gops:
                raise
            self._fault = fault  # first hand over what is complete
        self._keep_alive(now_seconds)
        self._held += gops
        return self._release() if self._clock.is_settled or self._fault else []

    def close(self) -> list[Gop]:
        """Hang up; see Feed."""
        self._send(self._request("TEARDOWN"))
        self._socket.close()
        last = self._depacketizer.flush()
        with contextlib.suppress(CameraFault):
            if last is not None and (finished := self._collector.push(last)):
                self._held.append(finished)
        if (unfinished := self._collector.flush()) is not None:
            self._held.append(unfinished)
        return self._release()

    def _release(self) -> list[Gop]:
        """What was held, with the times that are known by now."""
        gops, self._held = self._held, []
        for place, gop in enumerate(gops):
            self._last_start = max(self._clock.seconds_at(gop.start_ticks), self._last_start + 0.001)
            gops[place] = replace(gop, started_seconds=self._last_start)
        return gops

    def _drain(self) -> bool:
        """Read all there is; False once the camera has closed."""
        taken = 0
        while taken < MOST_BYTES_A_READ:
            try:
                data = self._socket.recv(262_144)
            except BlockingIOError:
                return True
            except OSError as fault:
                raise CameraUnreachable(why=str(fault)) from fault
            if not data:
                return False
            self._buffer += data
            taken += len(data)
        return True

    def _split(self, now_seconds: float, gops: list[Gop]) -> None:
        """Take the buffer's whole frames apart; what is cut off waits for the next read."""
        place, end = 0, len(self._buffer)
        with memoryview(self._buffer) as view:
            while place + 4 <= end:
                if view[place] != 0x24:
                    following = self._pass_reply(place)
                else:
                    following = place + 4 + (view[place + 2] << 8 | view[place + 3])
                    if following <= end and view[place + 1] == self._session.channel:
                        self._take(view[place + 4 : following], now_seconds, gops)
                if following > end:
                    break
                place = following
        del self._buffer[:place]

    def _take(self, packet: memoryview, now_seconds: float, gops: list[Gop]) -> None:
        unit = self._depacketizer.push(packet)
        if unit is None:
            return
        self._heard_at = now_seconds
        self._clock.observe(self._depacketizer.ticks, now_seconds)
        gop = self._collector.push(unit)
        if gop is not None:
            gops.append(gop)

    def _pass_reply(self, place: int) -> int:
        """Where the reply to a keep-alive ends; past the buffer's end if it is not all here."""
        close = self._buffer.find(b"\r\n\r\n", place)
        if close < 0:
            if len(self._buffer) - place > 65_536:
                raise CameraMisbehaved(why="neither media nor a reply")
            return len(self._buffer) + 1
        return close + 4 + body_length(parse_reply_head(bytes(self._buffer[place:close])))

    def _keep_alive(self, now_seconds: float) -> None:
        if now_seconds - self._kept_alive_at > self._session.alive_seconds / 2.5:
            self._kept_alive_at = now_seconds
            self._send(self._request("GET_PARAMETER" if self._session.can_get_parameter else "OPTIONS"))
        if now_seconds - self._reported_at > REPORT_SECONDS:
            self._reported_at = now_seconds
            report = b"\x80\xc9\x00\x01" + self._source  # an empty receiver report (RFC 3550, section 6.4.2)
            self._send(bytes((0x24, self._session.channel + 1, 0, len(report))) + report)

    def _request(self, method: str) -> bytes:
        url = self._session.track.session_url
        self._session.cseq += 1
        headers = {"Session": self._session.session_id, **self._session.authorizer.header(method, url)}
        return encode_request(method, url, self._session.cseq, headers)

    def _send(self, data: bytes) -> None:
        """A few bytes that always fit the socket's buffer; if not, the camera is stuck and silence will tell."""
        try:
            self._socket.send(data)
        except OSError:
            return
