"""The one renderer of errors: RFC 9457 problem JSON for `/api` and `/callbacks`, a page for people. Rolls back first.

Also the security headers of every answer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from core.db import db
from core.errors import Busy, DomainError, InvalidInput
from core.settings import settings
from core.web.language import fill, say

log = structlog.get_logger(__name__)
_WAITED_IN_VAIN = (LockNotAvailable, DeadlockDetected)
_HTTP_TEXTS = {
    400: "请求的格式不对",
    403: "没有权限",
    404: "没有找到这个页面",
    405: "这里不能这样操作",
    413: "上传的文件太大",
    415: "不支持这种内容格式",
    429: "操作太频繁，请稍后再试",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, refusal)
    app.register_error_handler(CSRFError, _render_csrf_error)
    app.register_error_handler(HTTPException, _render_http_error)
    app.register_error_handler(OperationalError, _render_database_error)
    app.register_error_handler(Exception, _render_fault)
    app.after_request(_add_security_headers)


def problem(status: int, code: str, text: str, **more: Any) -> Response:
    """An RFC 9457 problem document; `code` is what clients branch on."""
    body = {"type": f"urn:banli:error:{code}", "title": text, "status": status, "code": code, **more}
    response = make_response(body, status)
    response.content_type = "application/problem+json"
    return response


def translated(error: DomainError) -> str:
    """The error's text in the user's language."""
    return fill(error.message, error.params)


def said_fields(error: InvalidInput) -> dict[str, str]:
    """What is wrong with each field, in the user's language."""
    return {name: say(text) for name, text in error.fields.items()}


def wants_json() -> bool:
    """Whether the caller is a program: the API, a callback, or a script asking for JSON."""
    if request.path.startswith(("/api/", "/callbacks/")):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def refusal(error: DomainError) -> Response:
    """The answer that `error` would have got had it been raised; what was done so far is undone."""
    more: dict[str, Any] = {}
    if isinstance(error, InvalidInput):
        more["fields"] = said_fields(error)
    response = _render(error.status, error.code, translated(error), more)
    if "retry_after_seconds" in error.params:
        response.headers["Retry-After"] = str(error.params["retry_after_seconds"])
    return response


def _render_csrf_error(error: CSRFError) -> Response:
    return _render(400, "csrf_failed", gettext("页面已过期，请刷新后重试"), {})


def _render_http_error(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    code = (error.name or "error").lower().replace(" ", "_")
    response = _render(status, code, gettext(_HTTP_TEXTS.get(status, "请求没有成功")), {})
    valid_methods = getattr(error, "valid_methods", None)
    if valid_methods:
        response.headers["Allow"] = ", ".join(valid_methods)
    return response


def _render_database_error(error: OperationalError) -> Response:
    """Who waited too long for a lock, or was chosen to end a circle of waiting, may try again."""
    if not isinstance(error.orig, _WAITED_IN_VAIN):
        return _render_fault(error)
    log.warning("waited_in_vain", path=request.path, method=request.method, fault=type(error.orig).__name__)
    return refusal(Busy(retry_after_seconds=1))


def _render_fault(error: Exception) -> Response:
    log.exception("unhandled_error", path=request.path, method=request.method)
    return _render(500, "internal_error", gettext("系统出了点问题，我们已经记录下来"), {})


def _render(status: int, code: str, text: str, more: dict[str, Any]) -> Response:
    db.session.rollback()
    if wants_json():
        return problem(status, code, text, request_id=g.get("request_id", ""), **more)
    page = render_template("errors/error.html", heading=text, status=status, code=code, **more)
    return make_response(page, status)


def _add_security_headers(response: Response) -> Response:
    policy = _content_policy(settings().wechat_open_base, settings().wechat_pay_base)
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=(self)")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if settings().is_production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response


@lru_cache(maxsize=8)
def _content_policy(*form_targets: str) -> str:
    """A form of ours may lead, by redirect, to WeChat's sign-in and cashier, and nowhere else."""
    hosts = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, form_targets)}
    return (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' "
        "blob:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {' '.join(sorted({*hosts, 'https://wx.tenpay.com'}))}"
    )
