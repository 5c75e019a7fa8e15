"""What the mini-program's 消息推送 sends: WeChat's verdicts about photos. Anything else is answered and left alone."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from core import jobs
from core.errors import NotFound
from core.settings import settings
from core.web.guards import public
from domain.reviews.jobs import hear_of_picture
from gateways.wechat_mini.client import read_verdict
from gateways.wechat_mini.errors import WechatUnavailable
from gateways.wechat_mini.push import MessagePush, PushedMessage

log = structlog.get_logger(__name__)
blueprint = Blueprint("wechat_push", __name__)
MOST_MESSAGE_BYTES = 64 * 1024


@blueprint.get("/callbacks/wechat-push")
@public
def check_address() -> Response:
    """The console's check of our address; PushRefused for anybody else."""
    return Response(_push().echo(request.args), mimetype="text/plain")


@blueprint.post("/callbacks/wechat-push")
@public
def receive() -> Response:
    """`success` once the message is verified and its job written; PushRefused when it isn't WeChat's."""
    request.max_content_length = MOST_MESSAGE_BYTES
    message = _push().read(request.args, request.get_data(cache=False))
    if message.event == "wxa_media_check":
        _hear(message)
    return Response("success", mimetype="text/plain")


def _push() -> MessagePush:
    """Raises NotFound while no push is set up."""
    chosen = settings()
    if not chosen.wechat_push_token:
        raise NotFound(what="page")
    return MessagePush(
        appid=chosen.wechat_mini_appid,
        token=chosen.wechat_push_token,
        encoding_aes_key=chosen.wechat_push_aes_key.get_secret_value(),
    )


def _hear(message: PushedMessage) -> None:
    """A verdict; with an errcode (-1008: the photo couldn't be fetched) or without a result there is none."""
    trace_id = str(message.content.get("trace_id") or "")
    suggest, label = "", 0
    try:
        if not message.content.get("errcode"):
            verdict = read_verdict(message.content.get("result"))
            suggest, label = verdict.suggestion.value, verdict.label
    except WechatUnavailable:
        log.warning("picture_verdict_malformed", trace_id=trace_id)
    jobs.enqueue(hear_of_picture, trace_id=trace_id, suggest=suggest, label=label)
