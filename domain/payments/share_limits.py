"""How much of a payment may be shared, and when: WeChat's limits as arithmetic and errors. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from core.errors import DomainError
from domain.payments.share_models import WINDOW

SOONEST = timedelta(minutes=1)
RETURN_WINDOW = timedelta(days=180)
MOST_REQUESTS = 50
MOST_RECEIVERS = 50
MOST_RETURNS = 50


class ShareTooEarly(DomainError):
    message = "付款一分钟以后才能分账"


class ShareWindowOver(DomainError):
    message = "付款已满三十天，不能再分账"


class ShareOverCap(DomainError):
    """More than the cap on all shares of one payment."""

    message = "分账金额超过了上限"


class TooManyShareRequests(DomainError):
    message = "一笔付款最多请求五十次分账"


class TooManyShareReceivers(DomainError):
    message = "一次分账最多五十个接收方"


class ShareReceiverTwice(DomainError):
    message = "同一次分账里一个商户号只能出现一次"


class ShareReceiverUnknown(DomainError):
    """The merchant was not added as a receiver at WeChat."""

    message = "这个商户号还没有添加为分账接收方"


def cap_fen(paid_fen: int, fee_fen: int, basis_points: int) -> int:
    """The most that all shares of a payment may come to: so many 1/10000 of what is left after the fee, rounded down."""
    return max(0, paid_fen - fee_fen) * basis_points // 10_000


def divide(wanted: Mapping[int, int], most_fen: int) -> dict[int, int]:
    """What each gets when all together get no more than `most_fen`: in proportion, by largest remainder (ties by key).

    Nobody gets more than they wanted; who would get nothing is left out.
    """
    wishes = {key: fen for key, fen in sorted(wanted.items()) if fen > 0}
    total = sum(wishes.values())
    given = min(total, max(0, most_fen))
    if not given:
        return {}
    shares = {key: fen * given // total for key, fen in wishes.items()}
    left = given - sum(shares.values())
    for key in sorted(wishes, key=lambda key: (-(wishes[key] * given % total), key))[:left]:
        shares[key] += 1
    return {key: fen for key, fen in shares.items() if fen}


def check_window(paid_at: datetime, at: datetime) -> None:
    """Raise ShareTooEarly or ShareWindowOver."""
    if at < paid_at + SOONEST:
        raise ShareTooEarly
    if at >= paid_at + WINDOW:
        raise ShareWindowOver


def check_request(mchids: Collection[str], known: Collection[str], requests_before: int) -> None:
    """Raise what WeChat would refuse a request to these merchants for; `known` were added as receivers."""
    if requests_before >= MOST_REQUESTS:
        raise TooManyShareRequests
    if not 1 <= len(mchids) <= MOST_RECEIVERS:
        raise TooManyShareReceivers
    if len(set(mchids)) < len(mchids):
        raise ShareReceiverTwice
    for mchid in mchids:
        if mchid not in known:
            raise ShareReceiverUnknown(mchid=mchid)
