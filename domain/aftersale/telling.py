"""What buyer and workshop are told when a case moves: each side of what another did. Money is told of with its refund."""

from __future__ import annotations

from core.clock import local
from domain.aftersale.models import AftersaleCase, CaseHistory, CaseStatus, Side
from domain.notifications.telling import Message, tell_account, tell_workshop

_TO_BUYER = {
    CaseStatus.APPROVED: ("售后已同意", "作坊同意了售后 %(number)s，请在 %(due)s 前把商品寄回"),
    CaseStatus.REFUSED: ("售后没有同意", "作坊没有同意售后 %(number)s，%(due)s 前可以申请平台裁决"),
    CaseStatus.ARBITRATION: ("售后由平台裁决", "售后 %(number)s 由平台裁决，请留意结果"),
    CaseStatus.CLOSED: ("售后已关闭", "售后 %(number)s 已关闭，没有退款"),
}
_TO_OWNER = {
    CaseStatus.APPLIED: ("新的售后", "买家申请了售后 %(number)s，请在 %(due)s 前答复，过时按同意处理"),
    CaseStatus.GOODS_SENT: ("退货已寄回", "售后 %(number)s 的商品已寄回，请在 %(due)s 前确认收货"),
    CaseStatus.REFUNDING: ("售后退款", "售后 %(number)s 的钱正在退给买家"),
    CaseStatus.ARBITRATION: ("售后由平台裁决", "售后 %(number)s 由平台裁决，请留意结果"),
    CaseStatus.WITHDRAWN: ("售后已撤回", "买家撤回了售后 %(number)s"),
    CaseStatus.CLOSED: ("售后已关闭", "售后 %(number)s 已关闭，没有退款"),
}


def tell_move(case: AftersaleCase, move: CaseHistory) -> None:
    """A move, told to each side that didn't make it; once. A mere word is told to nobody."""
    if move.from_status == move.to_status:
        return
    status = CaseStatus(move.to_status)
    params = {"number": case.number, "due": local(case.due_at).strftime("%Y-%m-%d %H:%M") if case.due_at else ""}
    # Approved without goods to come back, it goes on to the refund at once.
    waits = status != CaseStatus.APPROVED or case.wants_goods_back
    if status in _TO_BUYER and move.side != Side.BUYER and waits:
        path = f"/aftersale/{case.number}"
        tell_account(case.account_id, Message(f"case/{move.id}/buyer", "case", *_TO_BUYER[status], path, params))
    if status in _TO_OWNER and move.side != Side.OWNER:
        path = f"/workshop/aftersale/{case.number}"
        tell_workshop(case.workshop_id, Message(f"case/{move.id}/owner", "case", *_TO_OWNER[status], path, params))
