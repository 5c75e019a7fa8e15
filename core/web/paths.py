"""What a number in a path may be: a key that a row can have. Any other leads nowhere: 404."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

MOST = 2**63 - 1
DIGITS = 19


class Key(IntegerConverter):
    """`<int:…>`: a number that fits a key's column."""

    def to_python(self, value: str) -> int:
        if len(value) > DIGITS or int(value) > MOST:
            raise ValidationError
        return int(super().to_python(value))


def init_app(app: Flask) -> None:
    """Before any route is added."""
    app.url_map.converters["int"] = Key
