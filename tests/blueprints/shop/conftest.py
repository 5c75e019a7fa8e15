"""The shop of the API's tests, opened in a browser: a buyer with a full cart, and a stranger with things of their own."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.blueprints.shop.api.conftest import World, make_world
from tests.fixtures.racing import committed
from tests.fixtures.web import Browser


@pytest.fixture
def world(app: Flask, clean_database: None) -> World:
    """Committed. The buyer's cart holds two wines and a cake of two workshops, for `total_fen`."""
    with committed(app):
        return make_world()


@pytest.fixture
def buyer(world: World, sign_in: Any) -> Browser:
    """The buyer's browser, signed in."""
    signed_in: Browser = sign_in(world.buyer)
    return signed_in
