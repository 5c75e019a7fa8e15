"""What each side may do with a case now: asked by every screen, so that no client holds the rules."""

from __future__ import annotations

from enum import StrEnum

from domain.aftersale.models import AftersaleCase, CaseStatus, Side


class CaseAction(StrEnum):
    WITHDRAW = "withdraw"
    SEND_GOODS = "send_goods"
    APPROVE = "approve"
    REFUSE = "refuse"
    CONFIRM_GOODS = "confirm_goods"
    ASK_OPERATOR = "ask_operator"
    ARBITRATE = "arbitrate"
    SAY = "say"


_MOVES: dict[Side, dict[CaseStatus, list[CaseAction]]] = {
    Side.BUYER: {
        CaseStatus.APPLIED: [CaseAction.WITHDRAW],
        CaseStatus.APPROVED: [CaseAction.SEND_GOODS, CaseAction.WITHDRAW],
        CaseStatus.REFUSED: [CaseAction.ASK_OPERATOR, CaseAction.WITHDRAW],
        CaseStatus.ARBITRATION: [CaseAction.WITHDRAW],
    },
    Side.OWNER: {
        CaseStatus.APPLIED: [CaseAction.APPROVE, CaseAction.REFUSE],
        CaseStatus.GOODS_SENT: [CaseAction.CONFIRM_GOODS, CaseAction.REFUSE],
        CaseStatus.REFUSED: [CaseAction.ASK_OPERATOR],
    },
    Side.OPERATOR: {CaseStatus.ARBITRATION: [CaseAction.ARBITRATE]},
}


def allowed_actions(case: AftersaleCase, side: Side) -> list[CaseAction]:
    """The actions of one side that would succeed at this moment."""
    moves = _MOVES.get(side, {}).get(CaseStatus(case.status), [])
    return [*moves, CaseAction.SAY] if case.is_open else []
