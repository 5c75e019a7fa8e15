"""What a buyer does with their case: withdraw it, or send the goods back."""

from __future__ import annotations

from domain.aftersale.models import AftersaleCase, CaseStatus, Side
from domain.aftersale.moves import lock_case, move
from domain.aftersale.reading import case_of
from gateways.carriers.catalog import check_shipment

BY = "buyer"


def withdraw(account_id: int, number: str) -> AftersaleCase:
    """Give one's own case up. NotFound, TransitionRefused once goods or money are on their way."""
    case = lock_case(case_of(account_id, number).id)
    move(case, CaseStatus.WITHDRAWN, Side.BUYER, BY)
    return case


def send_goods(account_id: int, number: str, carrier_code: str, tracking_number: str) -> AftersaleCase:
    """The goods are on their way back. InvalidInput names `carrier_code` or `tracking_number`; TransitionRefused."""
    case = lock_case(case_of(account_id, number).id)
    carrier, tracking = check_shipment(carrier_code, tracking_number)
    move(case, CaseStatus.GOODS_SENT, Side.BUYER, BY, f"{carrier.name} {tracking}")
    case.return_carrier, case.return_number = carrier.code, tracking
    return case
