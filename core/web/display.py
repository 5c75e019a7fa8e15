"""How values are written on a page: money, times, weights, and addresses of static files kept by browsers."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for
from flask_babel import gettext

from core.clock import local, now
from core.money import yuan
from core.numbers import random_code
from core.web.cookies import FILES


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(yuan=yuan, wall_time=wall_time, relative_time=relative_time, grams=grams, day=day)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["fresh_key"] = fresh_key
    app.after_request(_cache_assets)


def wall_time(at: datetime | None) -> str:
    """`2026-05-24 08:12` on the workshops' clock; empty for None."""
    return local(at).strftime("%Y-%m-%d %H:%M") if at else ""


def day(on: date | None) -> str:
    """`2026-05-24`; empty for None."""
    return on.isoformat() if on else ""


def relative_time(at: datetime) -> str:
    """`3 分钟前` near now, else the wall time."""
    seconds = int((now() - at).total_seconds())
    if 0 <= seconds < 60:
        return gettext("刚刚")
    if 60 <= seconds < 3600:
        return gettext("%(n)s 分钟前", n=seconds // 60)
    if 3600 <= seconds < 86400:
        return gettext("%(n)s 小时前", n=seconds // 3600)
    return wall_time(at)


def grams(weight_grams: int) -> str:
    """`500 g`, `1.5 kg`."""
    return f"{weight_grams} g" if weight_grams < 1000 else f"{weight_grams / 1000:g} kg"


def asset(filename: str) -> str:
    """The address of a static file with its content's hash, so that browsers may keep it for ever."""
    return url_for("static", filename=filename, v=_digest(filename, _mtime(filename)))


def _mtime(filename: str) -> float:
    path = Path(current_app.static_folder or "", filename)
    return path.stat().st_mtime if path.is_file() else 0


@lru_cache(maxsize=2048)
def _digest(filename: str, mtime: float) -> str:
    path = Path(current_app.static_folder or "", filename)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"


def _cache_assets(response: Response) -> Response:
    if request.endpoint in FILES and response.status_code == 200:
        seconds = 31536000 if "v" in request.args else 300
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return response


def fresh_key() -> str:
    """By what a form's repeated sending is known."""
    return random_code(16)
