"""The mini-program API at api.weixin.qq.com: tokens, login, phone number, codes."""

import base64
import json
import secrets
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import faults, tickets
from sandbox.mini import codes, security, tokens
from sandbox.mini.errors import ApiError, errcodes
from sandbox.rows import AccessToken, Person, Switches
from sandbox.world import world

blueprint = Blueprint("mini", __name__)


@blueprint.after_request
def take_time(response: Response) -> Response:
    time.sleep(faults.current(world().store).slow_answer_seconds)
    return response


@blueprint.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    return jsonify(error.payload())


@blueprint.post("/cgi-bin/stable_token")
def stable_token() -> Response:
    body = json_body()
    app = tokens.known_app(world().keys, _text(body, "appid"), _text(body, "secret"), ("mini", "oa"))
    if body.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    force = body.get("force_refresh", False)
    if not isinstance(force, bool):
        raise ApiError(40097, "invalid args: force_refresh")
    return _token_answer(tokens.stable_token(world().store, world().clock, app.appid, force=force))


@blueprint.get("/cgi-bin/token")
def plain_token() -> Response:
    values = request.args
    app = tokens.known_app(world().keys, values.get("appid", ""), values.get("secret", ""), ("mini", "oa"))
    if values.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    return _token_answer(tokens.plain_token(world().store, world().clock, app.appid))


@blueprint.get("/sns/jscode2session")
def jscode2session() -> Response:
    here, values = world(), request.args
    app = tokens.known_app(here.keys, values.get("appid", ""), values.get("secret", ""), ("mini",))
    if values.get("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    if not values.get("js_code"):
        raise ApiError(41008, "missing code")
    person = _redeem("login", app.appid, values["js_code"])
    session_key = base64.b64encode(secrets.token_bytes(16)).decode()
    return jsonify(openid=person.openids[app.appid], session_key=session_key, unionid=person.unionid)


@blueprint.post("/wxa/business/getuserphonenumber")
def getuserphonenumber() -> Response:
    here, token, body = world(), mini_token(), json_body()
    code = _text(body, "code")
    if not code:
        raise ApiError(41008, "missing code")
    with here.store.lock:
        with errcodes():
            _, person = tickets.look_at(here.store, here.clock, "phone", token.appid, code)
        if "openid" in body and body["openid"] != person.openids[token.appid]:
            raise ApiError(40003, "invalid openid: the code belongs to somebody else")
        _redeem("phone", token.appid, code)
    info = {
        "phoneNumber": person.phone,
        "purePhoneNumber": person.phone,
        "countryCode": "86",
        "watermark": {"timestamp": int(here.clock.now().timestamp()), "appid": token.appid},
    }
    return jsonify(errcode=0, errmsg="ok", phone_info=info)


@blueprint.post("/wxa/getwxacodeunlimit")
def getwxacodeunlimit() -> Response:
    token, body = mini_token(), json_body()
    switches = world().store.get(Switches, "switches") or Switches()
    wanted = codes.read_request(body, switches.released_pages)
    return Response(codes.draw(wanted, token.appid, world().settings.base_url), content_type="image/png")


@blueprint.post("/wxa/msg_sec_check")
def msg_sec_check() -> Response:
    token = mini_token()
    return jsonify(errcode=0, errmsg="ok", **security.check_text(world(), token.appid, json_body()))


@blueprint.post("/wxa/media_check_async")
def media_check_async() -> Response:
    token = mini_token()
    return jsonify(errcode=0, errmsg="ok", **security.check_media(world(), token.appid, json_body()))


def _token_answer(token: AccessToken) -> Response:
    left = token.expires_at - world().clock.now()
    return jsonify(access_token=token.token, expires_in=int(left.total_seconds()))


def mini_token() -> AccessToken:
    here = world()
    token = tokens.check_token(here.store, here.clock, request.args.get("access_token", ""))
    if token.appid != here.keys.app_of("mini").appid:
        raise ApiError(48001, "api unauthorized")
    return token


def json_body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise ApiError(47001, "data format error") from None
    if not isinstance(body, dict):
        raise ApiError(47001, "data format error")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise ApiError(40097, f"invalid args: {name}")
    return value


def _redeem(purpose: str, appid: str, code: str) -> Person:
    with errcodes():
        return tickets.take(world().store, world().clock, purpose, appid, code)[1]
