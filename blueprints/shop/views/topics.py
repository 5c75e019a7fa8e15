"""A topic: chosen products in an order of their own."""

from __future__ import annotations

from flask import render_template

from blueprints.shop.pages import blueprint
from core.web.guards import public
from core.web.language import told
from domain.showcase.topics import shown_topic


@blueprint.get("/topics/<slug>")
@public
def topic(slug: str) -> str:
    found, cards = shown_topic(slug)
    return render_template("shop/topic.html", heading=told(found, "title"), topic=found, cards=cards)
