"""What the writer writes, looked at byte by byte, decoded by FFmpeg, and read back by the indexer."""

from __future__ import annotations

import io
import struct

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateways.video.boxes import BoxesBroken, box, boxes_in, find_box
from gateways.video.errors import StreamUnsupported
from gateways.video.feed import TICKS_PER_SECOND, Gop, VideoFormat
from gateways.video.fmp4 import fragment, init_segment
from gateways.video.gops import GopCollector
from gateways.video.h264 import codec_name, parse_sps
from gateways.video.pictures import PictureUnreadable, poster
from gateways.video.reading import index_file
from gateways.video.wall_clock import WallClock
from tests.gateways.video.drawn_film import film, format_of

STARTED = 1_795_000_000.0


def gops_of(b_frames: int = 0, count: int = 40) -> list[Gop]:
    units = film(count, b_frames)
    clock = WallClock()
    clock.observe(units[0].ticks, STARTED)
    collector = GopCollector(clock, None)
    gops = [gop for unit in units if (gop := collector.push(unit))]
    last = collector.flush()
    return [*gops, last] if last else gops


def file_of(gops: list[Gop]) -> bytes:
    base = gops[0].start_ticks
    return init_segment(gops[0].format) + b"".join(fragment(gop, n, base) for n, gop in enumerate(gops, 1))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_foreign_decoder_sees_every_picture_in_time(b_frames: int) -> None:
    with av.open(io.BytesIO(file_of(gops_of(b_frames)))) as played:
        frames = list(played.decode(video=0))
        assert (played.streams.video[0].width, played.streams.video[0].height) == (192, 108)
    shown = [int((frame.pts or 0) * (frame.time_base or 0) * 1000) for frame in frames]
    # FFmpeg shifts a film with B-frames so that no picture is shown before it is decoded.
    assert [at - shown[0] for at in shown] == [number * 100 for number in range(40)]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_each_fragment_plays_alone_behind_the_header(b_frames: int) -> None:
    data = file_of(gops_of(b_frames))
    index = index_file(data)
    assert len(index.fragments) == 4
    for part in index.fragments:
        alone = data[: index.init_length] + data[part.offset : part.offset + part.length]
        with av.open(io.BytesIO(alone)) as played:
            frames = list(played.decode(video=0))
        assert len(frames) == 10
        assert frames[0].key_frame


def test_the_boxes_are_those_of_the_standard() -> None:
    data = file_of(gops_of())
    kinds = [found.kind for found in boxes_in(data)]
    assert kinds == [b"ftyp", b"moov", *([b"prft", b"moof", b"mdat"] * 4)]
    moof = next(found for found in boxes_in(data) if found.kind == b"moof")
    mdat = next(found for found in boxes_in(data) if found.kind == b"mdat")
    run = find_box(data, b"traf", b"trun", within=moof)
    flags, count, offset = struct.unpack_from(">IIi", data, run.content)
    assert (flags, count) == (1 << 24 | 0x701, 10)
    assert moof.start + offset == mdat.content
    sizes = [struct.unpack_from(">I", data, run.content + 12 + 12 * row + 4)[0] for row in range(count)]
    assert sum(sizes) == mdat.end - mdat.content
    key = [struct.unpack_from(">I", data, run.content + 12 + 12 * row + 8)[0] for row in range(count)]
    assert key == [0x02000000] + [0x01010000] * 9
    head = find_box(data, b"traf", b"tfhd", within=moof)
    assert struct.unpack_from(">II", data, head.content) == (0x020000, 1)


def test_the_index_gives_wall_clock_times_back() -> None:
    gops = gops_of()
    data = file_of(gops)
    index = index_file(data)
    assert index.whole_length == len(data)
    assert [round(part.started_seconds - STARTED, 3) for part in index.fragments] == [0, 1, 2, 3]
    assert [part.duration_ticks for part in index.fragments] == [TICKS_PER_SECOND] * 4
    assert [part.start_ticks for part in index.fragments] == [0, 90_000, 180_000, 270_000]
    assert index.fragments[0].offset == index.init_length


