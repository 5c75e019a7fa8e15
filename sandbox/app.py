"""The pretend WeChat as a WSGI application: `gunicorn --threads 8 sandbox.app:app`, one process per SANDBOX_DIR."""

from dataclasses import replace
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from sandbox import people
from sandbox.carriers.views import blueprint as carriers
from sandbox.cashier.views import blueprint as cashier
from sandbox.clock import Clock
from sandbox.control.notices import blueprint as notices
from sandbox.control.shares import blueprint as shares
from sandbox.control.views import blueprint as control
from sandbox.gateway import bills as _bills  # noqa: F401  (its routes are the gateway's)
from sandbox.gateway import combined as _combined  # noqa: F401
from sandbox.gateway import refunds as _refunds  # noqa: F401
from sandbox.gateway import sharing as _sharing  # noqa: F401
from sandbox.gateway.views import blueprint as gateway
from sandbox.keyring import load_keyring
from sandbox.mini.trade_views import blueprint as trade
from sandbox.mini.views import blueprint as mini
from sandbox.notices import BEIJING
from sandbox.notifier import Notifier
from sandbox.oauth.api import blueprint as oauth_api
from sandbox.oauth.pages import blueprint as oauth_pages
from sandbox.phone.views import blueprint as phone
from sandbox.rows import Switches
from sandbox.settings import Settings, settings_from_environment
from sandbox.store import Store
from sandbox.world import World, world

BLUEPRINTS = (gateway, mini, oauth_api, oauth_pages, cashier, phone, control, notices, shares, carriers, trade)
MOST_BYTES = 1_000_000
PAGE_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'"


def create_app(settings: Settings | None = None) -> Flask:
    """A running sandbox: its memory is loaded and its postman is on the way.

    Raises RefusesProduction, NoKeys before the key ceremony, and AlreadyRunning beside another process.
    """
    environment = settings_from_environment()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.url_map.merge_slashes = False
    app.extensions["sandbox"] = _make_world(settings or environment)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "index", _index)
    app.register_error_handler(HTTPException, _refuse)
    app.after_request(_guard_page)
    app.add_template_filter(_yuan, "yuan")
    app.add_template_filter(_beijing, "beijing")
    return app


def __getattr__(name: str) -> Any:
    """`app` is made when a server asks for it, so that importing this module starts nothing."""
    if name == "app":
        return create_app()
    raise AttributeError(name)


def _make_world(settings: Settings) -> World:
    keys = load_keyring(settings.keys_directory)
    store = Store(settings.journal_file)
    people.settle_in(store, keys)
    switches = store.get(Switches, "switches") or Switches(clock_rate=settings.clock_rate)
    if settings.push_url and settings.push_url != switches.push_url:
        switches = replace(switches, push_url=settings.push_url)
        store.save(switches)
    clock = Clock(switches.clock_rate)
    clock.set_advance(switches.advance_seconds)
    notifier = Notifier(store, clock, keys)
    notifier.start()
    return World(settings, clock, store, keys, notifier)


def _index() -> str:
    return render_template("index.html", keys=world().keys, clock=world().clock)


def _refuse(error: HTTPException) -> Response:
    """Pay APIv3 answers unknown paths and wrong methods with nothing at all."""
    status = error.code or 500
    if request.path.startswith("/v3/"):
        return Response(b"", status)
    page = render_template("refused.html", heading=f"{status}", reason=error.description or error.name)
    return make_response(page, status)


def _guard_page(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["Cache-Control"] = "no-store"
    return response


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"


def _beijing(moment: Any) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
