"""A product's photos: add, put forward, remove."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, own_workshop_ids
from blueprints.workshop.product_page import product_page
from core.identity import Role
from core.web.forms import Payload, bind_form
from core.web.guards import require_identity, role
from core.web.inputs import Nothing, Text
from domain.products.finding import find_product_of
from domain.products.pictures import add_pictures, move_picture_forward, remove_picture


class PictureForm(Payload):
    """Which picture: its address as the product knows it."""

    picture: Text = Field(max_length=200)


@blueprint.post("/products/<slug>/pictures")
@role(Role.OWNER)
def upload_pictures(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(Nothing)
    contents = [file.read() for file in request.files.getlist("pictures") if file.filename]
    refused = attempt(form, lambda: add_pictures(product, contents, require_identity().account_id, by=actor()))
    if refused:
        return product_page(product, form, refused)
    flash(gettext("照片已加上"), "success")
    return redirect(url_for("workshop.product", slug=slug) + "#pictures")


@blueprint.post("/products/<slug>/pictures/forward")
@role(Role.OWNER)
def move_picture(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(PictureForm)
    refused = attempt(form, lambda: move_picture_forward(product, form.value.picture), "pictures")
    if refused:
        return product_page(product, form, refused)
    return redirect(url_for("workshop.product", slug=slug) + "#pictures")


@blueprint.post("/products/<slug>/pictures/remove")
@role(Role.OWNER)
def drop_picture(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(PictureForm)
    refused = attempt(form, lambda: remove_picture(product, form.value.picture), "pictures")
    if refused:
        return product_page(product, form, refused)
    return redirect(url_for("workshop.product", slug=slug) + "#pictures")
