"""Whose phone this browser is: a cookie that the person pages set."""

from flask import Response, request

from sandbox import people
from sandbox.rows import Person
from sandbox.world import world

COOKIE = "sandbox_person"


def owner_or_none() -> Person | None:
    return world().store.get(Person, request.cookies.get(COOKIE, ""))


def owner() -> Person:
    """The first built-in person when nobody has been chosen."""
    return owner_or_none() or people.everybody(world().store)[0]


def chosen_person() -> Person | None:
    """Who a form names: `new_nickname` for a person made now, else `person` (unionid, nickname or openid)."""
    here = world()
    if request.form.get("new_nickname", "").strip():
        return people.welcome(here.store, here.keys, request.form["new_nickname"])
    mark = request.form.get("person", "")
    return people.find_by_any(here.store, mark) if mark else None


def remember(response: Response, person: Person) -> Response:
    response.set_cookie(COOKIE, person.unionid, httponly=True, samesite="Lax")
    return response
