"""What the workshop is told: new orders, parcels in trouble, what is late."""

from __future__ import annotations

from flask import redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import blueprint, console, own_workshop_ids
from core.identity import Role
from core.web.forms import Payload, parse_query
from core.web.guards import role
from domain.notifications import reading


class MessagesQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


@blueprint.get("/messages")
@role(Role.OWNER)
def messages() -> tuple[str, int]:
    reader = reading.Reader(workshop_ids=own_workshop_ids())
    page = reading.inbox(reader, number=parse_query(MessagesQuery).page)
    return console(
        "messages.html",
        gettext("消息"),
        "today",
        page=page,
        page_url=lambda number: url_for("workshop.messages", page=number),
    )


@blueprint.post("/messages/read")
@role(Role.OWNER)
def read_messages() -> Response:
    reading.mark_all_read(reading.Reader(workshop_ids=own_workshop_ids()))
    return redirect(url_for("workshop.messages"))
