"""Combined payment (合单): which merchant gets what of an order, and which lines and freights were paid to whom."""

from __future__ import annotations

from sqlalchemy import select, update

from core.db import db
from core.errors import DomainError
from core.settings import SettlementMode, settings
from domain.orders.models import Order, OrderFreight, OrderLine
from domain.payments import merchants
from domain.payments.dividing import MOST_PARTS, Share, parts_of
from domain.payments.models import Payment
from domain.workshops.models import Workshop


class TooManyMerchants(DomainError):
    """WeChat pays no more than ten merchants at once."""

    message = "一次付款最多 10 家商户，这个订单分属 %(count)s 家：请取消后分成几单购买"


def shares_of(order: Order, description: str) -> tuple[Share, ...]:
    """Who gets what of an unpaid order; empty when all of it is the cluster's, or payments aren't combined.

    A workshop whose merchant can take payments gets its lines and its freight; all others' go to the cluster. Raises
    TooManyMerchants.
    """
    if settings().settlement_mode is not SettlementMode.COMBINED:
        return ()
    sums = _sums(order)
    mchids = _mchids(set(sums))
    own = {workshop_id: fen for workshop_id, fen in sums.items() if workshop_id in mchids and fen}
    if not own:
        return ()
    shares = [Share(key, mchids[key], fen, description) for key, fen in sorted(own.items())]
    rest = order.total_fen - sum(own.values())
    if rest:
        shares.append(Share(None, settings().wechat_pay_mchid, rest, description))
    if len(shares) > MOST_PARTS:
        raise TooManyMerchants(count=len(shares))
    return tuple(shares)


def note_receivers(order: Order, payment: Payment) -> None:
    """Write on the lines and freights of an order just paid whose own merchant got the money for each.

    Before any line is given to another maker: the money stays where it went.
    """
    receivers = [part.workshop_id for part in parts_of(payment) if part.workshop_id is not None]
    if not receivers:
        return
    for table in (OrderLine, OrderFreight):
        paid = update(table).where(table.order_id == order.id, table.workshop_id.in_(receivers))
        db.session.execute(paid.values(paid_to_workshop_id=table.workshop_id))


def _sums(order: Order) -> dict[int, int]:
    sums: dict[int, int] = {}
    for line in order.lines:
        sums[line.workshop_id] = sums.get(line.workshop_id, 0) + line.paid_fen
    for freight in order.freights:
        sums[freight.workshop_id] = sums.get(freight.workshop_id, 0) + freight.freight_fen
    return sums


def _mchids(workshop_ids: set[int]) -> dict[int, str]:
    """Merchants of these workshops that can take a payment now, by workshop."""
    named = select(Workshop.id, Workshop.wechat_mchid).where(
        Workshop.id.in_(workshop_ids),
        Workshop.wechat_mchid.is_not(None),
        Workshop.wechat_mchid != settings().wechat_pay_mchid,
    )
    found = {row[0]: str(row[1]) for row in db.session.execute(named)}
    usable = merchants.usable(found.values())
    return {workshop_id: mchid for workshop_id, mchid in found.items() if mchid in usable}
