"""Pay APIv3 at api.mch.weixin.qq.com: certificates, three ways to order, two to query, close."""

import json
import secrets
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from sandbox import faults, orders, people, refunds
from sandbox.clock import real_second
from sandbox.gateway.admission import admit
from sandbox.gateway.errors import REFUSALS, PayError, bad_field
from sandbox.gateway.forms import CLOSE_FORM, ORDER_FORMS, rfc3339
from sandbox.keyring import SIGNATURE_TYPE
from sandbox.notices import payment_content
from sandbox.rows import Order, Prepay
from sandbox.world import world

blueprint = Blueprint("gateway", __name__, url_prefix="/v3")

STATE_WORDS = {"NOTPAY": "订单未支付", "CLOSED": "订单已关闭", "SUCCESS": "支付成功"}
LONGEST_EXPIRY = timedelta(days=7)


@blueprint.before_request
def stand_at_the_gate() -> None:
    here = world()
    g.claim = admit(here, request)
    if faults.current(here.store).system_error:
        raise PayError(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
    if faults.current(here.store).busy:
        raise PayError(429, "FREQUENCY_LIMITED", "频率超限，请降低请求频率")


@blueprint.after_request
def take_time(response: Response) -> Response:
    """The fault slow_answer_seconds: the act is done, the answer is late."""
    time.sleep(faults.current(world().store).slow_answer_seconds)
    return response


@blueprint.errorhandler(PayError)
def refuse(error: PayError) -> Response:
    return Response(json.dumps(error.payload(), ensure_ascii=False), error.status, content_type="application/json")


@blueprint.errorhandler(orders.OrderUnknown)
@blueprint.errorhandler(orders.OrderClosed)
@blueprint.errorhandler(orders.OrderPaid)
@blueprint.errorhandler(orders.NumberUsed)
@blueprint.errorhandler(refunds.RefundUnknown)
def refuse_act(error: Exception) -> Response:
    return refuse(PayError(*REFUSALS[type(error)]))


@blueprint.get("/certificates")
def certificates() -> Response:
    here = world()
    if faults.current(here.store).key_only:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥")
    data = [
        {
            "serial_no": each.serial,
            "effective_time": each.effective_at,
            "expire_time": each.expire_at,
            "encrypt_certificate": here.keys.seal(each.pem, "certificate"),
        }
        for each in here.keys.certificates
    ]
    return answer(200, {"data": data})


@blueprint.post("/pay/transactions/<any(jsapi, native, h5):endpoint>")
def prepay(endpoint: str) -> Response:
    body = json_body()
    ORDER_FORMS[endpoint].check(body, "")
    _check_parties(body)
    expiry = rfc3339(body["time_expire"]) if "time_expire" in body else None
    now = world().clock.now()
    if expiry and not now < expiry <= now + LONGEST_EXPIRY:
        raise bad_field("/time_expire", body["time_expire"], "应晚于当前时间，且在 7 天以内")
    return answer(200, door_of(orders.place(world().till, endpoint, body, expiry)))


@blueprint.get("/pay/transactions/out-trade-no/<out_trade_no>")
def query_by_number(out_trade_no: str) -> Response:
    _check_query_mchid()
    return answer(200, _account_of(_own(orders.find(world().till, out_trade_no))))


@blueprint.get("/pay/transactions/id/<transaction_id>")
def query_by_transaction(transaction_id: str) -> Response:
    _check_query_mchid()
    return answer(200, _account_of(_own(orders.find_transaction(world().till, transaction_id))))


@blueprint.post("/pay/transactions/out-trade-no/<out_trade_no>/close")
def close(out_trade_no: str) -> Response:
    body = json_body()
    CLOSE_FORM.check(body, "")
    _check_mchid(body["mchid"])
    orders.close(world().till, _own(orders.find(world().till, out_trade_no)).out_trade_no)
    return answer(204, None)


def answer(status: int, payload: dict[str, Any] | None) -> Response:
    """A signed 2xx: by the key that Wechatpay-Serial asked for, else by the WeChat Pay public key's."""
    keys = world().keys
    body = "" if payload is None else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    serial = request.headers.get("Wechatpay-Serial") or keys.public_key_id
    timestamp, nonce = str(real_second()), secrets.token_hex(16)
    response = Response(body, status, content_type="application/json; charset=utf-8")
    response.headers["Wechatpay-Timestamp"] = timestamp
    response.headers["Wechatpay-Nonce"] = nonce
    response.headers["Wechatpay-Serial"] = serial
    response.headers["Wechatpay-Signature"] = keys.sign(f"{timestamp}\n{nonce}\n{body}\n", serial)
    response.headers["Wechatpay-Signature-Type"] = SIGNATURE_TYPE
    response.headers["Request-ID"] = secrets.token_hex(16).upper()
    return response


def json_body() -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError:
        raise PayError(400, "PARAM_ERROR", "请求体不是合法的JSON") from None


def _check_parties(body: dict[str, Any]) -> None:
    here = world()
    _check_mchid(body["mchid"])
    if here.keys.app_by_id(body["appid"]) is None:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    if "payer" in body and people.find_by_openid(here.store, body["appid"], body["payer"]["openid"]) is None:
        raise PayError(400, "PARAM_ERROR", "appid和openid不匹配")


def _check_mchid(mchid: str) -> None:
    if mchid != g.claim.mchid:
        raise PayError(400, "INVALID_REQUEST", "Http头Authorization中的mchid与请求中的mchid不一致")


def _own(order: Order) -> Order:
    """The caller's own ordinary order; what was combined is told and closed by the combined calls only."""
    if not order.is_ordinary or (order.mchid or world().keys.mchid) != g.claim.mchid:
        raise orders.OrderUnknown(order.out_trade_no)
    return order


def _check_query_mchid() -> None:
    mchid = request.args.get("mchid", "")
    if not mchid:
        raise bad_field("/mchid", "", "必填参数缺失", location="query")
    _check_mchid(mchid)


def door_of(door: Prepay) -> dict[str, str]:
    if door.endpoint == "native":
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={door.handle}"}
    if door.endpoint == "h5":
        query = urlencode({"prepay_id": door.handle, "package": door.package})
        return {"h5_url": f"{world().settings.base_url}/cgi-bin/mmpayweb-bin/checkmweb?{query}"}
    return {"prepay_id": door.handle}


def _account_of(order: Order) -> dict[str, Any]:
    """What a query tells: transaction_id and payer are there only once it is paid."""
    if order.trade_state == "SUCCESS":
        content = payment_content(order, world().keys) | {"promotion_detail": []}
        # Any refund, even of a part, changes the state of the order.
        is_refunded = bool(refunds.of_order(world().store, order.out_trade_no))
        return content | ({"trade_state": "REFUND", "trade_state_desc": "转入退款"} if is_refunded else {})
    return {
        "appid": order.request["appid"],
        "mchid": order.mchid or world().keys.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.trade_state,
        "trade_state_desc": STATE_WORDS[order.trade_state],
        "attach": order.request.get("attach", ""),
        "amount": {"total": order.total_fen, "currency": "CNY", "payer_currency": "CNY"},
        "payer": {},
        "promotion_detail": [],
    }