@settings(max_examples=60)
@given(st.integers(0, 200_000))
def test_a_file_cut_anywhere_keeps_its_whole_fragments(cut: int) -> None:
    data = file_of(gops_of())
    whole = index_file(data)
    cut = min(cut, len(data))
    if cut < whole.init_length:
        with pytest.raises(BoxesBroken):
            index_file(data[:cut])
        return
    index = index_file(data[:cut])
    assert index.fragments == [part for part in whole.fragments if part.offset + part.length <= cut]
    assert index.whole_length <= cut


@given(st.lists(st.tuples(st.binary(min_size=4, max_size=4), st.binary(max_size=50)), max_size=8))
def test_boxes_are_found_as_they_were_written(contents: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(box(kind, content) for kind, content in contents)
    assert [(found.kind, data[found.content : found.end]) for found in boxes_in(data)] == contents


@given(st.binary(max_size=300))
def test_no_bytes_make_the_indexer_fall_over(junk: bytes) -> None:
    try:
        index = index_file(init_segment(format_of(film())) + junk)
    except BoxesBroken:
        return
    assert index.whole_length <= index.init_length + len(junk)


@pytest.mark.parametrize("size", [(192, 108), (640, 360), (1280, 720), (176, 144), (1920, 1080)])
def test_the_picture_size_is_read_from_the_parameter_set(size: tuple[int, int]) -> None:
    format = format_of(film(2, 0, 10, size))
    picture = parse_sps(format.sps)
    assert (picture.width, picture.height, picture.chroma_format) == (*size, 1)
    assert codec_name(format) == f"avc1.{format.sps[1:4].hex()}"


@given(st.binary(max_size=40))
def test_a_broken_parameter_set_is_refused(junk: bytes) -> None:
    try:
        picture = parse_sps(b"\x67" + junk)
    except StreamUnsupported:
        return
    assert 16 <= picture.width <= 16_384


def test_the_poster_is_a_small_jpeg_of_the_key_frame() -> None:
    gops = gops_of()
    picture = Image.open(io.BytesIO(poster(init_segment(gops[0].format), fragment(gops[1], 2, 0), width=96)))
    assert (picture.format, picture.size) == ("JPEG", (96, 54))
    assert picture.getpixel((22, 20))[0] > 180  # type: ignore[index]
    with pytest.raises(PictureUnreadable):
        poster(b"no film", b"at all")


def test_a_new_parameter_set_begins_with_its_own_key_frame() -> None:
    small, large = film(10), film(10, 0, 10, (640, 360))
    collector = GopCollector(WallClock(), None)
    moved = [type(unit)(unit.ticks + 90_000, unit.nals, unit.is_key) for unit in large]
    gops = [gop for unit in [*small, *moved] if (gop := collector.push(unit))]
    last = collector.flush()
    assert last is not None
    assert [gop.format for gop in [*gops, last]] == [format_of(small), format_of(large)]


def test_pictures_before_the_first_parameter_set_are_dropped() -> None:
    collector = GopCollector(WallClock(), None)
    for unit in film(10):
        bare = tuple(nal for nal in unit.nals if nal[0] & 31 not in {7, 8})
        assert collector.push(type(unit)(unit.ticks, bare, unit.is_key)) is None
    assert collector.flush() is None


def test_a_stream_without_key_frames_is_refused() -> None:
    units = film(10)
    collector = GopCollector(WallClock(), VideoFormat(*_sets()))
    collector.push(units[0])
    later = [type(units[1])(1000 + second * 90_000, units[1].nals, is_key=False) for second in range(14)]
    with pytest.raises(StreamUnsupported):
        [collector.push(unit) for unit in later]


def _sets() -> tuple[bytes, bytes]:
    format = format_of(film())
    return format.sps, format.pps
