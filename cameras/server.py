"""The RTSP server: `rtsp://host:port/<workshop>/<zone>`, H.264 over the RTSP connection itself.

Query parameters: `kind` says what the workshop makes (wine, tofu, cake, meatball, noodle); `fault` makes a camera go
wrong on purpose: `mute` plays nothing, `deaf` answers nothing, `rtcp-first` reports before it answers PLAY.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cameras.access import Credentials, Doorkeeper
from cameras.broadcasting import Broadcast, Studio
from cameras.messages import BadMessage, Reply, Request, next_request
from cameras.rtp import PAYLOAD_TYPE, interleaved
from cameras.scenes.catalog import scene_for

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
TRACK = "trackID=0"
SESSION_SECONDS = 60
MOST_UNSENT_BYTES = 2_000_000
log = logging.getLogger("cameras")


class CameraServer:
    """Any number of cameras on one port."""

    def __init__(self, folder: Path, credentials: Credentials | None = None) -> None:
        self._credentials = credentials
        self._studio = Studio(folder)
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, which is a free one if 0 was asked for."""
        self._server = await asyncio.start_server(self._welcome, host, port)
        self._ticking = asyncio.create_task(self._studio.run())
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection, at once."""
        self._server.close()
        tasks = {self._ticking, *self._connections}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self) -> None:
        """Serve until the clock of the scenes stops, which it does only by a fault."""
        await self._ticking

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        connection = Connection(self._studio, Doorkeeper(self._credentials), writer)
        try:
            await connection.serve(reader)
        except (BadMessage, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
            log.info("connection ended: %r", fault)
        except asyncio.CancelledError:
            pass
        finally:
            connection.close()
            self._connections.discard(task)


class Connection:
    """One client: its place in the protocol, and the stream it watches. It is the viewer of a broadcast."""

    def __init__(self, studio: Studio, doorkeeper: Doorkeeper, writer: asyncio.StreamWriter) -> None:
        self.channel = 0
        self._studio, self._doorkeeper, self._writer = studio, doorkeeper, writer
        self._session = f"{secrets.randbelow(1 << 32):08d}"
        self._watching: Broadcast | None = None
        self._saw_key = False

    async def serve(self, reader: asyncio.StreamReader) -> None:
        while (request := await next_request(reader)) is not None:
            fault = _fault(request.url)
            if fault == "deaf":
                continue
            reply = await self._answer(request)
            if request.method == "PLAY" and reply.status == 200:
                self._begin(fault, reply, request)
            else:
                self._write(reply.encoded(request.headers.get("cseq", "0")))
            if request.method == "TEARDOWN" and reply.status == 200:
                return

    def send(self, data: bytes, is_key: bool) -> None:
        """Pass media on from the first key frame; a client that does not read is cut off."""
        self._saw_key = self._saw_key or is_key
        if not self._saw_key:
            return
        if self._writer.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            log.warning("client does not read: cut off")
            self._stop_watching()
            self._writer.transport.abort()
            return
        self._write(data)

    def close(self) -> None:
        self._stop_watching()
        with contextlib.suppress(RuntimeError):  # the loop may already be closed
            self._writer.close()

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def _answer(self, request: Request) -> Reply:
        if request.method == "OPTIONS":
            return Reply(headers={"Public": METHODS})
        if not self._doorkeeper.lets_in(request):
            return Reply(401, {"WWW-Authenticate": self._doorkeeper.challenge()})
        match request.method:
            case "DESCRIBE":
                return await self._describe(request)
            case "SETUP":
                return await self._set_up(request)
            case "PLAY" | "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
                return self._in_session(request)
        return Reply(501)

    async def _describe(self, request: Request) -> Reply:
        broadcast = await self._broadcast(request.url)
        if broadcast is None:
            return Reply(404)
        base = request.url.rstrip("/") + "/" if "?" not in request.url else request.url
        sdp = _description(broadcast)
        return Reply(headers={"Content-Type": "application/sdp", "Content-Base": base}, body=sdp.encode())

    async def _set_up(self, request: Request) -> Reply:
        broadcast = await self._broadcast(request.url)
        if broadcast is None:
            return Reply(404)
        transport = request.headers.get("transport", "")
        if "RTP/AVP/TCP" not in transport:
            return Reply(461)
        channels = re.search(r"interleaved=(\d{1,3})", transport)
        self.channel = min(int(channels[1]), 254) if channels else 0
        self._watching = broadcast
        chosen = f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.channel + 1}"
        return Reply(headers={"Transport": chosen, "Session": f"{self._session};timeout={SESSION_SECONDS}"})

    def _in_session(self, request: Request) -> Reply:
        if request.headers.get("session", "").partition(";")[0] != self._session:
            return Reply(454)
        if self._watching is None:
            return Reply(455)
        return Reply(headers={"Session": self._session})

    def _begin(self, fault: str, reply: Reply, request: Request) -> None:
        assert self._watching is not None
        if fault == "rtcp-first":
            self._write(interleaved(self.channel + 1, b"\x80\xc9\x00\x01\x00\x00\x00\x01"))
        self._write(reply.encoded(request.headers.get("cseq", "0")))
        if fault != "mute":
            self._watching.viewers.add(self)

    async def _broadcast(self, url: str) -> Broadcast | None:
        scene = _scene(url)
        return await self._studio.broadcast(scene) if scene else None

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.viewers.discard(self)
            self._watching = None


def _scene(url: str) -> str | None:
    """The scene an address names; the track that clients append may follow the path or the query."""
    parts = urlsplit(url)
    places = [place for place in parts.path.split("/") if place and place != TRACK]
    kind = parse_qs(parts.query.removesuffix("/" + TRACK)).get("kind", [None])[0]
    return scene_for(places[0], places[1], kind) if len(places) == 2 else None


def _fault(url: str) -> str:
    query = urlsplit(url).query.removesuffix("/" + TRACK)
    return parse_qs(query).get("fault", [""])[0]


def _description(broadcast: Broadcast) -> str:
    """The session in SDP (RFC 4566), with the parameter sets of RFC 6184."""
    encoder = broadcast.encoder
    profile = encoder.sps[1:4].hex()
    sets = ",".join(base64.b64encode(nal).decode() for nal in (encoder.sps, encoder.pps))
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=Simulated camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}",
        f"a=control:{TRACK}",
    ]
    return "\r\n".join(lines) + "\r\n"
