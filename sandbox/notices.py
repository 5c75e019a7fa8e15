"""What a notice of a payment or a refund says, and how one sending of it is sealed and signed, without the network."""

import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.clock import real_second
from sandbox.faults import Faults
from sandbox.keyring import SIGNATURE_TYPE, Keyring, sign_with, stranger_key
from sandbox.rows import Notice, Order, Refund

BEIJING = timezone(timedelta(hours=8))
TRADE_TYPES = {"jsapi": "JSAPI", "native": "NATIVE", "h5": "MWEB", "app": "APP"}
STALE_SECONDS = 600


@dataclass(frozen=True)
class Parcel:
    """One sending, ready for the wire. signed_text is what the signature covers."""

    headers: dict[str, str]
    body: str
    signed_text: str


def wechat_time(moment: datetime) -> str:
    """RFC 3339 in Beijing time, to the second."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def payment_content(order: Order, keys: Keyring) -> dict[str, Any]:
    """The plain resource of TRANSACTION.SUCCESS; the same fields answer a query of a paid order."""
    assert order.paid_at is not None
    content: dict[str, Any] = {
        "mchid": order.mchid or keys.mchid,
        "appid": order.request["appid"],
        "out_trade_no": order.out_trade_no,
        "transaction_id": order.transaction_id,
        "trade_type": TRADE_TYPES[order.endpoint],
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": order.request.get("attach", ""),
        "success_time": wechat_time(order.paid_at),
        "payer": {"openid": order.payer_openid},
        "amount": {
            "total": order.total_fen,
            "payer_total": order.total_fen,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
    device = order.request.get("scene_info", {}).get("device_id")
    return content | ({"scene_info": {"device_id": device}} if device else {})


def combined_content(order: Order, subs: Sequence[Order], keys: Keyring) -> dict[str, Any]:
    """The plain resource of a combined payment: one notice for all sub-orders; a query answers the same."""
    return {
        "combine_appid": order.request["appid"],
        "combine_mchid": order.mchid or keys.mchid,
        "combine_out_trade_no": order.out_trade_no,
        "combine_payer_info": {"openid": order.payer_openid} if order.payer_openid else {},
        "sub_orders": [sub_content(sub, keys) for sub in subs],
    }


def sub_content(sub: Order, keys: Keyring) -> dict[str, Any]:
    """One sub-order as combined calls tell it; money and number of WeChat are there only once it is paid."""
    content: dict[str, Any] = {
        "mchid": sub.mchid or keys.mchid,
        "out_trade_no": sub.out_trade_no,
        "trade_state": sub.trade_state,
        "attach": sub.request["attach"],
        "amount": {"total_amount": sub.total_fen, "currency": "CNY"},
    }
    if sub.paid_at is None:
        return content
    return content | {
        "trade_type": TRADE_TYPES[sub.endpoint],
        "bank_type": "OTHERS",
        "transaction_id": sub.transaction_id,
        "success_time": wechat_time(sub.paid_at),
        "amount": content["amount"] | {"payer_amount": sub.total_fen, "payer_currency": "CNY"},
    }


def write_notice(order: Order, keys: Keyring, due_at: datetime, subs: Sequence[Order] = ()) -> Notice:
    """The notice that a payment causes; its body stays the same bytes at every sending."""
    assert order.paid_at is not None
    notice_id = str(uuid.uuid4())
    content = combined_content(order, subs, keys) if subs else payment_content(order, keys)
    return Notice(
        id=notice_id,
        out_trade_no=order.out_trade_no,
        notify_url=order.request["notify_url"],
        content=content,
        body=envelope(keys, notice_id, order.paid_at, content),
        created_at=order.paid_at,
        due_at=due_at,
    )


def refund_content(order: Order, refund: Refund, keys: Keyring, state: str) -> dict[str, Any]:
    """The plain resource of REFUND.*; a query answers the same, but says `status` and no mchid."""
    content = {
        "mchid": order.mchid or keys.mchid,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": state,
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": order.total_fen,
            "refund": refund.amount_fen,
            "payer_total": order.total_fen,
            "payer_refund": refund.amount_fen,
        },
    }
    return content | ({"success_time": wechat_time(refund.settles_at)} if state == "SUCCESS" else {})


def write_refund_notice(order: Order, refund: Refund, keys: Keyring, due_at: datetime) -> Notice:
    """The notice that the end of a refund causes."""
    notice_id = str(uuid.uuid4())
    content = refund_content(order, refund, keys, refund.outcome)
    return Notice(
        id=notice_id,
        out_trade_no=order.out_trade_no,
        notify_url=refund.request["notify_url"],
        content=content,
        body=envelope(keys, notice_id, refund.settles_at, content, f"REFUND.{refund.outcome}"),
        created_at=refund.settles_at,
        due_at=due_at,
    )


def envelope(
    keys: Keyring,
    notice_id: str,
    created_at: datetime,
    content: dict[str, Any],
    event_type: str = "TRANSACTION.SUCCESS",
) -> str:
    """The body of a notice, its content sealed anew."""
    original = "refund" if event_type.startswith("REFUND.") else "transaction"
    mchid = str(content.get("combine_mchid") or content.get("mchid", ""))
    sealed = keys.seal(json.dumps(content, ensure_ascii=False, separators=(",", ":")), original, mchid)
    whole = {
        "id": notice_id,
        "create_time": wechat_time(created_at),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": "支付成功" if original == "transaction" else "退款结果",
        "resource": {"original_type": original, **sealed},
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def wrap(keys: Keyring, notice: Notice, faults: Faults) -> Parcel:
    """Sign one sending, with the faults that are on built in."""
    body = notice.body
    if faults.wrong_amount:
        kind = json.loads(body)["event_type"]
        body = envelope(keys, notice.id, notice.created_at, notice.content | _a_fen_more(notice.content), kind)
    serial = keys.certificates[0].serial if faults.certificate_signed else keys.public_key_id
    parcel = sign_parcel(keys, body, serial, real_second() - (STALE_SECONDS if faults.stale_timestamp else 0))
    if faults.unknown_serial:
        parcel = _signed_by_stranger(parcel)
    return Parcel(parcel.headers, tamper(parcel.body), parcel.signed_text) if faults.tampered else parcel


def _a_fen_more(content: dict[str, Any]) -> dict[str, Any]:
    """What differs when the amount is told a fen too high; of a combined payment, that of the last sub-order."""
    if "sub_orders" in content:
        *others, last = content["sub_orders"]
        amount = last["amount"] | {"total_amount": last["amount"]["total_amount"] + 1}
        return {"sub_orders": [*others, last | {"amount": amount}]}
    amount = content["amount"]
    return {"amount": amount | {"total": amount["total"] + 1, "payer_total": amount["payer_total"] + 1}}


def sign_parcel(keys: Keyring, body: str, serial: str, timestamp: int) -> Parcel:
    nonce = secrets.token_hex(16)
    text = f"{timestamp}\n{nonce}\n{body}\n"
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Mozilla/4.0",
        "Wechatpay-Timestamp": str(timestamp),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": keys.sign(text, serial),
        "Wechatpay-Signature-Type": SIGNATURE_TYPE,
    }
    return Parcel(headers, body, text)


def probe(parcel: Parcel) -> Parcel:
    """WeChat's own test of its merchants: a signature that is wrong on purpose."""
    signature = "WECHATPAY/SIGNTEST/" + parcel.headers["Wechatpay-Signature"][19:]
    return Parcel(parcel.headers | {"Wechatpay-Signature": signature}, parcel.body, parcel.signed_text)


def tamper(body: str) -> str:
    """One character of the ciphertext is another."""
    mark = '"ciphertext":"'
    place = body.index(mark) + len(mark)
    return body[:place] + ("B" if body[place] == "A" else "A") + body[place + 1 :]


def _signed_by_stranger(parcel: Parcel) -> Parcel:
    headers = parcel.headers | {
        "Wechatpay-Serial": secrets.token_hex(20).upper(),
        "Wechatpay-Signature": sign_with(stranger_key(), parcel.signed_text),
    }
    return Parcel(headers, parcel.body, parcel.signed_text)
