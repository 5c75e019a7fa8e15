"""The directory of workshops, licences in the open (亮证), and each workshop's own page."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext
from pydantic import Field

from blueprints.shop.offer_shapes import offered_for
from blueprints.shop.pages import blueprint
from blueprints.shop.shapes import workshop_shape, zone_tiles
from core.web.forms import Payload, parse_query
from core.web.guards import current_identity, public
from core.web.language import told
from domain.catalog import listing
from domain.promotions.offers import Shelf
from domain.reviews import reading as reviews
from domain.workshops import directory


class DirectoryQuery(Payload):
    kind: str | None = Field(default=None, max_length=40)
    town: str | None = Field(default=None, max_length=40)


@blueprint.get("/workshops")
@public
def workshops() -> str:
    query = parse_query(DirectoryQuery)
    found = directory.list_workshops(kind=query.kind, town=query.town, number=1, size=200)
    kinds, towns = directory.kinds_and_towns()
    return render_template(
        "shop/workshops.html",
        heading=gettext("作坊名录"),
        workshops=[workshop_shape(workshop) for workshop in found.items],
        kinds=kinds,
        towns=towns,
        query=query,
    )


@blueprint.get("/workshops/<slug>")
@public
def workshop(slug: str) -> str:
    found, identity = directory.find_workshop(slug), current_identity()
    return render_template(
        "shop/workshop.html",
        heading=told(found),
        workshop=workshop_shape(found),
        products=listing.list_cards(listing.Query(workshop=slug), size=50).items,
        rating=reviews.rating_of_workshop(found.id),
        reviews=(latest := reviews.latest_of_workshop(found.id)),
        reviewed=reviews.product_names({review.product_id for review in latest}),
        live=zone_tiles(found),
        offers=offered_for(Shelf(workshop_ids=frozenset({found.id})), identity.account_id if identity else None),
    )
