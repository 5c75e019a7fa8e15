"""The session description (RFC 4566) that answers DESCRIBE: which track is H.264 video, and how to ask for it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from gateways.video.errors import StreamUnsupported
from gateways.video.feed import TICKS_PER_SECOND, VideoFormat


@dataclass(frozen=True, slots=True)
class VideoTrack:
    payload_type: int
    control_url: str
    session_url: str
    format: VideoFormat | None
    """None if the camera sends its parameter sets only in the stream."""


def find_video(description: str, base_url: str) -> VideoTrack:
    """The H.264 track; audio and other tracks are passed over. Raises StreamUnsupported if there is none."""
    head, *tracks = re.split(r"(?m)^(?=m=)", description.replace("\r\n", "\n"))
    for track in tracks:
        payload_type = _h264_payload_type(track)
        if payload_type is not None:
            control = _attribute(track, "control") or ""
            session = _attribute(head, "control") or "*"
            return VideoTrack(payload_type, _joined(base_url, control), _joined(base_url, session), _format(track))
    codecs = re.findall(r"(?m)^a=rtpmap:\d+ ([\w-]+)", description)
    raise StreamUnsupported(why=f"no H.264 track, only {', '.join(codecs) or 'nothing'}")


def _h264_payload_type(track: str) -> int | None:
    if not track.startswith("m=video"):
        return None
    match = re.search(r"(?mi)^a=rtpmap:(\d+) H264/(\d+)", track)
    return int(match[1]) if match and int(match[2]) == TICKS_PER_SECOND else None


def _attribute(section: str, name: str) -> str | None:
    match = re.search(rf"(?m)^a={name}:(.*)$", section)
    return match[1].strip() if match else None


def _joined(base_url: str, control: str) -> str:
    """RFC 2326, C.1.1, as cameras really mean it: the control is appended, also behind a query."""
    if control in {"", "*"}:
        return base_url
    if control.startswith("rtsp://"):
        return control
    return base_url.rstrip("/") + "/" + control.lstrip("/")


def _format(track: str) -> VideoFormat | None:
    match = re.search(r"sprop-parameter-sets=([^;\s]+)", track)
    if match is None:
        return None
    try:
        nals = [base64.b64decode(part, validate=True) for part in match[1].split(",") if part]
    except binascii.Error:
        return None
    sps = [nal for nal in nals if nal and nal[0] & 31 == 7]
    pps = [nal for nal in nals if nal and nal[0] & 31 == 8]
    return VideoFormat(sps[0], pps[0]) if sps and pps else None
