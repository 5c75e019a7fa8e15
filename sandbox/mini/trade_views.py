"""The mini-program API around an order: shipping, order centre, subscribe messages; and what testers do with them."""

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import faults
from sandbox.control.asking import asked, text
from sandbox.control.errors import ControlError
from sandbox.control.views import change_switches, refuse
from sandbox.mini import push, shipping, subscribing
from sandbox.mini.errors import ApiError
from sandbox.mini.views import json_body, mini_token, take_time
from sandbox.mini.views import refuse as refuse_call
from sandbox.rows import Shipping, Subscription
from sandbox.world import world

blueprint = Blueprint("trade", __name__)
blueprint.after_request(take_time)
blueprint.register_error_handler(ApiError, refuse_call)
blueprint.register_error_handler(ControlError, refuse)


@blueprint.post("/wxa/sec/order/upload_shipping_info")
def upload_shipping_info() -> Response:
    mini_token()
    shipping.upload(world(), json_body())
    if faults.current(world().store).shipping_answer_lost:
        return Response("gateway timeout", 504)
    return _ok()


@blueprint.post("/wxa/sec/order/get_order")
def get_order() -> Response:
    mini_token()
    return _ok(order=shipping.get_order(world(), str(json_body().get("merchant_trade_no"))))


@blueprint.post("/wxa/sec/order/update_order_detail_path")
def update_order_detail_path() -> Response:
    mini_token()
    path = json_body().get("path")
    if not isinstance(path, str) or "${商品订单号}" not in path:
        raise ApiError(268485216, "path must contain ${商品订单号}")
    change_switches(order_path=path)
    return _ok()


@blueprint.post("/cgi-bin/message/subscribe/send")
def send_message() -> Response:
    mini_token()
    subscribing.send(world(), json_body())
    return _ok(msgid=1)


@blueprint.post("/sandbox/subscribe")
def accept() -> Response:
    """openid, template_id: the person accepts one message of this template."""
    body = asked()
    row = subscribing.accept(world(), text(body, "openid"), text(body, "template_id"))
    return jsonify(left=row.left)


@blueprint.get("/sandbox/messages")
def messages() -> Response:
    return jsonify(messages=[sent for row in world().store.all(Subscription) for sent in row.sent])


@blueprint.get("/sandbox/shipping/<out_trade_no>")
def read_shipping(out_trade_no: str) -> Response:
    row = world().store.get(Shipping, out_trade_no) or Shipping(out_trade_no)
    return jsonify(state=row.state, mode=row.mode, parcels=row.parcels, corrections=row.corrections)


@blueprint.post("/sandbox/shipping/confirm")
def confirm() -> Response:
    """out_trade_no: the buyer confirms in WeChat; the settlement event follows."""
    try:
        row = shipping.confirm(world(), text(asked(), "out_trade_no"), 1)
    except ApiError as error:
        raise ControlError(409, "not_shipped", error.errmsg) from None
    return jsonify(state=row.state)


@blueprint.post("/sandbox/shipping/tick")
def tick() -> Response:
    """Reminders and settlements that the clock has made due."""
    shipping.tick(world())
    return jsonify(done=True)


@blueprint.post("/sandbox/push")
def set_push() -> Response:
    """url: where events are pushed to."""
    change_switches(push_url=text(asked(), "url"))
    return jsonify(url=text(asked(), "url"))


@blueprint.post("/sandbox/push/craft")
def craft_push() -> Response:
    """event, openid, content: a pushed event that is not sent."""
    body = asked()
    content = body.get("content", {})
    if not isinstance(content, dict):
        raise ControlError(400, "bad_value", "content: an object")
    query, raw, _ = push.craft(world(), text(body, "openid"), text(body, "event"), content)
    return jsonify(query=query, body=raw)


def _ok(**more: Any) -> Response:
    return jsonify(errcode=0, errmsg="ok", **more)
