"""Chinese first, English complete: the language of a request."""

from __future__ import annotations

from flask import Flask, has_request_context, request, session
from flask_babel import Babel

LANGUAGES = {"zh": "中文", "en": "English"}


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    Babel(app, locale_selector=choose_language)
    app.jinja_env.globals["language"] = choose_language


def choose_language() -> str:
    """What the person chose (`?lang=`, kept in the session), else what the browser prefers, else Chinese."""
    if not has_request_context():
        return "zh"
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["lang"] = asked
        return asked
    kept = session.get("lang", "")
    return kept if kept in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "zh") or "zh"
