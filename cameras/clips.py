"""Each scene drawn once into a small clip on disk, then played round and round from memory."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame
from PIL import Image

from cameras.scenes.brush import HEIGHT, WIDTH
from cameras.scenes.catalog import Draw

FRAMES_PER_SECOND = 8
CLIP_SECONDS = 20
CLIP_VERSION = 1


class Loop:
    """The frames of one clip, in order and without end."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as clip:
            stream = clip.streams.video[0]
            self._packets = [bytes(packet) for packet in clip.demux(stream) if packet.size]
            self._extradata = stream.codec_context.extradata
        self._next = 0
        self._start()

    def frame(self) -> VideoFrame:
        """The next picture; it may be drawn upon."""
        if self._next == len(self._packets):
            self._start()
        packet = av.Packet(self._packets[self._next])
        packet.pts = packet.dts = self._next
        self._next += 1
        (decoded,) = self._decoder.decode(packet)
        return decoded

    def _start(self) -> None:
        self._decoder = av.CodecContext.create("h264", "r")
        self._decoder.extradata = self._extradata
        self._decoder.thread_count = 1
        self._next = 0


def drawn_clip(folder: Path, name: str, draw: Draw) -> Path:
    """The scene's clip in `folder`; it is drawn if it is not there yet, which takes about a second of CPU."""
    path = folder / f"{name}-{CLIP_VERSION}.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    # Two processes may draw the same clip: each into a file of its own, and the last to finish stays.
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with av.open(str(unfinished), "w", format="mp4") as clip:
        stream = clip.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_SECOND)
        stream.codec_context.thread_count = 1
        stream.options = {"crf": "16", "preset": "veryfast", "tune": "zerolatency"}
        count = FRAMES_PER_SECOND * CLIP_SECONDS
        for number in range(count):
            clip.mux(stream.encode(_video_frame(draw(number / count), number)))
        clip.mux(stream.encode(None))
    unfinished.replace(path)
    return path


def _video_frame(picture: Image.Image, number: int) -> VideoFrame:
    frame = VideoFrame.from_image(picture).reformat(format="yuv420p")
    frame.pts = number
    return frame
