"""Several stylesheets as one address, so that a page waits for one answer: `/styles/base,components/icon.css`.

The files stay as they are in `static/css/`; they are joined in the order named. Addresses in them start with `/static/`.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, url_for

from core.errors import NotFound
from core.web.guards import public

_NAME = re.compile(r"[a-z_]+(/[a-z_]+)?")
MOST_NAMES = 40


def init_app(app: Flask) -> None:
    app.jinja_env.globals["bundle"] = bundle
    app.add_url_rule("/styles/<path:names>.css", "styles", styles)


def bundle(names: list[str]) -> str:
    """The address of stylesheets (names without folder `css` and ending) in this order, with their content's hash."""
    body = _joined(tuple(names), _changed_at(tuple(names)))
    return url_for("styles", names=",".join(names), v=hashlib.sha256(body).hexdigest()[:12])


@public
def styles(names: str) -> Response:
    wanted = tuple(names.split(","))
    if len(wanted) > MOST_NAMES or not all(_NAME.fullmatch(name) and _path(name).is_file() for name in wanted):
        raise NotFound(what="stylesheet")
    return Response(_joined(wanted, _changed_at(wanted)), mimetype="text/css")


def _path(name: str) -> Path:
    return Path(current_app.static_folder or "", "css", f"{name}.css")


def _changed_at(names: tuple[str, ...]) -> float:
    return max(_path(name).stat().st_mtime for name in names)


@lru_cache(maxsize=256)
def _joined(names: tuple[str, ...], changed_at: float) -> bytes:
    return b"\n".join(_path(name).read_bytes().rstrip() for name in names) + b"\n"
