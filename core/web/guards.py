"""Who may open a route. Every view declares one guard; a route without one is refused, and a test walks the url map."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for

from core.errors import NotAllowed, NotSignedIn
from core.identity import Identity, Role

View = TypeVar("View", bound=Callable[..., Any])
GUARD = "__guard__"


def public(view: View) -> View:
    """Open to everybody."""
    setattr(view, GUARD, "public")
    return view


def signed_in(view: View) -> View:
    """For a signed-in buyer (or staff, who can shop too). A page sends visitors to sign in and back."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_identity() is None:
            return _to_sign_in("accounts.sign_in")
        return view(*args, **kwargs)

    setattr(guarded, GUARD, "signed_in")
    return guarded  # type: ignore[return-value]


def role(*roles: Role) -> Callable[[View], View]:
    """For staff with one of `roles`."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            identity = current_identity()
            if identity is None:
                return _to_sign_in("staff.sign_in")
            if not identity.roles & set(roles):
                raise NotAllowed
            return view(*args, **kwargs)

        setattr(guarded, GUARD, "role:" + ",".join(sorted(roles)))
        return guarded  # type: ignore[return-value]

    return wrap


def current_identity() -> Identity | None:
    """Who asks, or None for a visitor. Set once per request by the accounts surface."""
    return g.get("identity")


def require_identity() -> Identity:
    """Who asks, where a guard has already made sure that somebody does."""
    identity = current_identity()
    if identity is None:
        raise NotSignedIn
    return identity


def init_app(app: Flask) -> None:
    app.before_request(_refuse_unguarded)


def _refuse_unguarded() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and request.endpoint != "static" and not hasattr(view, GUARD):
        raise NotAllowed


def _to_sign_in(endpoint: str) -> Any:
    if request.path.startswith("/api/") or request.method not in {"GET", "HEAD"}:
        raise NotSignedIn
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))
