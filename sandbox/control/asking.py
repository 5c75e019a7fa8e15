"""Reading what testers send to the control room."""

from typing import Any

from flask import request

from sandbox import people
from sandbox.control.errors import ControlError
from sandbox.rows import Person
from sandbox.world import world


def asked() -> dict[str, Any]:
    """The JSON object of the body, or a form's fields; an empty body is an empty object."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(request.form)
    if not request.get_data():
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise ControlError(400, "bad_json", "the body should be a JSON object")
    return body


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise ControlError(400, "bad_value", f"{name}: a text")
    return value


def asked_person(body: dict[str, Any]) -> Person:
    """By `openid` (any appid, or unionid), else by `nickname`, who is made if new; else the first built-in person."""
    here = world()
    openid, nickname = text(body, "openid"), text(body, "nickname")
    if openid:
        person = people.find_by_any(here.store, openid)
        if person is None:
            raise ControlError(404, "nobody", f"openid: nobody is called {openid}")
        return person
    if not nickname:
        return people.everybody(here.store)[0]
    try:
        return people.welcome(here.store, here.keys, nickname, text(body, "phone"))
    except people.BadPerson as error:
        raise ControlError(400, "bad_person", str(error)) from None
