"""The cashier: one phone page behind three kinds of doors, on which a person pays, fails, or thinks better of it."""

from flask import Blueprint, Response, make_response, render_template, request

from sandbox import orders, people
from sandbox.addresses import is_web_address
from sandbox.cashier.doors import BadPaySign, check_pay_sign, package_of
from sandbox.phone.owner import chosen_person, owner, remember
from sandbox.rows import Order, Person, Prepay
from sandbox.world import world

blueprint = Blueprint("cashier", __name__)

H5_PARAMETERS = {"prepay_id", "package", "redirect_url"}


class BadDoor(Exception):
    """The address of the cashier is not one WeChat would open."""


@blueprint.errorhandler(BadDoor)
@blueprint.errorhandler(BadPaySign)
@blueprint.errorhandler(orders.WrongPayer)
def refuse(error: Exception) -> tuple[str, int]:
    return _result("fail", "支付失败", str(error)), 400


@blueprint.errorhandler(orders.DoorClosed)
@blueprint.errorhandler(orders.OrderClosed)
def refuse_late(error: Exception) -> tuple[str, int]:
    return _result("expired", "无法支付", str(error)), 410


@blueprint.errorhandler(orders.OrderPaid)
def refuse_again(error: Exception) -> tuple[str, int]:
    return _result("paid", "已支付", "这笔订单已经付过了，不会重复扣款"), 409


@blueprint.route("/cashier/native", methods=["GET", "POST"])
def native() -> Response:
    return _serve(request.args.get("pr", ""), "native")


@blueprint.route("/cashier/jsapi", methods=["GET", "POST"])
def jsapi() -> Response:
    """Opened by the shim of WeixinJSBridge, or by hand; the signature is checked before anything is shown."""
    handle = package_of(request.args)
    check_pay_sign(world().keys, orders.behind_door(world().till, handle), request.args)
    return _serve(handle, "jsapi")


@blueprint.route("/cgi-bin/mmpayweb-bin/checkmweb", methods=["GET", "POST"])
def h5() -> Response:
    """What an h5_url opens; the merchant may add redirect_url and nothing else."""
    if set(request.args) - H5_PARAMETERS:
        raise BadDoor("h5_url 只能追加 redirect_url 参数")
    handle = request.args.get("prepay_id", "")
    door = world().store.get(Prepay, handle)
    if door is None or door.package != request.args.get("package"):
        raise BadDoor("商家参数格式有误，请联系商家解决")
    return _serve(handle, "h5")


def _serve(handle: str, endpoint: str) -> Response:
    door = world().store.get(Prepay, handle)
    if door is not None and door.endpoint != endpoint:
        raise BadDoor("支付方式不符")
    order = orders.behind_door(world().till, handle)
    if request.method == "GET" or order.trade_state != "NOTPAY":
        return _show(order)
    act = request.form.get("act", "")
    if act == "cancel":
        return make_response(_result("cancel", "已取消支付", "订单还在，可以回到商家再次支付", order))
    if act == "wrong_password":
        return _show(order, "支付密码错误，请重试")
    if act != "pay":
        raise BadDoor("没有这个操作")
    person = chosen_person() or _default_payer(order)
    paid = orders.pay(world().till, handle, person)
    return remember(make_response(_result("ok", "支付成功", "", paid)), person)


def _show(order: Order, complaint: str = "") -> Response:
    if order.trade_state == "SUCCESS":
        return make_response(_result("paid", "已支付", "", order))
    everybody = people.everybody(world().store)
    payer = _default_payer(order)
    page = render_template(
        "cashier/pay.html",
        order=order,
        merchant=_merchant(order),
        subs=_subs(order),
        everybody=everybody,
        payer=payer,
        complaint=complaint,
        back=_back(),
    )
    return make_response(page)


def _default_payer(order: Order) -> Person:
    """The person the order names; without one, this phone's owner."""
    openid = order.request.get("payer", {}).get("openid", "")
    return people.find_by_openid(world().store, order.request["appid"], openid) or owner()


def _result(result: str, heading: str, words: str, order: Order | None = None) -> str:
    merchant = _merchant(order) if order else world().keys.merchant_name
    return render_template(
        "cashier/result.html", result=result, heading=heading, words=words, order=order, merchant=merchant, back=_back()
    )


def _merchant(order: Order) -> str:
    return world().keys.merchant_of(order.mchid).name


def _subs(order: Order) -> list[tuple[str, Order]]:
    """A combined order's sub-orders with their merchants' names."""
    found = [orders.find(world().till, number) for number in order.subs]
    return [(_merchant(sub), sub) for sub in found]


def _back() -> str:
    """The merchant's redirect_url when it is an address a browser may follow."""
    address = request.args.get("redirect_url", "")
    return address if is_web_address(address) else ""
