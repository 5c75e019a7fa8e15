"""A buyer asks for something about one line of their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert

from core.clock import now, today
from core.db import db
from core.errors import DomainError, InvalidInput
from core.numbers import order_number
from domain.aftersale.models import AftersaleCase, CaseKind, CaseStatus, Side
from domain.aftersale.moves import check_words, due_at, write_down
from domain.aftersale.rights import Rights, rights_of
from domain.fulfillment.reviewing import line_of
from domain.orders.history import order_of


class CaseOpen(DomainError):
    """The line has an open case already; `number` is its number."""

    message = "这件商品已有一个售后在处理"


class AftersaleNotPossible(DomainError):
    """Not of this kind, not any more (the window is over), or everything was given back."""

    message = "现在不能申请这种售后"


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for. `amount_fen` None: as much as the quantity is worth. `pictures` are stored pictures."""

    kind: CaseKind
    quantity: int
    text: str
    amount_fen: int | None = None
    pictures: Sequence[str] = ()


def apply(account_id: int, number: str, sku: str, wish: Application) -> AftersaleCase:
    """Open a case about the line of `sku` in the buyer's own order, which the workshop has to answer.

    Raises NotFound for another's order, CaseOpen, AftersaleNotPossible, InvalidInput on `kind`, `quantity`,
    `amount_fen`, `text` or `pictures`.
    """
    order = order_of(account_id, number)
    line = line_of(order, sku)
    rights = rights_of(order, line)
    if rights.open_number:
        raise CaseOpen(number=rights.open_number)
    if wish.kind not in rights.kinds:
        raise AftersaleNotPossible(kind=wish.kind.value)
    amount_fen = _check(rights, wish)
    row = insert(AftersaleCase).values(
        number=f"S{order_number(today())}",
        order_id=order.id,
        order_line_id=line.id,
        workshop_id=line.workshop_id,
        account_id=account_id,
        kind=wish.kind,
        quantity=wish.quantity,
        amount_fen=amount_fen,
        freight_fen=0,
        status=CaseStatus.APPLIED,
        applied_at=now(),
        due_at=due_at(CaseStatus.APPLIED),
        return_carrier="",
        return_number="",
    )
    case = db.session.scalar(row.on_conflict_do_nothing().returning(AftersaleCase))
    if case is None:
        raise CaseOpen
    write_down(
        case, Side.BUYER, "buyer", from_status=None, text=wish.text, pictures=wish.pictures, amount_fen=amount_fen
    )
    return case


def _check(rights: Rights, wish: Application) -> int:
    """The amount asked for (fen), or InvalidInput."""
    fields: dict[str, str] = {}
    if not 1 <= wish.quantity <= rights.most_quantity:
        fields["quantity"] = "数量超出了可以申请的件数"
    if not wish.text:
        fields["text"] = "请写明原因"
    if wish.kind is CaseKind.FRESH_CLAIM and not wish.pictures:
        fields["pictures"] = "坏单包赔需要至少一张照片"
    most_fen = rights.most_fen_of(wish.quantity)
    amount_fen = most_fen if wish.amount_fen is None else wish.amount_fen
    if wish.kind is CaseKind.BEFORE_SHIPPING and amount_fen != most_fen:
        fields["amount_fen"] = "还没发货的商品按件退，退几件就退几件的钱"
    if "quantity" not in fields and not 1 <= amount_fen <= most_fen:
        fields["amount_fen"] = "金额超出了可以退的数"
    if fields:
        raise InvalidInput(fields)
    check_words(wish.text, wish.pictures)
    return amount_fen
