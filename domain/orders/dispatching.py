"""Who makes a line of a paid order (派单): chosen when it is paid, again when a workshop declines, or by the operator.

Order of locks: the order, its parts by key, then the stock (`domain.stock.lots`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from core.clock import today
from core.db import db, table_of
from core.errors import DomainError, InvalidInput, NotFound
from domain.catalog.listing import selling_among
from domain.orders.choosing import FAIR_SHARE_DAYS, Candidate, Rule, choose
from domain.orders.history import lock_parts
from domain.orders.models import (
    Dispatch,
    DispatchKind,
    MakerDay,
    Order,
    OrderLine,
    OrderStatus,
    WorkshopOrder,
    WorkshopOrderStatus,
)
from domain.orders.parting import give_to, take_away
from domain.orders.telling import tell_given, tell_opened, tell_taken
from domain.products.makers import Maker, WorkshopNotMaker, makers_of
from domain.stock import allocating, reserving

_ADD = insert(table_of(Dispatch))
_NEW_TURN = insert(table_of(MakerDay))
_TURN = _NEW_TURN.on_conflict_do_update(
    index_elements=["variant_id", "workshop_id", "day"],
    set_={"quantity": table_of(MakerDay).c.quantity + _NEW_TURN.excluded.quantity},
)
_TURNS = select(MakerDay.variant_id, MakerDay.workshop_id, MakerDay.day, MakerDay.quantity).where(
    MakerDay.variant_id == any_(bindparam("variants", type_=ARRAY(BigInteger))), MakerDay.day >= bindparam("first")
)
_JOINABLE = {WorkshopOrderStatus.TO_PACK, WorkshopOrderStatus.REASSIGNED}


class LineNotDispatchable(DomainError):
    """The line is packed or sent already, or its money goes back."""

    message = "这一样已经装箱、寄出或退款，不能再改由别家做"


@dataclass(frozen=True, slots=True)
class _Choice:
    workshop_id: int
    rule: Rule
    facts: list[dict[str, int]]


def dispatch_paid(order: Order, by: str) -> None:
    """Sell the reserved packets of an order just paid: each line gets its maker and lots of that maker.

    Lines whose packets were taken off sale meanwhile have a dispatch with `short` packets. Takes the hot rows.
    """
    lines = {line.variant_id: line for line in order.lines}
    makers = makers_of(set(lines))
    charged = {line.id: line.workshop_id for line in order.lines}
    choices: dict[int, _Choice] = {}

    def choose_makers(stock: dict[int, dict[int, int]]) -> dict[int, int]:
        candidates = _candidates_of({key: makers[key] for key in stock}, stock)
        for variant_id, found in candidates.items():
            choices[variant_id] = _choose(lines[variant_id], len(makers[variant_id]), found)
        return {variant_id: choice.workshop_id for variant_id, choice in choices.items()}

    sold = reserving.sell(order.number, by, choose_makers)
    for variant_id, choice in choices.items():
        lines[variant_id].workshop_id = choice.workshop_id
    _move_freights(order, charged)
    db.session.flush()
    _record_chosen([(lines[key], choice, sold[key].short) for key, choice in sorted(choices.items())], by)


def decline(part: WorkshopOrder, line_id: int, *, by: str, reason: str) -> int | None:
    """A workshop can't make a line: another maker with stock gets it (its id), or it is open for the operator (None).

    The caller sees that nothing of it lies in the box, under `lock_parts`. Raises LineNotDispatchable.
    """
    if not reason.strip():
        raise InvalidInput({"reason": "请写明原因"})
    order, line = _held_line(part.order_id, line_id)
    if line.workshop_id != part.workshop_id or line.is_open:
        raise NotFound(what="line")
    _require_movable(order, line)
    _record(line, DispatchKind.DECLINED, line.workshop_id, by, reason=reason.strip())
    # The packets go back first, so that every maker's stock is as it is without this order.
    short = allocating.move_to_workshop(order.number, line.variant_id, None, by=by, reason=reason.strip())
    choice = _next(order, line, short or line.wanted_quantity)
    if choice is None:
        take_away(order, line, by, reason.strip())
        opened_id = _record(line, DispatchKind.OPENED, None, "timer", short=short)
        tell_opened(order, line, opened_id)
        return None
    _hand_to(order, line, choice.workshop_id, by, reason.strip())
    short = allocating.move_to_workshop(order.number, line.variant_id, choice.workshop_id, by=by, reason="")
    chosen_id = _record(line, DispatchKind.CHOSEN, choice.workshop_id, "timer", choice=choice, short=short)
    tell_given(order, line, chosen_id)
    return choice.workshop_id


def assign(line: OrderLine, workshop_id: int, by: str, reason: str) -> int:
    """The operator gives a line to one of its makers, with stock or without; how many packets are short there.

    Raises InvalidInput on `reason`, WorkshopNotMaker, LineNotDispatchable.
    """
    if not reason.strip():
        raise InvalidInput({"reason": "请写明原因"})
    order, line = _held_line(line.order_id, line.id)
    if workshop_id not in {maker.workshop_id for maker in makers_of({line.variant_id})[line.variant_id]}:
        raise WorkshopNotMaker
    _require_movable(order, line)
    former_id = None if line.is_open else line.workshop_id
    _hand_to(order, line, workshop_id, by, reason.strip())
    short = allocating.move_to_workshop(order.number, line.variant_id, workshop_id, by=by, reason=reason.strip())
    assigned_id = _record(line, DispatchKind.ASSIGNED, workshop_id, by, reason=reason.strip(), short=short)
    if former_id != workshop_id:
        tell_given(order, line, assigned_id)
        if former_id is not None:
            tell_taken(order, line, former_id, assigned_id)
    return short


def candidates_for(line: OrderLine) -> list[Candidate]:
    """Who could be given the line now (active makers, else all), with stock and capacity left. Read without holding."""
    makers = makers_of({line.variant_id})[line.variant_id]
    return _candidates(line.variant_id, makers, allocating.unsold_by_workshop(line.variant_id))


def hold_order(order_id: int) -> Order:
    """The order, held with all its parts until the transaction ends."""
    # NO KEY UPDATE, as whoever holds a part writes history that refers to the order.
    hold = select(Order).filter_by(id=order_id).with_for_update(key_share=True)
    order = db.session.scalars(hold.execution_options(populate_existing=True)).one()
    lock_parts(order_id)
    return order


def _choose(line: OrderLine, maker_count: int, candidates: list[Candidate]) -> _Choice:
    """A maker of the line, under the variant's stock hold: today's turns of other orders are counted."""
    if maker_count == 1:
        return _Choice(candidates[0].workshop_id, Rule.ONLY_MAKER, [each.facts() for each in candidates])
    chosen, rule = choose(line.quantity, candidates)
    return _Choice(chosen.workshop_id, rule, [each.facts() for each in candidates])


def _candidates(variant_id: int, makers: list[Maker], stock: dict[int, int]) -> list[Candidate]:
    """Active makers that may sell; if there is none, whoever is named."""
    return _candidates_of({variant_id: makers}, {variant_id: stock})[variant_id]


def _candidates_of(makers: dict[int, list[Maker]], stock: dict[int, dict[int, int]]) -> dict[int, list[Candidate]]:
    """The same for several variants, in two statements; who is the only maker isn't asked whether it may sell."""
    several = {maker.workshop_id for named in makers.values() if len(named) > 1 for maker in named}
    selling = selling_among(several) if several else set()
    turns = db.session.execute(
        _TURNS, {"variants": list(makers), "first": today() - timedelta(days=FAIR_SHARE_DAYS - 1)}
    )
    given_today, given_lately = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for variant_id, workshop_id, day, quantity in turns:
        given_lately[variant_id, workshop_id] += quantity
        given_today[variant_id, workshop_id] += quantity if day == today() else 0
    return {
        variant_id: [
            Candidate(
                workshop_id=maker.workshop_id,
                stock=stock[variant_id].get(maker.workshop_id, 0),
                daily_capacity=maker.daily_capacity or 0,
                given_today=given_today[variant_id, maker.workshop_id],
                given_lately=given_lately[variant_id, maker.workshop_id],
            )
            for maker in [each for each in named if each.is_active and each.workshop_id in selling] or named
        ]
        for variant_id, named in makers.items()
    }


