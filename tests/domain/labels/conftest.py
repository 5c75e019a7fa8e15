"""What the tests of labels share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, scoped_session


@pytest.fixture
def statements(session: scoped_session[Session]) -> Iterator[list[str]]:
    """The SQL sent to the database during the test."""
    sent: list[str] = []

    def note(*args: object) -> None:
        sent.append(str(args[2]))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
