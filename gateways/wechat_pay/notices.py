"""Reading WeChat Pay's notices: believe nothing before the signature, and nothing that is not well formed after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateways.wechat_pay import parsing
from gateways.wechat_pay.combining import CombinedNotice
from gateways.wechat_pay.contract import Notice, OtherNotice, PaymentNotice, RefundNotice
from gateways.wechat_pay.errors import NoticeFault, NoticeRefused
from gateways.wechat_pay.verifying import ALGORITHM, PlatformKeys, SignatureFault, decipher


def read_notice(
    headers: Mapping[str, str], raw_body: bytes, *, keys: PlatformKeys, apiv3_key: bytes, mchid: str
) -> Notice:
    """The notice for merchant `mchid`, or NoticeRefused with the first reason found."""
    if raw_body.lstrip()[:1] == b"<":
        raise NoticeRefused(NoticeFault.V2_XML)
    try:
        keys.verify(headers, raw_body)
    except SignatureFault as fault:
        raise NoticeRefused(fault.reason) from None
    return _open_envelope(raw_body, apiv3_key, mchid)


def _open_envelope(raw_body: bytes, apiv3_key: bytes, mchid: str) -> Notice:
    try:
        envelope = parsing.parse_object(raw_body)
        notice_id, event_type = parsing.text(envelope, "id"), parsing.text(envelope, "event_type")
        sent_at = parsing.instant(envelope, "create_time")
        resource = parsing.object_at(envelope, "resource")
        algorithm, ciphertext = parsing.text(resource, "algorithm"), parsing.text(resource, "ciphertext")
        nonce = parsing.text(resource, "nonce")
        associated_data = parsing.optional_text(resource, "associated_data") or ""
        if parsing.text(envelope, "resource_type") != "encrypt-resource":
            raise ValueError("resource_type")
    except ValueError:
        raise NoticeRefused(NoticeFault.ENVELOPE_MALFORMED) from None
    if algorithm != ALGORITHM:
        raise NoticeRefused(NoticeFault.ALGORITHM_UNKNOWN)
    try:
        plain = decipher(apiv3_key, nonce=nonce, associated_data=associated_data, ciphertext=ciphertext)
    except ValueError:
        raise NoticeRefused(NoticeFault.UNDECIPHERABLE) from None
    try:
        content = parsing.parse_object(plain)
        told = parsing.optional_text(content, "combine_mchid") or parsing.optional_text(content, "mchid")
        if (told or mchid) != mchid:
            raise NoticeRefused(NoticeFault.OTHER_MERCHANT)
        return _by_kind(notice_id, event_type, sent_at, content, mchid)
    except ValueError:
        raise NoticeRefused(NoticeFault.CONTENT_MALFORMED) from None


def _by_kind(notice_id: str, event_type: str, sent_at: datetime, content: Mapping[str, Any], mchid: str) -> Notice:
    # A combined payment has the same event type, but sub-orders instead of one order.
    if event_type.startswith("TRANSACTION.") and "out_trade_no" in content:
        parsing.text(content, "mchid")
        return PaymentNotice(notice_id, event_type, sent_at, parsing.parse_payment(content, mchid))
    if event_type.startswith("TRANSACTION.") and "combine_out_trade_no" in content:
        return CombinedNotice(notice_id, event_type, sent_at, parsing.parse_combined(content))
    if event_type.startswith("REFUND."):
        return _refund(notice_id, event_type, sent_at, content)
    return OtherNotice(notice_id, event_type, sent_at, content)


def _refund(notice_id: str, event_type: str, sent_at: datetime, content: Mapping[str, Any]) -> RefundNotice:
    refund = parsing.parse_refund(content, state_at="refund_status")
    return RefundNotice(notice_id, event_type, sent_at, parsing.text(content, "mchid"), refund)