def _next(order: Order, line: OrderLine, quantity: int) -> _Choice | None:
    """Another maker that has all packets, never declined this line and hasn't closed its box of this order."""
    declined = select(Dispatch.workshop_id).filter_by(order_line_id=line.id, kind=DispatchKind.DECLINED)
    refused = {workshop_id for workshop_id in db.session.scalars(declined) if workshop_id is not None}
    refused |= {part.workshop_id for part in lock_parts(order.id) if part.status not in _JOINABLE}
    stock = allocating.unsold_by_workshop(line.variant_id)
    makers = [maker for maker in makers_of({line.variant_id})[line.variant_id] if maker.workshop_id not in refused]
    candidates = [each for each in _candidates(line.variant_id, makers, stock) if each.stock >= quantity]
    if not candidates:
        return None
    chosen, rule = choose(quantity, candidates)
    return _Choice(chosen.workshop_id, rule, [each.facts() for each in candidates])


def _held_line(order_id: int, line_id: int) -> tuple[Order, OrderLine]:
    order = hold_order(order_id)
    statement = select(OrderLine).filter_by(id=line_id, order_id=order_id).execution_options(populate_existing=True)
    line = db.session.scalars(statement).first()
    if line is None:
        raise NotFound(what="line")
    return order, line


def _require_movable(order: Order, line: OrderLine) -> None:
    if order.status != OrderStatus.PAID or order.held_for_group or (line.paid_fen and not line.refundable_fen):
        raise LineNotDispatchable
    for part in lock_parts(order.id):
        if part.workshop_id != line.workshop_id or line.is_open:
            continue
        # Once a parcel left, the part's amounts and its end belong to who sent it.
        if part.status != WorkshopOrderStatus.TO_PACK or part.first_shipped_at is not None:
            raise LineNotDispatchable


