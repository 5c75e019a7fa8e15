"""What each call of the API passes before its view: who asks, a body that is JSON, nothing unknown, and a key.

The order matters: nobody learns more than that a token is needed before showing one.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from flask import Response, current_app, g, request
from werkzeug.exceptions import BadRequest

from blueprints.shop.api.surface import VISITOR_PATTERN, blueprint
from core.errors import InvalidInput, NotSignedIn
from core.web import idempotency
from core.web.guards import GUARD, current_identity
from domain.accounts.identities import identity_of_session
from domain.cart.holding import Holder

MOST_BODY_BYTES = 64 * 1024
MUTATING = {"POST", "PUT", "DELETE"}
# They change nothing that a repetition would change again: a code works once, a new token harms nobody.
WITHOUT_KEY = {"sign_in", "make_visitor", "preview", "preview_in_group", "upload_picture"}
# Photos are larger than any JSON; the same photo twice is kept once.
UPLOADS = {"upload_picture"}
MOST_UPLOAD_BYTES = 13 * 1024 * 1024
VISITOR_HEADER = "X-Visitor-Token"
_BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/\-]{1,200}=*)", re.IGNORECASE)
_VISITOR = re.compile(VISITOR_PATTERN)


class TokenInvalid(NotSignedIn):
    """The bearer token is unknown, expired or ended."""

    message = "登录已失效，请重新登录"


@blueprint.before_request
def admit() -> Response | None:
    """Let a call through, or answer it with what its key was answered before."""
    if request.method == "OPTIONS":
        return None
    name = str(request.endpoint).rpartition(".")[2]
    request.max_content_length = MOST_UPLOAD_BYTES if name in UPLOADS else MOST_BODY_BYTES
    g.identity = None
    view = current_app.view_functions[str(request.endpoint)]
    header = request.headers.get("Authorization")
    if header is not None:
        match = _BEARER.fullmatch(header.strip())
        g.identity = identity_of_session(match[1]) if match else None
        if g.identity is None:
            raise TokenInvalid
    if getattr(view, GUARD, None) != "public" and g.identity is None:
        raise NotSignedIn
    _check_query(view)
    if request.method not in MUTATING:
        return None
    if "body" in view.__annotations__:
        _check_body()
    return None if name in WITHOUT_KEY else idempotency.begin(_holder_name())


@blueprint.after_request
def finish(response: Response) -> Response:
    """Keep the answer for repetitions. Answers are about one person: no cache may hold them."""
    response = idempotency.remember(response)
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="banli"'
    return response


def own_holder() -> Holder:
    """Whose cart this call is about: the account's, else the visitor's. Raises NotSignedIn when there is neither."""
    identity = current_identity()
    if identity is not None:
        return Holder(account_id=identity.account_id)
    token = visitor_token()
    if not token:
        raise NotSignedIn
    return Holder(visitor_token=token)


def visitor_token() -> str:
    """The visitor's token, or "" without one; InvalidInput for one that we can't have given."""
    token = request.headers.get(VISITOR_HEADER, "")
    if token and not _VISITOR.fullmatch(token):
        raise InvalidInput({VISITOR_HEADER: "格式不对"})
    return token


def _holder_name() -> str:
    """Whose key it is. A token itself is never stored."""
    identity = current_identity()
    if identity is not None:
        return f"account:{identity.account_id}"
    token = visitor_token()
    return f"visitor:{hashlib.sha256(token.encode()).hexdigest()}" if token else "anonymous"


def _check_query(view: Any) -> None:
    """A view that takes no query refuses each parameter; the others refuse by their model."""
    if "query" not in view.__annotations__ and request.args:
        raise InvalidInput(dict.fromkeys(request.args, "没有这个字段"))


def _check_body() -> None:
    """400 for what isn't JSON, 415 for another type, 413 for too much; InvalidInput for another thing than an object."""
    try:
        content = request.get_json()
    except RecursionError:
        raise BadRequest from None
    if not isinstance(content, dict):
        raise InvalidInput({"body": "请求体应是一个对象"})
