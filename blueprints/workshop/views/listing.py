"""On sale, off sale."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.pages import actor, attempt, blueprint, own_workshop, own_workshop_ids
from blueprints.workshop.product_page import product_page
from core.identity import Role
from core.web.forms import Payload, bind_form
from core.web.guards import role
from core.web.inputs import Nothing, Text
from domain.products.finding import find_product_of
from domain.products.listing import offer, take_off_sale, withdraw
from domain.products.models import ListingStatus


class OffSaleForm(Payload):
    reason: Text = Field(default="", max_length=100)


@blueprint.post("/products/<slug>/on-sale")
@role(Role.OWNER)
def on_sale(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(Nothing)
    refused = attempt(form, lambda: offer(product, own_workshop(), actor()))
    if refused:
        return product_page(product, form, refused)
    on_sale_now = product.status == ListingStatus.ON_SALE
    flash(
        gettext("上架了，买家现在能看到") if on_sale_now else gettext("已提交，集群审核通过后买家就能看到"), "success"
    )
    return redirect(url_for("workshop.product", slug=slug))


@blueprint.post("/products/<slug>/withdraw")
@role(Role.OWNER)
def withdraw_product(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(Nothing)
    refused = attempt(form, lambda: withdraw(product, actor()))
    if refused:
        return product_page(product, form, refused)
    return redirect(url_for("workshop.product", slug=slug))


@blueprint.post("/products/<slug>/off-sale")
@role(Role.OWNER)
def off_sale(slug: str) -> tuple[str, int] | Response:
    product = find_product_of(slug, own_workshop_ids(), lock=True)
    form = bind_form(OffSaleForm)
    refused = attempt(form, lambda: take_off_sale(product, actor(), form.value.reason))
    if refused:
        return product_page(product, form, refused)
    flash(gettext("已下架，已经下的订单照常发货"), "info")
    return redirect(url_for("workshop.product", slug=slug))
