"""Every route declares its guard, and answers each kind of person as its guard says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from core.web.guards import GUARD
from tests.factories.accounts import make_buyer, make_operator, make_owner
from tests.factories.workshops import make_workshop

CONSOLES = {"/workshop": "role:owner", "/cluster": "role:operator"}
GUARDS = re.compile(r"public|signed_in|role:[a-z,]+")


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_route_declares_its_guard(app: Flask) -> None:
    unguarded = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in rules(app)
        if not GUARDS.fullmatch(getattr(app.view_functions[rule.endpoint], GUARD, ""))
    ]
    assert not unguarded


def test_the_consoles_are_for_their_roles_only(app: Flask) -> None:
    for rule in rules(app):
        guard = getattr(app.view_functions[rule.endpoint], GUARD)
        for console, guarded_by in CONSOLES.items():
            if rule.rule.startswith(f"{console}/") or rule.rule == console:
                assert guard == guarded_by, f"{rule.rule}: {guard}"


def path_of(rule: Rule) -> str:
    """A path that matches the rule; what it names does not exist."""
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda found: "1" if found[1] == "int" else "nothing", rule.rule)


@pytest.fixture
def people(app: Flask, sign_in: object) -> dict[str, FlaskClient]:
    """A client for each kind of person."""
    from core.db import db

    with app.app_context():
        buyer, owner, operator = make_buyer().id, make_owner(make_workshop()).id, make_operator().id
        db.session.commit()
    assert callable(sign_in)
    staff = {"owner": sign_in(owner).client, "operator": sign_in(operator).client}
    return {"visitor": app.test_client(), "buyer": sign_in(buyer).client} | staff


def answer(client: FlaskClient, rule: Rule, method: str) -> int:
    response = client.open(path_of(rule), method=method)
    response.get_data()
    return response.status_code


def test_each_role_meets_each_guard(app: Flask, people: dict[str, FlaskClient]) -> None:
    """Reading routes: visitors are sent to sign in, wrong roles refused, right ones let through."""
    wrong = []
    for rule in rules(app):
        if "GET" not in (rule.methods or set()) or rule.rule.startswith("/api/"):
            continue
        guard = getattr(app.view_functions[rule.endpoint], GUARD)
        seen = {who: answer(client, rule, "GET") for who, client in people.items()}
        if guard == "signed_in" and seen["visitor"] != 302:
            wrong.append((rule.rule, guard, seen))
        if guard.startswith("role:"):
            allowed = guard.removeprefix("role:").split(",")
            refused = {who for who in ("buyer", "owner", "operator") if seen[who] == 403}
            if seen["visitor"] != 302 or refused != {"buyer", "owner", "operator"} - set(allowed):
                wrong.append((rule.rule, guard, seen))
        if guard == "public" and {401, 403} & {seen["visitor"], seen["buyer"]} and not rule.rule.startswith("/v/"):
            wrong.append((rule.rule, guard, seen))
        if 500 in seen.values():
            wrong.append((rule.rule, guard, seen))
    assert not wrong


def test_no_form_is_taken_without_its_token(app: Flask, people: dict[str, FlaskClient]) -> None:
    """Pages' POST routes refuse a request without the CSRF token; callbacks and the API have other proofs."""
    taken = []
    for rule in rules(app):
        if "POST" not in (rule.methods or set()) or rule.rule.startswith(("/api/", "/callbacks/")):
            continue
        for who, client in people.items():
            status = answer(client, rule, "POST")
            if status != 400:
                taken.append((rule.rule, who, status))
    assert not taken


def test_every_address_that_is_asked_for_by_name_exists(app: Flask) -> None:
    asked = re.compile(r"url_for\(\s*['\"]([a-z_.]+)['\"]")
    root = Path(app.root_path)
    files = [path for folder in ("blueprints", "core") for path in (root / folder).rglob("*.py")]
    files += list((root / "templates").rglob("*.html"))
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    unknown = {(path.name, name) for path in files for name in asked.findall(path.read_text()) if name not in known}
    assert not unknown
