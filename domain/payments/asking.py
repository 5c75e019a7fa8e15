"""Asking WeChat about payments that are still open, so that money is found although its notice was lost."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select

from core.clock import now
from core.db import db
from domain.payments import dividing
from domain.payments.models import Payment
from gateways.wechat_pay.errors import (
    PaymentUnknown,
    WechatPayNotConfigured,
    WechatPayRefused,
    WechatPayUnavailable,
)

log = structlog.get_logger(__name__)
# Less than the minute between two runs, so that each run finds every open payment due again.
PAUSE = timedelta(seconds=50)
MOST_AT_ONCE = 300


def take_due() -> list[str]:
    """Numbers of payments to ask about now, the longest waiting first, at most `MOST_AT_ONCE`; each for a minute."""
    due = select(Payment).where(Payment.ask_at <= now()).order_by(Payment.ask_at).limit(MOST_AT_ONCE)
    payments = list(db.session.scalars(due.with_for_update(skip_locked=True, key_share=True)))
    for payment in payments:
        payment.ask_at = now() + PAUSE
    return [payment.out_trade_no for payment in payments]


def ask(out_trade_no: str) -> dividing.Told | None:
    """The payment as WeChat tells it if money came; None when it didn't, or when WeChat can't be asked now."""
    try:
        told = dividing.query(db.session.scalars(select(Payment).filter_by(out_trade_no=out_trade_no)).one())
    except PaymentUnknown:
        return None
    except (WechatPayUnavailable, WechatPayRefused, WechatPayNotConfigured) as fault:
        log.warning("payment_not_asked", out_trade_no=out_trade_no, fault=fault.code)
        return None
    return told if dividing.money_came(told) else None
