"""After-sale: what may be asked for about a line, the buyer's cases, and what each allows now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import Field

from blueprints.shop.api.reviews import LinePath
from blueprints.shop.api.surface import (
    AFTERSALE,
    Answer,
    Body,
    CaseNumber,
    PageQuery,
    Parameters,
    Photos,
    Picture,
    Said500,
    Words20,
    Words40,
    answer,
    answers,
    blueprint,
    picture,
)
from core.web.guards import require_identity, signed_in
from core.web.language import say, told
from domain.aftersale import arbitrating, reading, returning, talking
from domain.aftersale.actions import CaseAction, allowed_actions
from domain.aftersale.applying import Application, apply
from domain.aftersale.models import AftersaleCase, CaseHistory, CaseKind, CaseStatus, Side
from domain.aftersale.rights import rights_of
from domain.attachments.storing import addresses_of
from domain.fulfillment.reviewing import line_of
from domain.orders.history import order_of
from domain.orders.models import OrderLine


class CasePath(Parameters):
    case: CaseNumber


class Rights(Answer):
    """What may be asked for now; `kinds` is empty when nothing may."""

    kinds: list[CaseKind]
    most_quantity: int
    most_fen: int
    until: datetime | None = Field(description="收货后申请的期限；还没收货时没有")
    open_case: str | None


class CaseBody(Body):
    kind: Literal["before_shipping", "fresh_claim", "refund_only", "return"]
    quantity: int = Field(ge=1, le=9999)
    amount_fen: int | None = Field(default=None, ge=1, le=99_999_999, description="不填就按数量退足")
    text: Said500
    pictures: Photos = Field(default_factory=list, description="坏单包赔至少一张")


class WordBody(Body):
    text: Said500
    pictures: Photos = Field(default_factory=list)


class DisputeBody(Body):
    text: Said500


class ParcelBody(Body):
    carrier_code: Words20
    tracking_number: Words40


class CaseCard(Answer):
    """`due_at` is when the next step happens by itself."""

    number: str
    kind: CaseKind
    status: CaseStatus
    product_name: str
    picture: Picture | None
    quantity: int
    amount_fen: int
    refund_fen: int | None = Field(description="同意退的数，含运费")
    applied_at: datetime
    due_at: datetime | None
    allowed_actions: list[CaseAction]


class CasePage(Answer):
    items: list[CaseCard]
    next_cursor: str | None


class Event(Answer):
    """A move of the case, or a word of one side."""

    at: datetime
    side: Side
    status: CaseStatus
    text: str
    pictures: list[Picture]


class Case(CaseCard):
    order_number: str
    return_number: str
    events: list[Event]


@blueprint.get(
    "/orders/<number>/lines/<sku>/aftersale",
    tags=[AFTERSALE],
    summary="可以申请的售后",
    responses=answers(Rights, 404),
)
@signed_in
def read_rights(path: LinePath) -> Response:
    order = order_of(require_identity().account_id, path.number)
    rights = rights_of(order, line_of(order, path.sku))
    return answer(
        Rights(
            kinds=rights.kinds,
            most_quantity=rights.most_quantity,
            most_fen=rights.most_fen,
            until=rights.until,
            open_case=rights.open_number,
        )
    )


@blueprint.post(
    "/orders/<number>/lines/<sku>/aftersale",
    tags=[AFTERSALE],
    summary="申请售后",
    responses=answers(Case, 404, 409, status=201),
)
@signed_in
def ask_aftersale(path: LinePath, body: CaseBody) -> Response:
    wish = Application(CaseKind(body.kind), body.quantity, body.text, body.amount_fen, addresses_of(body.pictures))
    return answer(_case(apply(require_identity().account_id, path.number, path.sku, wish)), 201)


@blueprint.get("/aftersale", tags=[AFTERSALE], summary="我的售后", responses=answers(CasePage))
@signed_in
def list_cases(query: PageQuery) -> Response:
    found = reading.cases_after(require_identity().account_id, query.cursor, size=query.limit)
    lines = reading.lines_of(found.items)
    cards = [CaseCard.model_validate(_card(case, lines[case.order_line_id])) for case in found.items]
    return answer(CasePage(items=cards, next_cursor=found.next_cursor))


@blueprint.get("/aftersale/<case>", tags=[AFTERSALE], summary="售后详情", responses=answers(Case, 404))
@signed_in
def read_case(path: CasePath) -> Response:
    return answer(_case(reading.case_of(require_identity().account_id, path.case)))


@blueprint.post("/aftersale/<case>/withdraw", tags=[AFTERSALE], summary="撤回申请", responses=answers(Case, 404, 409))
@signed_in
def withdraw_case(path: CasePath) -> Response:
    return answer(_case(returning.withdraw(require_identity().account_id, path.case)))


@blueprint.post("/aftersale/<case>/return", tags=[AFTERSALE], summary="寄回商品", responses=answers(Case, 404, 409))
@signed_in
def return_goods(path: CasePath, body: ParcelBody) -> Response:
    account_id = require_identity().account_id
    return answer(_case(returning.send_goods(account_id, path.case, body.carrier_code, body.tracking_number)))


@blueprint.post(
    "/aftersale/<case>/words", tags=[AFTERSALE], summary="补充说明或照片", responses=answers(Case, 404, 409)
)
@signed_in
def say_in_case(path: CasePath, body: WordBody) -> Response:
    account_id = require_identity().account_id
    return answer(_case(talking.say_as_buyer(account_id, path.case, body.text, addresses_of(body.pictures))))


@blueprint.post(
    "/aftersale/<case>/arbitration", tags=[AFTERSALE], summary="请运营仲裁", responses=answers(Case, 404, 409)
)
@signed_in
def ask_operator(path: CasePath, body: DisputeBody) -> Response:
    return answer(_case(arbitrating.ask_as_buyer(require_identity().account_id, path.case, body.text)))


def _card(case: AftersaleCase, line: OrderLine) -> dict[str, object]:
    return {
        "number": case.number,
        "kind": CaseKind(case.kind),
        "status": CaseStatus(case.status),
        "product_name": told(line, "product_name"),
        "picture": picture(line.picture),
        "quantity": case.quantity,
        "amount_fen": case.amount_fen,
        "refund_fen": case.approved_fen + case.freight_fen if case.approved_fen else None,
        "applied_at": case.applied_at,
        "due_at": case.due_at,
        "allowed_actions": allowed_actions(case, Side.BUYER),
    }


def _case(case: AftersaleCase) -> Case:
    more = {
        "order_number": reading.order_number_of(case),
        "return_number": case.return_number,
        "events": [_event(row) for row in reading.history_of(case)],
    }
    return Case.model_validate(_card(case, reading.lines_of([case])[case.order_line_id]) | more)


def _event(row: CaseHistory) -> Event:
    shown = [address for base in row.pictures if (address := picture(base)) is not None]
    text = say(row.text) if row.side == Side.TIMER else row.text
    return Event(at=row.at, side=Side(row.side), status=CaseStatus(row.to_status), text=text, pictures=shown)
