"""Playlists by wall clock: intervals, gaps, new headers; checked for every interval, not only for pretty ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.recordings.fragments import Fragment, pack_fragments
from domain.recordings.models import RecordingFile
from domain.recordings.playlists import LiveFragment, live_playlist, pieces_between, recorded_playlist

NOON = datetime(2026, 5, 24, 4, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def recorded(number: int, start: float, count: int = 30, stream: int = 0, init: bytes = b"i") -> RecordingFile:
    """A file of `count` fragments of two seconds."""
    rows = [Fragment(600 + n * 1000, 1000, at(start + 2 * n), 2000, bytes(32)) for n in range(count)]
    return RecordingFile(
        id=number, camera_id=1, started_at=at(start), ended_at=at(start + 2 * count), stream_started_at=at(stream),
        object_key="x", size_bytes=600 + 1000 * count, sha256=bytes(32), init_bytes=600, init_sha256=init * 32,
        fragments=pack_fragments(rows, at(start)),
    )  # fmt: skip


def test_an_interval_inside_one_file() -> None:
    text = recorded_playlist([recorded(7, 0)], at(5), at(9))
    assert text == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:2\n"
        "#EXT-X-START:TIME-OFFSET=1.000,PRECISE=YES\n#EXT-X-MEDIA-SEQUENCE:0\n"
        '#EXT-X-MAP:URI="7.mp4",BYTERANGE="600@0"\n#EXT-X-PROGRAM-DATE-TIME:2026-05-24T04:00:04.000Z\n'
        "#EXTINF:2.000,\n#EXT-X-BYTERANGE:1000@2600\n7.mp4\n#EXTINF:2.000,\n#EXT-X-BYTERANGE:1000@3600\n7.mp4\n"
        "#EXTINF:2.000,\n#EXT-X-BYTERANGE:1000@4600\n7.mp4\n#EXT-X-ENDLIST\n"
    )


def test_files_of_one_stream_play_through() -> None:
    text = recorded_playlist([recorded(1, 0), recorded(2, 60), recorded(3, 120)], at(0), at(180)) or ""
    assert "DISCONTINUITY" not in text
    assert text.count("#EXT-X-MAP") == 1
    assert text.count("PROGRAM-DATE-TIME") == 3
    assert text.count("#EXTINF") == 90
    assert "#EXT-X-START" not in text


def test_a_gap_is_marked_with_the_clock_and_the_header() -> None:
    text = recorded_playlist([recorded(1, 0), recorded(2, 75)], at(0), at(180)) or ""
    after = text.split("#EXT-X-DISCONTINUITY\n")
    assert len(after) == 2
    assert after[1].startswith(
        '#EXT-X-MAP:URI="2.mp4",BYTERANGE="600@0"\n#EXT-X-PROGRAM-DATE-TIME:2026-05-24T04:01:15.000Z\n'
    )


def test_a_new_connection_is_a_discontinuity_without_any_gap() -> None:
    text = recorded_playlist([recorded(1, 0, stream=0), recorded(2, 60, stream=60)], at(0), at(120)) or ""
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1


def test_a_new_header_is_named() -> None:
    text = recorded_playlist([recorded(1, 0), recorded(2, 60, init=b"j")], at(0), at(120)) or ""
    assert text.count("#EXT-X-MAP") == 2


def test_nothing_recorded_is_none() -> None:
    assert recorded_playlist([], at(0), at(60)) is None
    assert recorded_playlist([recorded(1, 0)], at(60), at(90)) is None
    assert recorded_playlist([recorded(1, 0)], at(-30), at(0)) is None


def test_overlapping_files_are_played_once() -> None:
    pieces = list(pieces_between([recorded(1, 0), recorded(2, 30, stream=30)], at(0), at(90)))
    starts = [piece.fragment.started_at for piece in pieces]
    assert starts == sorted(set(starts))
    assert len(starts) == 45


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20), st.booleans()), min_size=1, max_size=6),
    st.floats(-50, 300),
    st.floats(0, 300),
)
def test_every_interval_is_covered_exactly(shape: list[tuple[float, int, bool]], start: float, length: float) -> None:
    files, clock, stream = [], 0.0, 0
    for number, (pause, count, reconnects) in enumerate(shape, 1):
        clock += round(pause, 3)
        stream = round(clock) if reconnects or pause else stream
        files.append(recorded(number, round(clock, 3), count, stream))
        clock = round(clock + 2 * count, 3)
    begin, end = at(round(start, 3)), at(round(start + length, 3))
    wanted = [
        (file.id, fragment.offset)
        for file in files
        for fragment in file.fragment_table()
        if fragment.started_at < end and fragment.ended_at > begin
    ]
    text = recorded_playlist(files, begin, end)
    if not wanted:
        assert text is None
        return
    assert text is not None
    got = re.findall(r"#EXT-X-BYTERANGE:1000@(\d+)\n(\d+)\.mp4", text)
    assert [(int(file), int(offset)) for offset, file in got] == wanted
    longest = max(float(value) for value in re.findall(r"#EXTINF:([\d.]+),", text))
    target = int(re.findall(r"TARGETDURATION:(\d+)", text)[0])
    assert round(longest) <= target


def live(number: int, new: bool = False, init: str = "init-a.mp4") -> LiveFragment:
    return LiveFragment(number, at(number * 2), 2000, init, new)


def test_the_live_edge() -> None:
    assert live_playlist([live(5), live(6)], 3) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n"
        '#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI="init-a.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-05-24T04:00:10.000Z\n#EXTINF:2.000,\n5.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-05-24T04:00:12.000Z\n#EXTINF:2.000,\n6.m4s\n"
    )


def test_a_reconnection_on_the_live_edge() -> None:
    text = live_playlist([live(5), live(6, new=True), live(7)], 0)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert text.count("#EXT-X-MAP") == 2
    assert "#EXT-X-DISCONTINUITY\n" not in live_playlist([live(6, new=True), live(7)], 1)
