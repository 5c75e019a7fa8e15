"""The buyer's inbox: what WeChat messages say, for those without WeChat, too."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from core.web.forms import Payload, parse_query
from core.web.guards import require_identity, signed_in
from domain.notifications import reading


class MessagesQuery(Payload):
    page: int = Field(default=1, ge=1, le=10000)


@blueprint.get("/me/messages")
@signed_in
def messages() -> str:
    reader = reading.Reader(account_id=require_identity().account_id)
    page = reading.inbox(reader, number=parse_query(MessagesQuery).page)
    return render_template(
        "shop/messages.html",
        heading=gettext("消息"),
        page=page,
        unread=reading.unread_count(reader),
        page_url=lambda number: url_for("shop.messages", page=number),
    )


@blueprint.post("/me/messages/read")
@signed_in
def read_messages() -> Response:
    reading.mark_all_read(reading.Reader(account_id=require_identity().account_id))
    return redirect(url_for("shop.messages"))
