"""The mini-program's side: sends JSON with its token and keys, and holds each answer against the OpenAPI document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import jsonschema_rs
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PREFIX = "/api/v1"


@dataclass
class Phone:
    """A phone with the mini-program open. `token` and `visitor` are sent with each call once they are set."""

    client: FlaskClient
    spec: dict[str, Any]
    token: str = ""
    visitor: str = ""
    last_key: str = field(default="", repr=False)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("POST", path, json=body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.ask("DELETE", path, **options)

    def ask(
        self, method: str, path: str, *, key: str | None = None, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """One call; a fresh Idempotency-Key unless told, none for `key=""`. The answer must be as documented."""
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if self.visitor:
            sent.setdefault("X-Visitor-Token", self.visitor)
        if method != "GET":
            self.last_key = str(uuid4()) if key is None else key
            if self.last_key:
                sent.setdefault("Idempotency-Key", self.last_key)
        if options.get("json", 0) is None:
            del options["json"]
        response = self.client.open(PREFIX + path, method=method, headers=sent, **options)
        check_documented(self.spec, method, PREFIX + path, response)
        return response


def check_documented(spec: dict[str, Any], method: str, path: str, response: TestResponse) -> None:
    """The status is documented for the operation, and the body is what is documented for the status."""
    assert response.status_code < 500 or response.status_code == 503, response.get_data(as_text=True)
    operation = find_operation(spec, method, path)
    if operation is None:
        assert response.mimetype == "application/problem+json"
        schema = {"$ref": "#/components/schemas/Problem"}
    else:
        documented = operation["responses"].get(str(response.status_code))
        assert documented, f"{method} {path}: {response.status_code} is not documented"
        if "content" not in documented:
            assert response.get_data() == b""
            return
        assert response.mimetype in documented["content"]
        schema = documented["content"][response.mimetype]["schema"]
    validator = jsonschema_rs.validator_for(schema | {"components": spec["components"]}, validate_formats=True)
    errors = [str(error) for error in validator.iter_errors(response.get_json())]
    assert not errors, errors[:3]


def find_operation(spec: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The documented operation that a path leads to; exact paths first, as in the house."""
    for template in sorted(spec["paths"], key=lambda template: template.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path):
            operation = spec["paths"][template].get(method.lower())
            if operation:
                return dict(operation)
    return None


def make_phone(app: Flask, token: str = "", visitor: str = "") -> Phone:
    from blueprints.shop.api.document import document

    return Phone(app.test_client(use_cookies=False), document(app), token, visitor)
