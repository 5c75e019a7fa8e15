"""OAuth's pages at open.weixin.qq.com: consent on the phone, QR sign-in on the desk."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for

from sandbox import people, tickets
from sandbox.addresses import is_web_address
from sandbox.drawing import qr_svg
from sandbox.keyring import App
from sandbox.people import BadPerson
from sandbox.phone.owner import chosen_person, owner, owner_or_none, remember
from sandbox.rows import Person, QrLogin
from sandbox.world import world

blueprint = Blueprint("oauth", __name__, url_prefix="/connect")

QR_LIFE = timedelta(minutes=5)
STATES = {"oa": r"[0-9A-Za-z]{0,128}", "web": r"[ -~]{0,128}"}


class BadLink(Exception):
    """The link to this page breaks WeChat's rules; the text says which."""


@dataclass(frozen=True)
class Wish:
    """What a site asks for in its link."""

    app: App
    redirect_uri: str
    scope: str
    state: str


@blueprint.errorhandler(BadLink)
def refuse_link(error: BadLink) -> tuple[str, int]:
    return render_template("refused.html", heading="无法登录", reason=str(error)), 400


@blueprint.errorhandler(BadPerson)
def refuse_person(error: BadPerson) -> tuple[str, int]:
    return render_template("refused.html", heading="没有这个人", reason=str(error)), 400


@blueprint.get("/oauth2/authorize")
def authorize() -> Response:
    """Silent for snsapi_base when this phone has its owner, as in WeChat; otherwise a page to choose on."""
    wish = _read_wish("oa", ("snsapi_base", "snsapi_userinfo"))
    somebody = owner_or_none()
    if wish.scope == "snsapi_base" and somebody:
        return _leave(wish, _new_code(wish, somebody))
    return _page("oauth/authorize.html", wish=wish, everybody=people.everybody(world().store), chosen=owner())


@blueprint.post("/oauth2/authorize")
def answer_authorize() -> Response:
    wish = _read_wish("oa", ("snsapi_base", "snsapi_userinfo"))
    if request.form.get("act") == "refuse":
        return _leave(wish, "")
    person = _somebody()
    return remember(_leave(wish, _new_code(wish, person)), person)


@blueprint.get("/qrconnect")
def qrconnect() -> Response:
    wish = _read_wish("web", ("snsapi_login",))
    here = world()
    login = QrLogin(
        uuid=secrets.token_urlsafe(12),
        appid=wish.app.appid,
        redirect_uri=wish.redirect_uri,
        state=wish.state,
        status="waiting",
        expires_at=here.clock.now() + QR_LIFE,
    )
    here.store.save(login)
    return _qr_page(login)


@blueprint.get("/qrconnect/<uuid>")
def qrconnect_continue(uuid: str) -> Response:
    """The button for browsers without scripts: on to the site, or the same page again."""
    login = _find_login(uuid)
    onward = _onward(login)
    return _go(onward) if onward else _qr_page(login)


@blueprint.get("/qrconnect/<uuid>/status")
def qrconnect_status(uuid: str) -> Response:
    login = _find_login(uuid)
    return jsonify(status=_status(login), onward=_onward(login))


@blueprint.get("/confirm/<uuid>")
def confirm(uuid: str) -> Response:
    """What the QR code opens on the phone."""
    login = _find_login(uuid)
    if _status(login) == "waiting":
        login = replace(login, status="scanned")
        world().store.save(login)
    everybody = people.everybody(world().store)
    return _page("oauth/confirm.html", login=login, status=_status(login), everybody=everybody, chosen=owner())


@blueprint.post("/confirm/<uuid>")
def answer_confirm(uuid: str) -> Response:
    here = world()
    refused = request.form.get("act") == "refuse"
    person = None if refused else _somebody()
    with here.store.lock:
        login = _find_login(uuid)
        if _status(login) not in ("waiting", "scanned"):
            raise BadLink("二维码已使用或已过期，请在电脑上刷新")
        code = ""
        if person:
            code = _issue(login.appid, person, "snsapi_login")
        here.store.save(replace(login, status="refused" if refused else "confirmed", code=code))
    done = _go(url_for("oauth.confirm", uuid=uuid))
    return remember(done, person) if person else done


def _read_wish(line: str, scopes: tuple[str, ...]) -> Wish:
    values = request.args
    app = world().keys.app_by_id(values.get("appid", ""))
    if app is None or app.line != line:
        raise BadLink("AppID 参数错误（40013）")
    if not is_web_address(values.get("redirect_uri", "")):
        raise BadLink("redirect_uri 参数错误（10003）：应为完整的 http 或 https 地址")
    if values.get("response_type") != "code":
        raise BadLink("response_type 应为 code")
    if values.get("scope") not in scopes:
        raise BadLink(f"scope 参数错误（10005）：应为 {' 或 '.join(scopes)}")
    if not re.fullmatch(STATES[line], values.get("state", "")):
        raise BadLink("state 参数错误：最多 128 字节，服务号只用字母和数字")
    return Wish(app, values["redirect_uri"], values["scope"], values.get("state", ""))


def _somebody() -> Person:
    person = chosen_person()
    if person is None:
        raise BadLink("请选择一个人")
    return person


def _new_code(wish: Wish, person: Person) -> str:
    return _issue(wish.app.appid, person, wish.scope)


def _issue(appid: str, person: Person, scope: str) -> str:
    here = world()
    return tickets.issue(here.store, here.clock, person, purpose="oauth", appid=appid, scope=scope).code


def _leave(wish: Wish, code: str) -> Response:
    return _go(_back_address(wish.redirect_uri, code, wish.state))


def _find_login(uuid: str) -> QrLogin:
    login = world().store.get(QrLogin, uuid)
    if login is None:
        raise BadLink("没有这个二维码")
    return login


def _status(login: QrLogin) -> str:
    waiting = login.status in ("waiting", "scanned")
    return "expired" if waiting and world().clock.now() >= login.expires_at else login.status


def _onward(login: QrLogin) -> str:
    """Where the desktop browser goes once the phone has answered; without a code after a refusal."""
    if login.status not in ("confirmed", "refused"):
        return ""
    return _back_address(login.redirect_uri, login.code, login.state)


def _back_address(redirect_uri: str, code: str, state: str) -> str:
    parts = urlsplit(redirect_uri)
    added = urlencode(({"code": code} if code else {}) | {"state": state})
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, added])), fragment=""))


def _qr_page(login: QrLogin) -> Response:
    address = world().settings.base_url + url_for("oauth.confirm", uuid=login.uuid)
    picture = qr_svg(address)
    return _page("oauth/qrconnect.html", login=login, status=_status(login), address=address, picture=picture)


def _page(template: str, **values: object) -> Response:
    return make_response(render_template(template, **values))


def _go(address: str) -> Response:
    return make_response(redirect(address))
