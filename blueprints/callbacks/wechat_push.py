"""The mini-program's message push, safe mode: verified and deciphered, answered at once, worked on by a job."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from flask import Blueprint, Response, request

from core import jobs
from core.web.guards import public
from domain.fulfillment.trade_events import note_reminder, note_settlement
from domain.reviews.jobs import hear_of_picture
from gateways import registry
from gateways.wechat_mini.client import read_verdict
from gateways.wechat_mini.errors import PushRefused, WechatNotConfigured, WechatUnavailable
from gateways.wechat_mini.push import PushedMessage

log = structlog.get_logger(__name__)
blueprint = Blueprint("push", __name__)
MOST_MESSAGE_BYTES = 64 * 1024
EVENTS: Mapping[str, jobs.Job] = {
    "trade_manage_order_settlement": note_settlement,
    "trade_manage_remind_shipping": note_reminder,
}


@blueprint.get("/callbacks/wechat-push")
@public
def check() -> Response:
    """The console checks the address: its `echostr`, or 400."""
    try:
        return _text(registry.wechat_push().echo(request.args))
    except (PushRefused, WechatNotConfigured) as refusal:
        return _refuse(refusal)


@blueprint.post("/callbacks/wechat-push")
@public
def receive() -> Response:
    """`success` once what has to be done is written down; 400 when the message isn't proven to be WeChat's."""
    body = request.get_data(cache=False)
    if len(body) > MOST_MESSAGE_BYTES:
        return Response(status=413)
    try:
        message = registry.wechat_push().read(request.args, body)
    except (PushRefused, WechatNotConfigured) as refusal:
        return _refuse(refusal)
    if message.event == "wxa_media_check":
        _hear_verdict(message)
    todo = EVENTS.get(message.event or "")
    number = message.content.get("merchant_trade_no")
    # A settlement is announced at shipping, too: only the later event says how it was confirmed.
    is_announcement = message.event == "trade_manage_order_settlement" and not message.content.get("settlement_time")
    if todo is not None and isinstance(number, str) and number and not is_announcement:
        jobs.enqueue(todo, out_trade_no=number)
    log.info("push_received", event_name=message.event, known=todo is not None)
    return _text("success")


def _text(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")


def _refuse(refusal: PushRefused | WechatNotConfigured) -> Response:
    log.warning("push_refused", **refusal.params)
    return Response(status=400)


def _hear_verdict(message: PushedMessage) -> None:
    """WeChat's word about a photo; with an errcode (-1008: it couldn't be fetched) or without a result there is none."""
    trace_id = str(message.content.get("trace_id") or "")
    suggest, label = "", 0
    try:
        if not message.content.get("errcode"):
            verdict = read_verdict(message.content.get("result"))
            suggest, label = verdict.suggestion.value, verdict.label
    except WechatUnavailable:
        log.warning("picture_verdict_malformed", trace_id=trace_id)
    jobs.enqueue(hear_of_picture, trace_id=trace_id, suggest=suggest, label=label)
