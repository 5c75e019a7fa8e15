"""Profit sharing (分账) over the network: the same calls, checks and errors as the client's, for frozen payments."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP

from gateways.wechat_pay import parsing
from gateways.wechat_pay.errors import (
    ShareReceiverRefused,
    ShareUnknown,
    WechatPayNotConfigured,
    WechatPayRefused,
    WechatPayUnavailable,
    WechatPayUntrusted,
)
from gateways.wechat_pay.sharing_contract import (
    ReturnResult,
    ReturnWish,
    Share,
    ShareAccount,
    ShareReceiver,
    ShareResult,
    ShareReturn,
    ShareState,
    ShareWish,
    UnfreezeWish,
)
from gateways.wechat_pay.verifying import PlatformKeys

_PATH = "/v3/profitsharing"
_MERCHANT = "MERCHANT_ID"
# What a workshop is to the cluster, in WeChat's list of relations.
_RELATION = "SUPPLIER"


class Call(Protocol):
    """A signed call whose answer was verified (`LiveWechatPay`)."""

    def __call__(
        self, method: str, path: str, *, params: dict[str, str] | None = None,
        body: Mapping[str, Any] | None = None, serial: str | None = None,
    ) -> Mapping[str, Any]: ...  # fmt: skip


class LiveProfitSharing:
    """`gateways.wechat_pay.sharing_contract.ProfitSharing` by the calls of a client."""

    def __init__(self, call: Call, keys: PlatformKeys) -> None:
        self._call, self._keys = call, keys

    def add_receiver(self, account: ShareAccount) -> None:
        name, serial = self._seal(account.name)
        body = {
            "appid": account.appid,
            "type": _MERCHANT,
            "account": account.mchid,
            "name": name,
            "relation_type": _RELATION,
        }
        try:
            self._call("POST", f"{_PATH}/receivers/add", body=body, serial=serial)
        except WechatPayRefused as refusal:
            if refusal.params.get("reason") in {"PARAM_ERROR", "INVALID_REQUEST"}:
                raise ShareReceiverRefused(**refusal.params) from None
            raise

    def remove_receiver(self, appid: str, mchid: str) -> None:
        body = {"appid": appid, "type": _MERCHANT, "account": mchid}
        try:
            self._call("POST", f"{_PATH}/receivers/delete", body=body)
        except WechatPayRefused as refusal:
            if refusal.params.get("reason") != "INVALID_REQUEST":
                raise

    def share(self, wish: ShareWish) -> Share:
        receivers = [
            {"type": _MERCHANT, "account": mchid, "amount": fen, "description": wish.description}
            for mchid, fen in wish.amounts.items()
        ]
        body = {
            "appid": wish.appid,
            "transaction_id": wish.transaction_id,
            "out_order_no": wish.out_order_no,
            "receivers": receivers,
            "unfreeze_unsplit": False,
        }
        return _share_told(self._call("POST", f"{_PATH}/orders", body=body), wish.transaction_id, wish.out_order_no)

    def query_share(self, transaction_id: str, out_order_no: str) -> Share:
        params = {"transaction_id": transaction_id}
        answer = self._asked(f"{_PATH}/orders/{_segment(out_order_no)}", params)
        return _share_told(answer, transaction_id, out_order_no)

    def unfreeze(self, wish: UnfreezeWish) -> Share:
        body = {
            "transaction_id": wish.transaction_id,
            "out_order_no": wish.out_order_no,
            "description": wish.description,
        }
        answer = self._call("POST", f"{_PATH}/orders/unfreeze", body=body)
        return _share_told(answer, wish.transaction_id, wish.out_order_no)

    def give_back(self, wish: ReturnWish) -> ShareReturn:
        body = {
            "out_order_no": wish.out_order_no,
            "out_return_no": wish.out_return_no,
            "return_mchid": wish.mchid,
            "amount": wish.amount_fen,
            "description": wish.description,
        }
        return _return_told(self._call("POST", f"{_PATH}/return-orders", body=body), wish.out_return_no)

    def query_return(self, out_order_no: str, out_return_no: str) -> ShareReturn:
        params = {"out_order_no": out_order_no}
        return _return_told(self._asked(f"{_PATH}/return-orders/{_segment(out_return_no)}", params), out_return_no)

    def frozen_fen(self, transaction_id: str) -> int:
        answer = self._call("GET", f"{_PATH}/transactions/{_segment(transaction_id)}/amounts")
        try:
            return parsing.whole(answer, "unsplit_amount")
        except ValueError as error:
            raise WechatPayUnavailable(reason=str(error)) from None

    def _asked(self, path: str, params: dict[str, str]) -> Mapping[str, Any]:
        try:
            return self._call("GET", path, params=params)
        except WechatPayRefused as refusal:
            if refusal.params.get("reason") == "RESOURCE_NOT_EXISTS":
                raise ShareUnknown(**refusal.params) from None
            raise

    def _seal(self, name: str) -> tuple[str, str]:
        """A name only WeChat can read (RSA-OAEP with SHA-1), and the serial of the key it was sealed with."""
        key = self._keys.newest()
        if key is None:
            raise WechatPayNotConfigured(setting="WECHAT_PAY_PUBLIC_KEY_ID")
        oaep = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
        return base64.b64encode(key.public_key.encrypt(name.encode(), oaep)).decode(), key.serial


def _share_told(answer: Mapping[str, Any], transaction_id: str, out_order_no: str) -> Share:
    try:
        share = Share(
            order_id=parsing.text(answer, "order_id"),
            out_order_no=parsing.text(answer, "out_order_no"),
            transaction_id=parsing.text(answer, "transaction_id"),
            state=ShareState(parsing.text(answer, "state")),
            receivers=tuple(_receiver(each) for each in answer.get("receivers") or ()),
        )
    except ValueError as error:
        raise WechatPayUnavailable(reason=str(error)) from None
    if (share.transaction_id, share.out_order_no) != (transaction_id, out_order_no):
        raise WechatPayUntrusted(reason="another share")
    return share


def _receiver(content: Mapping[str, Any]) -> ShareReceiver:
    if not isinstance(content, dict):
        raise ValueError("receivers must be objects")
    return ShareReceiver(
        mchid=parsing.text(content, "account"),
        amount_fen=parsing.whole(content, "amount"),
        result=ShareResult(parsing.text(content, "result")),
        fail_reason=parsing.optional_text(content, "fail_reason"),
        detail_id=parsing.optional_text(content, "detail_id"),
        finished_at=parsing.optional_instant(content, "finish_time"),
    )


def _return_told(answer: Mapping[str, Any], out_return_no: str) -> ShareReturn:
    try:
        told = ShareReturn(
            return_id=parsing.text(answer, "return_id"),
            out_order_no=parsing.text(answer, "out_order_no"),
            out_return_no=parsing.text(answer, "out_return_no"),
            mchid=parsing.text(answer, "return_mchid"),
            amount_fen=parsing.whole(answer, "amount"),
            result=ReturnResult(parsing.text(answer, "result")),
            fail_reason=parsing.optional_text(answer, "fail_reason"),
            finished_at=parsing.optional_instant(answer, "finish_time"),
        )
    except ValueError as error:
        raise WechatPayUnavailable(reason=str(error)) from None
    if told.out_return_no != out_return_no:
        raise WechatPayUntrusted(reason="another return")
    return told


def _segment(number: str) -> str:
    if not (number.isascii() and number.isalnum()):
        raise ValueError("a number in an address must be of [0-9A-Za-z]")
    return number
