"""The pictures of every scene that is being watched, coded once and handed to all who watch."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cameras.clips import FRAMES_PER_SECOND, Loop, drawn_clip
from cameras.encoding import SceneEncoder
from cameras.rtp import Packetizer, interleaved
from cameras.scenes.catalog import SCENES

REPORT_EVERY_FRAMES = 5 * FRAMES_PER_SECOND


class Viewer(Protocol):
    channel: int

    def send(self, data: bytes, is_key: bool) -> None: ...


class Broadcast:
    """One scene on the air: its encoder runs only while someone watches."""

    def __init__(self, encoder: SceneEncoder) -> None:
        self.encoder = encoder
        self.viewers: set[Viewer] = set()
        self._packetizer = Packetizer()

    def send_picture(self, number: int) -> None:
        if not self.viewers:
            return
        seconds = number / FRAMES_PER_SECOND
        picture = self.encoder.encode(number)
        packets = self._packetizer.packets(picture.nals, seconds)
        report = self._packetizer.sender_report(seconds) if number % REPORT_EVERY_FRAMES == 0 else None
        framed: dict[int, bytes] = {}
        for viewer in tuple(self.viewers):
            if viewer.channel not in framed:
                framed[viewer.channel] = _framed(packets, report, viewer.channel)
            viewer.send(framed[viewer.channel], picture.is_key)


class Studio:
    """All scenes; each is drawn and its encoder opened when it is first asked for."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._broadcasts: dict[str, Broadcast] = {}
        self._opening = asyncio.Lock()

    async def broadcast(self, scene: str) -> Broadcast:
        async with self._opening:
            if scene not in self._broadcasts:
                encoder = await asyncio.to_thread(self._opened, scene)
                self._broadcasts[scene] = Broadcast(encoder)
            return self._broadcasts[scene]

    async def run(self) -> None:
        """Send a picture of each scene at every tick of the frame clock, for ever. Missed ticks are skipped."""
        while True:
            now = self._clock()
            number = int(now * FRAMES_PER_SECOND) + 1
            await asyncio.sleep(number / FRAMES_PER_SECOND - now)
            for broadcast in tuple(self._broadcasts.values()):
                broadcast.send_picture(number)

    def _opened(self, scene: str) -> SceneEncoder:
        return SceneEncoder(Loop(drawn_clip(self._folder, scene, SCENES[scene])))


def _framed(packets: list[bytes], report: bytes | None, channel: int) -> bytes:
    frames = [interleaved(channel, packet) for packet in packets]
    if report is not None:
        frames.insert(0, interleaved(channel + 1, report))
    return b"".join(frames)
