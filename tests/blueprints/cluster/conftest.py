"""The operator signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from core.db import db
from tests.factories.accounts import make_operator
from tests.fixtures.web import Browser


@pytest.fixture
def operator(app: Flask, sign_in: Callable[[int], Browser]) -> Browser:
    with app.app_context():
        account_id = make_operator().id
        db.session.commit()
    return sign_in(account_id)
