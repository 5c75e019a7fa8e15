"""The payment page: WeChat's sheet inside WeChat, a page of WeChat's on a phone, a QR code elsewhere."""

from __future__ import annotations

import base64
import io
from typing import Any
from urllib.parse import quote, urlsplit

import qrcode
from flask import json, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from qrcode.image.svg import SvgPathImage
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from core.errors import OutsideUnavailable
from core.settings import settings
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from core.web.responses import translated
from domain.accounts.signing_in import openid_of
from domain.groups.reading import team_of_order
from domain.orders import history, paying
from domain.orders.models import Order, OrderStatus
from domain.payments.models import PaymentChannel
from domain.payments.opening import Opened, Way, appid_of
from gateways.wechat_pay.errors import PaymentAlreadyMade


@blueprint.get("/orders/<number>/pay")
@signed_in
def pay(number: str) -> str | Response | tuple[str, int]:
    """Opens the payment at WeChat (or shows the one that is open) in the way this browser can pay."""
    identity = require_identity()
    order = history.order_of(identity.account_id, number)
    if order.status != OrderStatus.AWAITING_PAYMENT:
        return _onward(order)
    limit("pay", times=30, seconds=60, who=str(identity.account_id))
    try:
        opened = paying.open_payment(identity.account_id, order, _way(identity.account_id))
    except paying.OrderNotPayable:
        # The word of the payment arrived while the buyer came back to this page.
        return _onward(order)
    except PaymentAlreadyMade as known:
        return _page(order, news=translated(known))
    except OutsideUnavailable as fault:
        return _page(order, problem=translated(fault)), 503
    return _page(order, **_means(order, opened))


@blueprint.get("/orders/<number>/pay/done")
@signed_in
def pay_done(number: str) -> str | Response:
    order = history.order_of(require_identity().account_id, number)
    if order.paid_at is None:
        return redirect(url_for("shop.order", number=number))
    return render_template("shop/pay_done.html", heading=gettext("付好了"), order=order, team=team_of_order(number))


@blueprint.get("/orders/<number>/paid")
@signed_in
def is_paid(number: str) -> Response:
    """For the waiting page's script: whether WeChat's word has arrived."""
    order = history.order_of(require_identity().account_id, number)
    answer = jsonify(paid=order.paid_at is not None, url=url_for("shop.pay_done", number=number))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _onward(order: Order) -> Response:
    """Where the buyer of an order that no longer waits for money goes."""
    return redirect(url_for("shop.pay_done" if order.paid_at else "shop.order", number=order.number))


def _way(account_id: int) -> Way:
    """JSAPI in WeChat's browser, H5 on a phone, a QR code on anything else."""
    agent = request.user_agent.string
    if "MicroMessenger" in agent:
        openid = openid_of(account_id, appid_of(PaymentChannel.JSAPI))
        return Way(PaymentChannel.JSAPI, openid=openid) if openid else Way(PaymentChannel.NATIVE)
    if "Mobile" in agent:
        return Way(PaymentChannel.H5, client_ip=request.remote_addr or "127.0.0.1")
    return Way(PaymentChannel.NATIVE)


def _means(order: Order, opened: Opened) -> dict[str, Any]:
    """What the page offers: exactly one of WeChat's sheet, a link, a QR code."""
    if opened.parameters is not None:
        return {"jsapi": json.dumps(opened.parameters.for_browser())}
    url = opened.url or ""
    if opened.channel is PaymentChannel.H5:
        back = settings().public_base_url + url_for("shop.pay", number=order.number)
        return {"h5_url": f"{url}&redirect_url={quote(back, safe='')}"}
    return {"qr_url": _qr_data_url(url), "sandbox_url": _sandbox_cashier(url)}


def _sandbox_cashier(code_url: str) -> str | None:
    """Where the pretend WeChat shows its cashier for a code, for people without a second phone. None in production."""
    if settings().is_production:
        return None
    return f"{settings().wechat_pay_base}/cashier/native?{urlsplit(code_url).query}"


def _page(order: Order, **means: Any) -> str:
    return render_template(
        "shop/pay.html",
        heading=gettext("付款"),
        order=order,
        poll_url=url_for("shop.is_paid", number=order.number),
        **means,
    )


def _qr_data_url(text: str) -> str:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2, mask_pattern=3)
    code.add_data(text)
    out = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(out)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
