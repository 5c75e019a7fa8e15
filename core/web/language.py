"""Chinese first, English complete: the language of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale, gettext
from markupsafe import Markup

from core.errors import Phrase

LANGUAGES = ("zh", "en")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    Babel(app, locale_selector=choose_language)
    app.jinja_env.globals["language"] = choose_language
    app.jinja_env.filters.update(told=told, chinese=chinese, say=say, filled=fill)


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


def is_english() -> bool:
    """Whether what is shown now is shown in English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def say(phrase: str | Phrase) -> str:
    """A text of ours in the user's language."""
    if isinstance(phrase, Phrase):
        return fill(phrase.text, phrase.params)
    return gettext(phrase) if phrase else ""


def fill(text: str, params: Mapping[str, Any]) -> str:
    """A text of ours in the user's language, its places filled; what fills them is translated if it is a Phrase."""
    filling = {name: say(value) if isinstance(value, Phrase) else value for name, value in params.items()}
    return say(text) % filling if filling else say(text)


def told(thing: Any, field: str = "name") -> str:
    """A text of a row or shape, on English pages its English (`name_en` beside `name`) if it has one."""
    english = getattr(thing, f"{field}_en", "") if is_english() else ""
    return str(english or getattr(thing, field) or "")


def chinese(text: str) -> str:
    """A text of which there is only Chinese: marked as such on English pages, so that it is read aloud rightly."""
    if not is_english() or not _CHINESE.search(text):
        return text
    return Markup('<span lang="zh-CN">{}</span>').format(text)
