"""The application: `create_app()` puts the rooms together, and knows everyone so that nobody else has to.

`app:app` is what gunicorn serves and what the `flask` command reads.
"""

from __future__ import annotations

import gc
import os
import pkgutil
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import domain
from core.db import db, engine_options
from core.log import configure_logging
from core.settings import Settings, settings
from core.web import bundles, compression, cookies, display, guards, language, paths, responses, snapshots
from core.web import session as transactions
from demo import commands

# Each surface's package offers `register(app)`.
SURFACES = ("operations", "accounts", "shop", "trace", "live", "workshop", "cluster", "callbacks")
MOST_UPLOAD_BYTES = 32 * 1024 * 1024


def create_app() -> Flask:
    """The whole product, configured by the environment."""
    configuration = settings()
    configure_logging(configuration)
    app = OpenAPI(__name__, info=Info(title="坂里 Banli API", version="1"), doc_ui=False)
    app.config.from_mapping(_flask_config(configuration))
    if configuration.is_production:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    _load_nouns()
    db.init_app(app)
    if not os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):
        # For `flask db`. A web server never migrates: Alembic's 25 MB stay out of it.
        import_module("flask_migrate").Migrate(app, db)
    for part in (paths, transactions, guards, responses, compression, cookies, display, bundles, language, snapshots):
        part.init_app(app)
    # After the parts: a form refused for its token has a request id and is measured like any other.
    CSRFProtect(app)
    for name in SURFACES:
        import_module(f"blueprints.{name}").register(app)
    commands.register(app)
    return app


def _load_nouns() -> None:
    """Every noun's tables and jobs are known before the first request or job."""
    for noun in pkgutil.iter_modules(domain.__path__, "domain."):
        for part in ("models", "jobs"):
            if find_spec(f"{noun.name}.{part}"):
                import_module(f"{noun.name}.{part}")
    outside = ("core.web.limits", "core.web.idempotency", "gateways.wechat_mini.models", "gateways.wechat_pay.models")
    for table_outside in outside:
        import_module(table_outside)


def _flask_config(configuration: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": configuration.secret_key.get_secret_value(),
        "SQLALCHEMY_DATABASE_URI": configuration.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(configuration.database_pool_size),
        "SESSION_COOKIE_NAME": "banli",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": configuration.is_production,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "MAX_CONTENT_LENGTH": MOST_UPLOAD_BYTES,
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
    }


app = create_app()
# What was made so far stays: the collector needn't look at it again, and processes forked from here share its memory.
gc.freeze()
