"""Buyers sign in with WeChat: by OAuth inside WeChat, by a QR code in any other browser."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from blueprints.accounts import sessions
from core.errors import InvalidInput
from core.settings import settings
from core.web.guards import public
from core.web.limits import limit
from domain.accounts.signing_in import WechatPerson, account_of_wechat
from gateways import registry
from gateways.wechat_oauth.contract import Door

blueprint = Blueprint("accounts", __name__)


def in_wechat() -> bool:
    """Whether the page is open in WeChat's own browser."""
    return "MicroMessenger" in request.user_agent.string


@blueprint.get("/sign-in")
@public
def sign_in() -> str:
    session["next"] = sessions.local_path(request.args.get("next"))
    return render_template(
        "shop/sign_in.html",
        heading=gettext("登录"),
        sign_in_url=url_for("accounts.to_wechat"),
        is_sandbox=not settings().is_production,
    )


@blueprint.get("/sign-in/wechat")
@public
def to_wechat() -> Response:
    limit("sign-in", times=30, seconds=60)
    session["oauth_state"] = secrets.token_hex(16)
    session["oauth_door"] = Door.SERVICE_ACCOUNT.value if in_wechat() else Door.WEBSITE.value
    back = settings().public_base_url + url_for("accounts.from_wechat")
    oauth = registry.wechat_oauth()
    if in_wechat():
        return redirect(oauth.authorize_url(back, session["oauth_state"]))
    return redirect(oauth.qrconnect_url(back, session["oauth_state"]))


@blueprint.get("/sign-in/callback")
@public
def from_wechat() -> Response:
    """WeChat sends the person back here with a code; the state proves that this browser asked."""
    limit("sign-in-callback", times=30, seconds=60)
    state, door = session.pop("oauth_state", ""), session.pop("oauth_door", "")
    given = request.args.get("state", "")
    if not state or not secrets.compare_digest(state.encode(), given.encode()):
        raise InvalidInput({"state": gettext("登录已过期，请重新登录")})
    code = request.args.get("code", "")
    if not code:
        raise InvalidInput({"code": gettext("微信没有同意登录")})
    person = registry.wechat_oauth().exchange(code, Door(door))
    account = account_of_wechat(WechatPerson(person.appid, person.openid, person.unionid, person.nickname or ""))
    target = session.get("next")
    sessions.start_session(account, "web")
    return redirect(sessions.local_path(target))


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    sessions.finish_session()
    return redirect("/")
