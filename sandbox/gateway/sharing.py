"""Profit sharing (分账) of Pay APIv3: receivers, requests, unfreezing, returns, what is left to share."""

from flask import Response, request

from sandbox import orders, sharing
from sandbox.gateway.errors import PayError, bad_field
from sandbox.gateway.shape import Choice, Flag, Many, Shape, Text, Thing, Whole
from sandbox.gateway.views import answer, blueprint, json_body, refuse
from sandbox.rows import ShareAccount
from sandbox.world import world

PATH = "/profitsharing"
KINDS = Choice(("MERCHANT_ID", "PERSONAL_OPENID"))
RELATIONS = (
    "STORE", "STAFF", "STORE_OWNER", "PARTNER", "HEADQUARTER", "BRAND", "DISTRIBUTOR", "USER", "SUPPLIER", "CUSTOM",
)  # fmt: skip
NUMBER = Text(64, pattern=r"[0-9A-Za-z_\-|*@]+")
_ACCOUNT: dict[str, Shape] = {"appid": Text(32), "type": KINDS, "account": Text(64)}
ADD_FORM = Thing(
    required=_ACCOUNT | {"relation_type": Choice(RELATIONS)},
    optional={"name": Text(10240), "custom_relation": Text(10)},
)
DELETE_FORM = Thing(required=_ACCOUNT)
_RECEIVER = Thing(
    required={"type": KINDS, "account": Text(64), "amount": Whole(1), "description": Text(80)},
    optional={"name": Text(10240)},
)
SHARE_FORM = Thing(
    required={
        "appid": Text(32), "transaction_id": Text(32), "out_order_no": NUMBER,
        "receivers": Many(_RECEIVER, most=50), "unfreeze_unsplit": Flag(),
    },
)  # fmt: skip
UNFREEZE_FORM = Thing(required={"transaction_id": Text(32), "out_order_no": NUMBER, "description": Text(80)})
RETURN_FORM = Thing(
    required={"out_return_no": NUMBER, "return_mchid": Text(32), "amount": Whole(1), "description": Text(80)},
    optional={"order_id": Text(64), "out_order_no": NUMBER},
)


@blueprint.errorhandler(sharing.SharingRefused)
def refuse_sharing(error: sharing.SharingRefused) -> Response:
    return refuse(PayError(*error.args))


@blueprint.errorhandler(sharing.SharingUnknown)
def unknown_sharing(error: sharing.SharingUnknown) -> Response:
    return refuse(PayError(404, "RESOURCE_NOT_EXISTS", "分账单不存在"))


@blueprint.post(f"{PATH}/receivers/add")
def add_receiver() -> Response:
    body = json_body()
    ADD_FORM.check(body, "")
    _check_appid(body["appid"])
    if body["relation_type"] == "CUSTOM" and "custom_relation" not in body:
        raise bad_field("/custom_relation", "", "必填参数缺失")
    name = _open_name(body.get("name", ""))
    if body["type"] == "MERCHANT_ID" and not name:
        raise bad_field("/name", "", "商户全称必填")
    account = ShareAccount(body["appid"], body["type"], body["account"], body["relation_type"], name)
    sharing.add_account(world().till, account)
    told = {"type": account.type, "account": account.account, "relation_type": account.relation}
    return answer(200, told | ({"name": body["name"]} if name else {}))


@blueprint.post(f"{PATH}/receivers/delete")
def delete_receiver() -> Response:
    body = json_body()
    DELETE_FORM.check(body, "")
    sharing.remove_account(world().till, body["appid"], body["type"], body["account"])
    return answer(200, {"type": body["type"], "account": body["account"]})


@blueprint.post(f"{PATH}/orders")
def share() -> Response:
    body = json_body()
    SHARE_FORM.check(body, "")
    _check_appid(body["appid"])
    for receiver in body["receivers"]:
        _open_name(receiver.get("name", ""))
    till = world().till
    return answer(200, sharing.told(till, sharing.ask(till, body)))


@blueprint.get(f"{PATH}/orders/<out_order_no>")
def query_share(out_order_no: str) -> Response:
    till = world().till
    return answer(200, sharing.told(till, sharing.find(till, out_order_no, _asked("transaction_id"))))


@blueprint.post(f"{PATH}/orders/unfreeze")
def unfreeze() -> Response:
    body = json_body()
    UNFREEZE_FORM.check(body, "")
    till = world().till
    return answer(200, sharing.told(till, sharing.unfreeze(till, body)))


@blueprint.post(f"{PATH}/return-orders")
def give_back() -> Response:
    body = json_body()
    RETURN_FORM.check(body, "")
    if ("order_id" in body) == ("out_order_no" in body):
        raise bad_field("/out_order_no", "", "order_id 与 out_order_no 二选一")
    till = world().till
    return answer(200, sharing.told_return(till, sharing.ask_return(till, body)))


@blueprint.get(f"{PATH}/return-orders/<out_return_no>")
def query_return(out_return_no: str) -> Response:
    till = world().till
    return answer(200, sharing.told_return(till, sharing.find_return(till, out_return_no, _asked("out_order_no"))))


@blueprint.get(f"{PATH}/transactions/<transaction_id>/amounts")
def amounts(transaction_id: str) -> Response:
    till = world().till
    left = sharing.frozen_fen(till, orders.find_transaction(till, transaction_id))
    return answer(200, {"transaction_id": transaction_id, "unsplit_amount": left})


def _asked(name: str) -> str:
    value = request.args.get(name, "")
    if not value:
        raise bad_field(f"/{name}", "", "必填参数缺失", location="query")
    return value


def _check_appid(appid: str) -> None:
    if world().keys.app_by_id(appid) is None:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")


def _open_name(sealed: str) -> str:
    """The name behind the cipher, which must be for the key that Wechatpay-Serial names."""
    if not sealed:
        return ""
    serial = request.headers.get("Wechatpay-Serial", "")
    try:
        return world().keys.open_field(sealed, serial)
    except (KeyError, ValueError):
        raise bad_field("/name", "", "解密失败，请用 Wechatpay-Serial 指明的公钥加密") from None
