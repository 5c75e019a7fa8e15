"""WeChat Pay's notices: signed, repeated until answered with 2xx, possibly late, doubled or out of order."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from core import jobs
from core.metrics import NOTICES_REFUSED
from core.web.guards import public
from domain.orders.jobs import process_notice
from domain.payments import merchants
from domain.payments.confirming import keep_notice
from gateways import registry
from gateways.wechat_pay.combining import CombinedNotice
from gateways.wechat_pay.contract import PaymentNotice, RefundNotice, WechatPay
from gateways.wechat_pay.errors import NoticeRefused, WechatPayNotConfigured

log = structlog.get_logger(__name__)
blueprint = Blueprint("callbacks", __name__)
MOST_NOTICE_BYTES = 64 * 1024


@blueprint.post("/callbacks/wechat-pay")
@public
def receive() -> Response:
    """204 once the notice is kept; 4xx with WeChat's error body when it isn't proven to be WeChat's."""
    return _receive(registry.wechat_pay())


@blueprint.post("/callbacks/wechat-pay/<mchid>")
@public
def receive_for(mchid: str) -> Response:
    """The same about a workshop's own merchant, whose notices are sealed with its own key."""
    try:
        client = merchants.client_of(mchid)
    except WechatPayNotConfigured:
        NOTICES_REFUSED.labels("other_merchant").inc()
        return _fail(404, "other_merchant")
    return _receive(client)


def _receive(client: WechatPay) -> Response:
    body = request.get_data(cache=False)
    if len(body) > MOST_NOTICE_BYTES:
        return _fail(413, "too large")
    try:
        notice = client.read_notice(dict(request.headers), body)
    except NoticeRefused as refusal:
        reason = str(refusal.params.get("reason", "unknown"))
        NOTICES_REFUSED.labels(reason).inc()
        log.warning("notice_refused", reason=reason)
        return _fail(refusal.status, reason)
    if keep_notice(notice) and isinstance(notice, (PaymentNotice, CombinedNotice, RefundNotice)):
        jobs.enqueue(process_notice, notice_id=notice.notice_id)
    return Response(status=204)


def _fail(status: int, reason: str) -> Response:
    response = Response(status=status)
    response.set_data('{"code":"FAIL","message":"' + reason.replace('"', "") + '"}')
    response.content_type = "application/json"
    return response
