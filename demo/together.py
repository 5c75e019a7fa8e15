"""A pretend person who opens a group (拼团), so that a visitor of the demo finds one that lacks a single person."""

from __future__ import annotations

from sqlalchemy import select

from core.clock import now
from core.db import db
from domain.cart import direct, totals
from domain.groups.joining import Wish
from domain.orders import paying, placing
from domain.payments.models import PaymentChannel
from domain.payments.opening import Way
from domain.promotions.models import GroupBuy, PromotionStatus
from domain.promotions.offers import group_terms_of
from domain.shipping.models import Address


def open_group(account_id: int, address: Address) -> tuple[str, str] | None:
    """An order that opens a group of the demo's offer: its number, and the code to pay it at the pretend WeChat. None without an
    offer, or when the person has all they may have of it."""
    offer = db.session.scalars(select(GroupBuy).filter_by(status=PromotionStatus.ACTIVE).order_by(GroupBuy.id)).first()
    if offer is None or group_terms_of(offer.id, account_id, to_join=False) is None:
        return None
    wish = Wish(offer.id)
    basket = direct.group_totals(account_id, wish, totals.Choices(address.destination))
    request = placing.Request(address, basket.total_fen, f"demo-group-{now().timestamp():.0f}", group=wish)
    order = placing.place_order(account_id, request)
    return order.number, paying.open_payment(account_id, order, Way(PaymentChannel.NATIVE)).url or ""
