"""`/openapi.json` and `/docs`: the API described by the very models and guards that it runs on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from flask import Flask, Response, current_app, make_response, render_template
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError

from blueprints.shop.api.admission import WITHOUT_KEY
from blueprints.shop.api.surface import NOUNS, Problem, blueprint, problem_response
from core.errors import InvalidInput
from core.web.forms import field_errors
from core.web.guards import GUARD, public
from core.web.idempotency import HEADER, KEY_PATTERN, REPLAYED
from core.web.language import is_english, say

_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "POST /sign-in 得到的 token，30 天有效"}
}
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "客户端为每次操作生成的唯一值，如 UUID。24 小时内重复发送只生效一次，得到同样的应答",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN},
}
_REPLAYED_HEADER = {
    "description": "这是先前那次操作的应答，原样重发",
    "schema": {"type": "string", "enum": ["true"]},
}


def prepare(app: OpenAPI) -> None:
    """Wrong input is refused in the house's own words; the document knows how to show a token."""
    app.validation_error_callback = _refuse
    app.validation_error_model = Problem
    app.security_schemes = _SECURITY_SCHEMES  # type: ignore[assignment]


@blueprint.get("/openapi.json", doc_ui=False)
@public
def openapi() -> Response:
    spec = _document_in(current_app._get_current_object(), is_english())  # type: ignore[attr-defined]
    response = make_response(orjson.dumps(spec))
    response.content_type = "application/json"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.vary.add("Accept-Language")
    return response


@blueprint.get("/docs", doc_ui=False)
@public
def docs() -> str:
    spec = _document_in(current_app._get_current_object(), is_english())  # type: ignore[attr-defined]
    return render_template("api/docs.html", heading=say("坂里 API"), spec=spec, nouns=_by_noun(spec))


@lru_cache(maxsize=1)
def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API."""
    assert isinstance(app, OpenAPI)
    spec: dict[str, Any] = orjson.loads(orjson.dumps(app.api_doc))
    for methods in spec["paths"].values():
        for method, operation in methods.items():
            _complete(app, method, operation)
    return spec


@lru_cache(maxsize=2)
def _document_in(app: Flask, _english: bool) -> dict[str, Any]:
    """The document as the asker reads it: its texts are in the catalogue like all others."""
    said: dict[str, Any] = _said(document(app))
    return said


def _said(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _said(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_said(value) for value in node]
    return say(node) if isinstance(node, str) else node


def _complete(app: Flask, method: str, operation: dict[str, Any]) -> None:
    """Add to an operation what follows from its guard, its method and its body."""
    name = operation["operationId"]
    is_public = getattr(app.view_functions[f"api.{name}"], GUARD, None) == "public"
    operation["security"] = [{}, {"bearer": []}] if is_public else [{"bearer": []}]
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
    statuses: set[int] = set()
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    if method != "get" and name not in WITHOUT_KEY:
        statuses.add(409)
        parameters.append(_KEY_PARAMETER)
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response.setdefault("headers", {})[REPLAYED] = _REPLAYED_HEADER
    for status in statuses:
        operation["responses"].setdefault(str(status), problem_response(status))
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out has no null: a query can't carry one."""
    schema = {name: value for name, value in schema.items() if not (name == "default" and value in (None, ""))}
    kinds = [kind for kind in schema.pop("anyOf", []) if kind.get("type") != "null"]
    return schema | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})


def _by_noun(spec: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations by their tag."""
    nouns: dict[str, list[dict[str, Any]]] = {say(noun): [] for noun in NOUNS}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            entry = operation | {"method": method.upper(), "path": path}
            nouns[operation["tags"][0]].append(entry)
    return nouns


def _refuse(error: ValidationError) -> Response:
    raise InvalidInput(field_errors(error))
