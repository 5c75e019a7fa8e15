"""Combined orders (合单) of Pay APIv3: four ways to order, query, close. One merchant asks for up to ten."""

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Response, g

from sandbox import combined, faults, people, refunds
from sandbox.gateway.errors import PayError, bad_field
from sandbox.gateway.forms import COMBINE_CLOSE_FORM, COMBINE_FORMS, rfc3339
from sandbox.gateway.views import answer, blueprint, door_of, json_body, refuse
from sandbox.notices import combined_content
from sandbox.world import world

PATH = "/combine-transactions"
FEWEST, MOST = 2, 10
LONGEST_EXPIRY = timedelta(days=7)


@blueprint.errorhandler(combined.OtherSubs)
def refuse_subs(_: combined.OtherSubs) -> Response:
    return refuse(PayError(400, "INVALID_REQUEST", "子单信息与下单时不一致"))


@blueprint.post(f"{PATH}/<any(jsapi, native, h5, app):endpoint>")
def combine(endpoint: str) -> Response:
    body = json_body()
    COMBINE_FORMS[endpoint].check(body, "")
    _check_subs(body["sub_orders"])
    _check_parties(body)
    expiry = rfc3339(body["time_expire"]) if "time_expire" in body else None
    now = world().clock.now()
    if expiry and not now < expiry <= now + LONGEST_EXPIRY:
        raise bad_field("/time_expire", body["time_expire"], "应晚于当前时间，且在 7 天以内")
    return answer(200, door_of(combined.place(world().till, endpoint, body, expiry)))


@blueprint.get(f"{PATH}/out-trade-no/<combine_out_trade_no>")
def query_combined(combine_out_trade_no: str) -> Response:
    here = world()
    order, subs = combined.find(here.till, combine_out_trade_no, g.claim.mchid)
    content = combined_content(order, subs, here.keys)
    for sub in content["sub_orders"]:
        # Any refund, even of a part, changes the state of its sub-order.
        if refunds.of_order(here.store, sub["out_trade_no"]):
            sub["trade_state"] = "REFUND"
    return answer(200, content)


@blueprint.post(f"{PATH}/out-trade-no/<combine_out_trade_no>/close")
def close_combined(combine_out_trade_no: str) -> Response:
    body = json_body()
    COMBINE_CLOSE_FORM.check(body, "")
    till = world().till
    order, _ = combined.find(till, combine_out_trade_no, g.claim.mchid)
    if body["combine_appid"] != order.request["appid"]:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    named = [(sub["mchid"], sub["out_trade_no"]) for sub in body["sub_orders"]]
    combined.close(till, combine_out_trade_no, g.claim.mchid, named)
    return answer(204, None)


def _check_subs(subs: list[dict[str, Any]]) -> None:
    if not FEWEST <= len(subs) <= MOST:
        raise bad_field("/sub_orders", len(subs), f"子单数量应为 {FEWEST} 到 {MOST}")
    twice = [number for number, times in Counter(sub["out_trade_no"] for sub in subs).items() if times > 1]
    if twice:
        raise bad_field("/sub_orders", twice[0], "子单商户订单号重复")


def _check_parties(body: dict[str, Any]) -> None:
    """The initiator calls, the app is known, and every merchant may combine and is bound to the app."""
    here = world()
    on = faults.current(here.store)
    if body["combine_mchid"] != g.claim.mchid:
        raise PayError(400, "INVALID_REQUEST", "Http头Authorization中的mchid与请求中的mchid不一致")
    if here.keys.app_by_id(body["combine_appid"]) is None or on.combine_unbound:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    for mchid in [body["combine_mchid"], *(sub["mchid"] for sub in body["sub_orders"])]:
        if mchid not in here.keys.merchants:
            raise PayError(400, "MCH_NOT_EXISTS", "商户号不存在")
        if on.combine_no_auth or not here.keys.merchants[mchid].may_combine:
            raise PayError(403, "NO_AUTH", "商户无合单支付权限")
    openid = body.get("combine_payer_info", {}).get("openid")
    if openid and people.find_by_openid(here.store, body["combine_appid"], openid) is None:
        raise PayError(400, "PARAM_ERROR", "appid和openid不匹配")
