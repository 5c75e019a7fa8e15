"""Profit sharing (分账): what became of each frozen payment, and what people may do about one that is stuck."""

from __future__ import annotations

from typing import Literal

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.settings import settings
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.payments import share_browsing
from domain.payments.share_models import ShareStatus
from domain.settlement import sharing
from domain.workshops import directory

SHARE_WORDS = {
    ShareStatus.WAITING: "等收货",
    ShareStatus.ASKED: "分账中",
    ShareStatus.STUCK: "要人处理",
    ShareStatus.UNFREEZING: "解冻中",
    ShareStatus.OVER: "已完成",
    ShareStatus.LAPSED: "到期解冻",
}
STATUS_WORDS = {
    "waiting": "等收货",
    "asked": "已提交",
    "processing": "微信处理中",
    "finished": "微信已处理",
    "refused": "微信没有接受",
    "pending": "处理中",
    "succeeded": "已到账",
    "closed": "没有分成",
    "failed": "没有退成",
    "stuck": "要人处理",
    "unfreezing": "解冻中",
    "over": "已完成",
    "lapsed": "到期解冻",
}
SUBJECT_WORDS = {"share": "这笔付款", "request": "分账请求", "receiver": "接收方", "return": "回退"}


class SharesQuery(Payload):
    """`/cluster/settlement/shares?status=&number=&page=`"""

    status: ShareStatus | None = None
    number: str | None = Field(default=None, max_length=40)
    page: int = Field(default=1, ge=1, le=100_000)


class ShareForm(Payload):
    """What to do with a share that is stuck: try again, or share nothing more."""

    act: Literal["retry", "give_up"]


@blueprint.get("/settlement/shares")
@role(Role.OPERATOR)
def shares() -> tuple[str, int]:
    query = parse_query(SharesQuery)
    page = share_browsing.find_shares(query.status, query.number or "", number=query.page)
    asked = query.model_dump(mode="json", exclude={"page"}, exclude_none=True)
    return console(
        "cluster/shares.html",
        gettext("分账"),
        "shares",
        query=query,
        page=page,
        counts=share_browsing.status_counts(),
        words=SHARE_WORDS,
        mode=settings().settlement_mode.value,
        cap=settings().profit_sharing_cap_basis_points / 100,
        page_url=lambda number: url_for("cluster.shares", page=number, **asked),
    )


@blueprint.get("/settlement/shares/<number>")
@role(Role.OPERATOR)
def share(number: str) -> tuple[str, int]:
    return _page(number, None)


@blueprint.post("/settlement/shares/<number>")
@role(Role.OPERATOR)
def act_on_share(number: str) -> tuple[str, int] | Response:
    found, form = share_browsing.find_share(number), bind_form(ShareForm)
    acts = {"retry": sharing.retry, "give_up": sharing.give_up}
    refused = attempt(form, lambda: acts[form.value.act](found.share.id, by=actor()))
    if refused:
        return _page(number, form, refused)
    flash(gettext("已安排，一分钟内提交微信"), "success")
    return redirect(url_for("cluster.share", number=number))


def _page(number: str, form: Form[ShareForm] | None, status: int = 200) -> tuple[str, int]:
    story = share_browsing.story_of(number)
    return console(
        "cluster/share.html",
        gettext("分账 %(number)s", number=story.payment.purpose),
        "shares",
        status,
        story=story,
        words=SHARE_WORDS,
        status_words=STATUS_WORDS,
        subject_words=SUBJECT_WORDS,
        workshops=directory.workshops_by_id({receiver.workshop_id for receiver in story.receivers}),
        form=form,
    )
