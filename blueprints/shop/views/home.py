"""The first page: brands, who is cooking now, what to eat today, who makes it."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from blueprints.shop.pages import blueprint
from blueprints.shop.shapes import brand_signs, workshop_shape
from core.web.guards import public
from domain.catalog import listing
from domain.recordings.showing import live_tiles
from domain.showcase.banners import banners_now
from domain.workshops import directory


@blueprint.get("/")
@public
def home() -> str:
    members = directory.list_members()
    return render_template(
        "shop/home.html",
        heading=gettext("坂里的灶台，今天也开着火"),
        brands=brand_signs(),
        banners=banners_now(),
        featured=listing.list_featured(),
        live=[tile for tile in live_tiles(members) if tile.poster_url][:6],
        workshops=[workshop_shape(workshop) for workshop in members],
    )
