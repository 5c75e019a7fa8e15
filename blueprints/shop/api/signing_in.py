"""Signing in from the mini-program, signing out, and the token of a visitor."""

from __future__ import annotations

from typing import Literal

from flask import Response, request

from blueprints.shop.api.surface import (
    SIGNING_IN,
    Answer,
    Body,
    VisitorHeader,
    WechatCode,
    answer,
    answers,
    blueprint,
)
from core.numbers import token
from core.web.guards import public, signed_in
from core.web.limits import limit
from domain.accounts.signing_in import WechatPerson, account_of_wechat, end_session, open_session, require_active
from domain.cart.holding import merge_visitor_cart
from gateways import registry


class SignIn(Body):
    """What `wx.login` gave."""

    code: WechatCode


class SignedIn(Answer):
    """Send `token` as `Authorization: Bearer <token>`. It lasts 30 days; after a 401 sign in again."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    name: str


class Visitor(Answer):
    """Send `visitor_token` as `X-Visitor-Token` until somebody signs in."""

    visitor_token: str


@blueprint.post(
    "/sign-in",
    tags=[SIGNING_IN],
    summary="用 wx.login 的 code 登录",
    description="带上 X-Visitor-Token 时，访客的购物车并入账号。code 只能用一次，因此不需要 Idempotency-Key。",
    responses=answers(SignedIn, 400, 403, 429, 503),
)
@public
def sign_in(body: SignIn, header: VisitorHeader) -> Response:
    limit("api-sign-in", times=30, seconds=60)
    client = registry.wechat_mini()
    person = client.code_to_session(body.code)
    account = account_of_wechat(WechatPerson(client.appid, person.openid, person.unionid))
    require_active(account)
    if header.token:
        merge_visitor_cart(header.token, account.id)
    return answer(SignedIn(token=open_session(account, "mini"), name=account.display_name))


@blueprint.post("/sign-out", tags=[SIGNING_IN], summary="退出登录", responses=answers(None, status=204))
@signed_in
def sign_out() -> Response:
    end_session(request.headers["Authorization"].split(maxsplit=1)[1].strip())
    return answer(None, 204)


@blueprint.post(
    "/visitor",
    tags=[SIGNING_IN],
    summary="领取访客令牌",
    description="还没有登录的人凭它使用购物车。",
    responses=answers(Visitor, status=201),
)
@public
def make_visitor() -> Response:
    return answer(Visitor(visitor_token=token()), 201)
