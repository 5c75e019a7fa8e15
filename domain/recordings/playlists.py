"""HLS playlists (RFC 8216) by wall clock, for what was recorded and for what is live. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.recordings.fragments import Fragment
from domain.recordings.models import RecordingFile

LARGEST_SEAM = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class LiveFragment:
    """A fragment of the live edge, in a small file of its own."""

    number: int
    started_at: datetime
    duration_ms: int
    init_name: str
    is_new_stream: bool
    """Whether it begins a connection of its own: players must not expect its timeline to go on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment of a recorded interval, and the file it lies in."""

    file: RecordingFile
    fragment: Fragment
    follows_gap: bool


def live_playlist(fragments: Sequence[LiveFragment], gone_discontinuities: int) -> str:
    """The newest fragments, oldest first. `gone_discontinuities` counts those that have left the window."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{_target(f.duration_ms for f in fragments)}"]
    lines += [f"#EXT-X-MEDIA-SEQUENCE:{fragments[0].number if fragments else 0}"]
    lines += [f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone_discontinuities}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    init_name = ""
    for place, fragment in enumerate(fragments):
        if fragment.is_new_stream and place:
            lines.append("#EXT-X-DISCONTINUITY")
        if fragment.init_name != init_name or (fragment.is_new_stream and place):
            init_name = fragment.init_name
            lines.append(f'#EXT-X-MAP:URI="{init_name}"')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(fragment.started_at)}")
        lines += [f"#EXTINF:{fragment.duration_ms / 1000:.3f},", f"{fragment.number}.m4s"]
    return "\n".join(lines) + "\n"


def recorded_playlist(files: Iterable[RecordingFile], start_at: datetime, end_at: datetime) -> str | None:
    """Everything recorded between two times, by byte ranges into closed files `<id>.mp4`; None if there is nothing.

    It begins at the key frame before `start_at`, and tells players to start at `start_at` itself. Gaps are marked, and
    the wall clock is given at the start and after each.
    """
    pieces = list(pieces_between(files, start_at, end_at))
    if not pieces:
        return None
    first = pieces[0].fragment
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [f"#EXT-X-TARGETDURATION:{_target(piece.fragment.duration_ms for piece in pieces)}"]
    if start_at > first.started_at:
        offset = (start_at - first.started_at).total_seconds()
        lines.append(f"#EXT-X-START:TIME-OFFSET={offset:.3f},PRECISE=YES")
    lines.append("#EXT-X-MEDIA-SEQUENCE:0")
    previous: Piece | None = None
    for piece in pieces:
        lines += _piece_lines(piece, previous)
        previous = piece
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def pieces_between(files: Iterable[RecordingFile], start_at: datetime, end_at: datetime) -> Iterator[Piece]:
    """The fragments that show any moment of the interval, in the order of time; overlaps are left out."""
    stream_started_at: datetime | None = None
    ended_at: datetime | None = None
    for file in sorted(files, key=lambda file: file.started_at):
        for fragment in file.fragment_table():
            if fragment.ended_at <= start_at or fragment.started_at >= end_at:
                continue
            if ended_at is not None and fragment.started_at < ended_at - LARGEST_SEAM:
                continue
            is_seamless = (
                ended_at is not None
                and stream_started_at == file.stream_started_at
                and fragment.started_at - ended_at <= LARGEST_SEAM
            )
            yield Piece(file, fragment, not is_seamless)
            stream_started_at, ended_at = file.stream_started_at, fragment.ended_at


def _piece_lines(piece: Piece, previous: Piece | None) -> list[str]:
    lines = []
    file, fragment = piece.file, piece.fragment
    if piece.follows_gap and previous is not None:
        lines.append("#EXT-X-DISCONTINUITY")
    if previous is None or piece.follows_gap or previous.file.init_sha256 != file.init_sha256:
        lines.append(f'#EXT-X-MAP:URI="{file.id}.mp4",BYTERANGE="{file.init_bytes}@0"')
    if piece.follows_gap or previous is None or previous.file.id != file.id:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(fragment.started_at)}")
    lines.append(f"#EXTINF:{fragment.duration_ms / 1000:.3f},")
    lines.append(f"#EXT-X-BYTERANGE:{fragment.length}@{fragment.offset}")
    lines.append(f"{file.id}.mp4")
    return lines


def _target(durations_ms: Iterable[int]) -> int:
    return max(1, math.ceil(max(durations_ms, default=1000) / 1000))


def _date_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
