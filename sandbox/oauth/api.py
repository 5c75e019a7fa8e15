"""OAuth's server side at api.weixin.qq.com: code for token, token for the person."""

import secrets
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request

from sandbox import tickets
from sandbox.mini.errors import ApiError, errcodes
from sandbox.mini.tokens import known_app
from sandbox.rows import AccessToken, Person
from sandbox.world import world

blueprint = Blueprint("oauth_api", __name__, url_prefix="/sns")

LIFE = timedelta(seconds=7200)
SCOPES_WITH_PERSON = ("snsapi_userinfo", "snsapi_login")


@blueprint.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    return jsonify(error.payload())


@blueprint.get("/oauth2/access_token")
def access_token() -> Response:
    here, values = world(), request.args
    app = known_app(here.keys, values.get("appid", ""), values.get("secret", ""), ("oa", "web"))
    if values.get("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    if not values.get("code"):
        raise ApiError(41008, "missing code")
    with errcodes():
        ticket, person = tickets.take(here.store, here.clock, "oauth", app.appid, values["code"])
    token = _new_token(app.appid, person, ticket.scope)
    told = {
        "access_token": token.token,
        "expires_in": int(LIFE.total_seconds()),
        "refresh_token": secrets.token_urlsafe(90),
        "openid": person.openids[app.appid],
        "scope": ticket.scope,
    }
    return jsonify(told | ({"unionid": person.unionid} if ticket.scope in SCOPES_WITH_PERSON else {}))


@blueprint.get("/userinfo")
def userinfo() -> Response:
    here = world()
    token = _user_token(request.args.get("access_token", ""))
    person = here.store.get(Person, token.unionid)
    assert person is not None
    if request.args.get("openid") != person.openids[token.appid]:
        raise ApiError(40003, "invalid openid")
    if token.scope not in SCOPES_WITH_PERSON:
        raise ApiError(48001, "api unauthorized")
    return jsonify(
        openid=person.openids[token.appid],
        nickname=person.nickname,
        sex=0,
        province="",
        city="",
        country="",
        headimgurl=f"{here.settings.base_url}/phone/portrait/{person.unionid}.svg",
        privilege=[],
        unionid=person.unionid,
    )


def _new_token(appid: str, person: Person, scope: str) -> AccessToken:
    here = world()
    now = here.clock.now()
    token = AccessToken(secrets.token_urlsafe(90), "user", appid, now, now + LIFE, unionid=person.unionid, scope=scope)
    here.store.save(token)
    return token


def _user_token(text: str) -> AccessToken:
    if not text:
        raise ApiError(41001, "access_token missing")
    token = world().store.get(AccessToken, text)
    if token is None or token.line != "user":
        raise ApiError(40001, "invalid credential, access_token is invalid or not latest")
    if world().clock.now() >= token.expires_at:
        raise ApiError(42001, "access_token expired")
    return token