def _hand_to(order: Order, line: OrderLine, workshop_id: int, by: str, reason: str) -> None:
    if not line.is_open and line.workshop_id == workshop_id:
        return
    for part in lock_parts(order.id):
        if part.workshop_id == workshop_id and part.status not in _JOINABLE:
            raise LineNotDispatchable
    give_to(order, line, workshop_id, by, reason)


def _move_freights(order: Order, charged: dict[int, int]) -> None:
    """A freight whose lines were all given to other workshops goes with the first of them; it stays as charged."""
    makers = {line.workshop_id for line in order.lines}
    for freight in order.freights:
        takers = {line.workshop_id for line in order.lines if charged[line.id] == freight.workshop_id}
        if takers and freight.workshop_id not in makers:
            freight.carried_by_workshop_id = min(takers)


def _record_chosen(chosen: list[tuple[OrderLine, _Choice, int]], by: str) -> None:
    """Write the rows of history of an order just paid, each with how many packets are short; in the order of variants."""
    rows = [
        {
            "order_line_id": line.id, "kind": DispatchKind.CHOSEN, "workshop_id": choice.workshop_id, "by": by,
            "rule": choice.rule, "facts": choice.facts, "short": short,
        }
        for line, choice, short in chosen
    ]  # fmt: skip
    if rows:
        db.session.execute(_ADD, rows)
    for line, choice, _ in chosen:
        if choice.rule != Rule.ONLY_MAKER:
            _count_turn(line, choice.workshop_id)


def _count_turn(line: OrderLine, workshop_id: int) -> None:
    values = {
        "variant_id": line.variant_id,
        "workshop_id": workshop_id,
        "day": today(),
        "quantity": line.wanted_quantity,
    }
    db.session.execute(_TURN, values)


def _record(
    line: OrderLine,
    kind: DispatchKind,
    workshop_id: int | None,
    by: str,
    *,
    choice: _Choice | None = None,
    reason: str = "",
    short: int = 0,
) -> int:
    """Write the row of history (its id); a workshop that was given packets has had a turn."""
    row = Dispatch(
        order_line_id=line.id,
        kind=kind,
        workshop_id=workshop_id,
        by=by,
        rule=choice.rule if choice else "",
        facts=choice.facts if choice else [],
        reason=reason,
        short=short,
    )
    db.session.add(row)
    is_turn = kind == DispatchKind.ASSIGNED or (choice is not None and choice.rule != Rule.ONLY_MAKER)
    if is_turn and workshop_id is not None:
        _count_turn(line, workshop_id)
    db.session.flush()
    return row.id
