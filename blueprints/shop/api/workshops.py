"""The directory of workshops, each with its licence in the open."""

from __future__ import annotations

from datetime import date

from flask import Response

from blueprints.shop.api.products import ProductCard, product_card
from blueprints.shop.api.surface import (
    WORKSHOPS,
    Answer,
    PageQuery,
    Parameters,
    Slug,
    Words40,
    answer,
    answers,
    blueprint,
)
from core.web.guards import public
from core.web.language import say, told
from domain.catalog import listing
from domain.workshops import directory
from domain.workshops.models import Certificate, Workshop


class WorkshopQuery(PageQuery):
    kind: Words40 | None = None
    town: Words40 | None = None


class WorkshopPath(Parameters):
    slug: Slug


class Licence(Answer):
    type: str
    number: str
    scope: str
    expires_on: date
    is_valid: bool


class WorkshopCard(Answer):
    slug: str
    name: str
    kind: str
    town: str
    address: str
    is_member: bool
    founded_year: int | None
    trademark: str | None
    licence: Licence | None


class WorkshopPage(Answer):
    items: list[WorkshopCard]
    next_cursor: str | None


class WorkshopDetail(WorkshopCard):
    """A workshop, its story, and up to 50 of its products on sale."""

    story: str
    products: list[ProductCard]


@blueprint.get(
    "/workshops",
    tags=[WORKSHOPS],
    summary="作坊名录",
    description="坂里集群的成员在前。",
    responses=answers(WorkshopPage),
)
@public
def list_workshops(query: WorkshopQuery) -> Response:
    found = directory.workshops_after(kind=query.kind, town=query.town, cursor=query.cursor, size=query.limit)
    return answer(WorkshopPage(items=[_card(workshop) for workshop in found.items], next_cursor=found.next_cursor))


@blueprint.get("/workshops/<slug>", tags=[WORKSHOPS], summary="作坊详情", responses=answers(WorkshopDetail, 404))
@public
def read_workshop(path: WorkshopPath) -> Response:
    workshop = directory.find_workshop(path.slug)
    products = listing.list_cards_after(listing.Query(workshop=workshop.slug), None, size=50)
    return answer(
        WorkshopDetail(
            **_card(workshop).model_dump(),
            story=told(workshop, "story"),
            products=[product_card(card) for card in products.items],
        )
    )


def _card(workshop: Workshop) -> WorkshopCard:
    return WorkshopCard(
        slug=workshop.slug,
        name=told(workshop),
        kind=workshop.kind,
        town=say(workshop.town),
        address=workshop.address,
        is_member=workshop.is_member,
        founded_year=workshop.founded_year,
        trademark=workshop.trademark,
        licence=_licence(workshop.certificate) if workshop.certificate else None,
    )


def _licence(certificate: Certificate) -> Licence:
    return Licence(
        type=say(certificate.type),
        number=certificate.number,
        scope=certificate.scope,
        expires_on=certificate.expires_on,
        is_valid=certificate.is_valid,
    )
