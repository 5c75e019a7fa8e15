"""A workshop's own merchant number at WeChat Pay: changed by the operator, kept in history, told to WeChat by a job."""

from __future__ import annotations

import re

from sqlalchemy import select

from core.db import db
from core.errors import DomainError, InvalidInput
from core.settings import settings
from domain.payments import receivers
from domain.settlement.models import WorkshopMerchant
from domain.workshops.models import Workshop

_MCHID = re.compile(r"[0-9]{8,10}")


class MerchantNumberTaken(DomainError):
    """Another workshop has it, or it is the cluster's own."""

    message = "这个商户号已经用在别处了"


def enter_merchant(workshop: Workshop, *, mchid: str, name: str, by: str) -> None:
    """From now on shares go to this merchant; both empty: the workshop has none. InvalidInput, MerchantNumberTaken."""
    mchid, name = mchid.strip(), name.strip()
    faults = {}
    if (mchid or name) and not _MCHID.fullmatch(mchid):
        faults["mchid"] = "商户号是 8 到 10 位数字"
    if mchid and not 2 <= len(name) <= 60:
        faults["mch_name"] = "请填写商户全称，2 到 60 个字"
    if faults:
        raise InvalidInput(faults)
    db.session.refresh(workshop, with_for_update=True)
    if (workshop.wechat_mchid, workshop.wechat_mch_name) == (mchid or None, name):
        return
    taken = select(Workshop.id).where(Workshop.wechat_mchid == mchid, Workshop.id != workshop.id)
    if mchid and (mchid == settings().wechat_pay_mchid or db.session.scalar(taken) is not None):
        raise MerchantNumberTaken
    workshop.wechat_mchid, workshop.wechat_mch_name = mchid or None, name
    db.session.add(WorkshopMerchant(workshop_id=workshop.id, mchid=mchid or None, name=name, by=by))
    db.session.flush()
    receivers.register(workshop.id, workshop.wechat_mchid, name, by=by)


def merchants_of(workshop: Workshop) -> list[WorkshopMerchant]:
    """Its merchant numbers through time, newest first."""
    mine = select(WorkshopMerchant).filter_by(workshop_id=workshop.id).order_by(WorkshopMerchant.id.desc())
    return list(db.session.scalars(mine))
