"""The packed table of fragments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.recordings.fragments import Fragment, pack_fragments, unpack_fragments

START = datetime(2026, 5, 24, 8, 0, 0, 123000, tzinfo=UTC)
fragments = st.builds(
    Fragment,
    offset=st.integers(0, 2**32 - 1),
    length=st.integers(0, 2**32 - 1),
    started_at=st.integers(0, 700_000).map(lambda ms: START + timedelta(milliseconds=ms)),
    duration_ms=st.integers(1, 60_000),
    sha256=st.binary(min_size=32, max_size=32),
)


@given(st.lists(fragments, max_size=40))
def test_what_is_packed_comes_back(given_fragments: list[Fragment]) -> None:
    table = pack_fragments(given_fragments, START)
    assert len(table) == 48 * len(given_fragments)
    assert unpack_fragments(table, START) == given_fragments
