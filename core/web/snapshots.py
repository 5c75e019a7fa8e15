"""Public pages that many people open at once: rendered for one of them, shown to all for less than a second.

`@snapshot` marks a view whose answer is the same for everybody but for the language. It is kept in this process for
SNAPSHOT_SECONDS (0.8), plus at most 0.2 s while one thread renders it anew: a price or the end of a sale is seen by
everyone within a second, and buying asks the database anyway. People with a session of their own (a cart, a sign-in)
get a page made for them; the CSRF token is put in for each visitor.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request, session
from flask_wtf.csrf import generate_csrf

from core.numbers import token
from core.settings import settings
from core.web.language import choose_language

View = TypeVar("View", bound=Callable[..., Any])
Key = tuple[str, str]
SNAPSHOT = "__snapshot__"
RENEWAL_SECONDS = 0.2
MOST_PAGES, MOST_BYTES, LONGEST_ADDRESS = 1000, 32 * 1024 * 1024, 200
# A session with nothing else in it belongs to somebody who only looks around.
_NOT_PERSONAL = {"csrf_token", "lang"}
_CSRF_PLACE = token()


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    content_type: str
    good_until: float
    """On the monotonic clock, seconds."""
    is_being_renewed: bool = False


class _Shelf:
    """The pages of this process, the longest unread leave first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def take(self, key: Key, at: float) -> _Page | None:
        """The page if it is good; None when the caller is to render it. Others get the old one in the meantime."""
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                return None
            self._pages.move_to_end(key)
            if at < page.good_until:
                return page
            if not page.is_being_renewed:
                self._pages[key] = replace(page, good_until=page.good_until + RENEWAL_SECONDS, is_being_renewed=True)
            return None

    def put(self, key: Key, page: _Page) -> None:
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self._bytes += len(page.body)
            while self._bytes > MOST_BYTES or len(self._pages) > MOST_PAGES:
                self._drop(next(iter(self._pages)))

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        self._bytes -= len(page.body) if page else 0


shelf = _Shelf()


def snapshot(view: View) -> View:
    """Mark a public GET view that shows everybody who isn't signed in the same."""
    setattr(view, SNAPSHOT, True)
    return view


def init_app(app: Flask) -> None:
    """After the parts whose headers and packing a kept page needs, too."""
    app.before_request(_show)
    app.after_request(_keep)


def _show() -> Response | None:
    """The kept page for this request; None if its view is to make it (and it is kept, if it is one to keep)."""
    if not settings().snapshot_seconds or request.method != "GET" or not _is_marked():
        return None
    if len(request.full_path) > LONGEST_ADDRESS or "lang" in request.args:
        return None
    if session.keys() - _NOT_PERSONAL or "Authorization" in request.headers:
        return None
    key = (request.full_path, choose_language())
    page = shelf.take(key, time.monotonic())
    if page is not None:
        return Response(_for_visitor(page.body), content_type=page.content_type)
    g.snapshot_key, g.csrf_token = key, _CSRF_PLACE
    g.snapshot_began = time.monotonic()
    return None


def _is_marked() -> bool:
    return getattr(current_app.view_functions.get(request.endpoint or ""), SNAPSHOT, False)


def _keep(response: Response) -> Response:
    """Keep what was rendered for everybody, and give it to the one who asked."""
    key = g.pop("snapshot_key", None)
    if key is None:
        return response
    g.pop("csrf_token", None)
    if response.is_streamed or response.direct_passthrough:
        return response
    body = response.get_data()
    if response.status_code == 200 and "Set-Cookie" not in response.headers:
        # As old as the moment before it was read from the database.
        good_until = g.snapshot_began + settings().snapshot_seconds
        shelf.put(key, _Page(body, response.content_type or "text/html", good_until))
    response.set_data(_for_visitor(body))
    return response


def _for_visitor(body: bytes) -> bytes:
    place = _CSRF_PLACE.encode()
    return body.replace(place, generate_csrf().encode()) if place in body else body
