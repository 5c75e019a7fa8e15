"""What the buyer is told, and which subscribe messages they accept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field

from blueprints.shop.api.accounts import MiniProgramNotLinked
from blueprints.shop.api.surface import ME, Answer, Body, PageQuery, answer, answers, blueprint
from core.settings import settings
from core.web.guards import require_identity, signed_in
from core.web.language import fill, say
from core.web.limits import limit
from domain.accounts.signing_in import openid_of
from domain.notifications import reading, sending

Kind = Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]


class Message(Answer):
    kind: str
    title: str
    text: str
    path: str
    at: datetime
    is_read: bool


class MessagePage(Answer):
    items: list[Message]
    unread: int
    next_cursor: str | None


class Template(Answer):
    kind: str
    template_id: str


class Templates(Answer):
    items: list[Template] = Field(description="交给 wx.requestSubscribeMessage 的模板")


class Acceptance(Body):
    """The kinds whose template the person allowed just now."""

    accepted: list[Kind] = Field(max_length=3)


class ReadAll(Body):
    """Nothing more is needed."""


@blueprint.get("/me/messages", tags=[ME], summary="消息", responses=answers(MessagePage))
@signed_in
def list_messages(query: PageQuery) -> Response:
    reader = reading.Reader(account_id=require_identity().account_id)
    found = reading.inbox_after(reader, query.cursor, size=query.limit)
    items = [
        Message(
            kind=row.kind, title=say(row.title), text=fill(row.text, row.params), path=row.path, at=row.created_at,
            is_read=row.read_at is not None,
        )
        for row in found.items
    ]  # fmt: skip
    return answer(MessagePage(items=items, unread=reading.unread_count(reader), next_cursor=found.next_cursor))


@blueprint.post("/me/messages/read", tags=[ME], summary="全部标为已读", responses=answers(None, status=204))
@signed_in
def read_all_messages(body: ReadAll) -> Response:
    reading.mark_all_read(reading.Reader(account_id=require_identity().account_id))
    return answer(None, 204)


@blueprint.get("/me/subscriptions", tags=[ME], summary="可订阅的消息", responses=answers(Templates))
@signed_in
def list_subscriptions() -> Response:
    found = sorted(sending.templates().items())
    return answer(Templates(items=[Template(kind=kind, template_id=template) for kind, template in found]))


@blueprint.post(
    "/me/subscriptions",
    tags=[ME],
    summary="登记用户允许的订阅消息",
    description="每允许一次可收一条。",
    responses=answers(None, 400, 409, 429, status=204),
)
@signed_in
def accept_subscriptions(body: Acceptance) -> Response:
    account_id = require_identity().account_id
    limit("subscribe", times=30, seconds=60, who=str(account_id))
    openid = openid_of(account_id, settings().wechat_mini_appid)
    if openid is None:
        raise MiniProgramNotLinked
    sending.accept(openid, set(body.accepted))
    return answer(None, 204)
