"""A pretend person who opens a group (拼团), so that a visitor of the demo finds one that lacks a single person."""

from __future__ import annotations

import httpx
from sqlalchemy import select

from core.clock import now
from core.db import db
from core.settings import settings
from domain.accounts.models import Account
from domain.accounts.signing_in import WechatPerson, account_of_wechat
from domain.cart import direct, totals
from domain.groups.joining import Wish
from domain.orders import paying, placing
from domain.payments.models import PaymentChannel
from domain.payments.opening import Way
from domain.promotions.models import GroupBuy, PromotionStatus
from domain.promotions.offers import group_terms_of
from domain.shipping.addresses import AddressFields, add_address
from domain.shipping.models import Address


def visitor(place: int) -> tuple[Account, Address]:
    """The account of a person of the pretend WeChat (by their place in its list), and where they live."""
    people = httpx.get(f"{settings().wechat_pay_base}/sandbox/people", timeout=10).json()["people"]
    person = people[place % len(people)]
    account = account_of_wechat(
        WechatPerson(settings().wechat_web_appid, f"demo-{person['unionid']}", person["unionid"], person["nickname"])
    )
    fields = AddressFields("顾客甲", "13800138000", "福建省", "厦门市", "思明区", "示例路 18 号")
    return account, add_address(account.id, fields)


def open_group() -> str:
    """An order that opens a group of the demo's offer: the code to pay at the pretend WeChat; empty without an offer."""
    offer = db.session.scalars(select(GroupBuy).filter_by(status=PromotionStatus.ACTIVE).order_by(GroupBuy.id)).first()
    if offer is None:
        return ""
    account, address = visitor(1)
    if group_terms_of(offer.id, account.id, to_join=False) is None:
        return ""
    wish = Wish(offer.id)
    basket = direct.group_totals(account.id, wish, totals.Choices(address.destination))
    request = placing.Request(address, basket.total_fen, f"demo-group-{now().timestamp():.0f}", group=wish)
    order = placing.place_order(account.id, request)
    return paying.open_payment(account.id, order, Way(PaymentChannel.NATIVE)).url or ""
