"""A second application of this process, to which a test may add routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from core.web.guards import public

View = Callable[..., Any]


@pytest.fixture
def house(app: Flask, clean_database: None) -> Iterator[Flask]:
    from app import create_app
    from core.db import db

    house = create_app()
    yield house
    with house.app_context():
        db.engine.dispose()


@pytest.fixture
def route(house: Flask) -> Callable[..., None]:
    """`route("/path", view)`: one more public page, without a form's token."""

    def add(path: str, view: View, guard: Callable[[View], View] = public, **options: Any) -> None:
        endpoint = path.strip("/").replace("/", "_")
        house.add_url_rule(path, endpoint, house.extensions["csrf"].exempt(guard(view)), **options)

    return add
