"""Approving what workshops offer: the queue, a product as buyers will see it, approve or return with a reason."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from core.web.language import told
from core.web.responses import translated
from domain.products import listing, queue
from domain.products.finding import listing_history
from domain.products.models import ListingStatus, Product
from domain.workshops import directory


class ListingsQuery(Payload):
    status: ListingStatus = ListingStatus.SUBMITTED
    workshop: str | None = Field(default=None, max_length=80)
    page: int = Field(default=1, ge=1, le=10000)


class ApproveForm(Payload):
    """`revision` is the one the operator was shown."""

    revision: int = Field(ge=0, le=2**31)


class ReturnForm(Payload):
    reason: str = Field(min_length=2, max_length=200)


@blueprint.get("/listings")
@role(Role.OPERATOR)
def listings() -> tuple[str, int]:
    query = parse_query(ListingsQuery)
    workshop_id = directory.find_workshop(query.workshop).id if query.workshop else None
    found = queue.listings(query.status, workshop_id, number=query.page)

    def page_url(number: int) -> str:
        return url_for("cluster.listings", status=query.status, workshop=query.workshop, page=number)

    return console(
        "cluster/listings.html",
        gettext("上架审核"),
        "listings",
        query=query,
        page=found,
        page_url=page_url,
        counts=queue.counts(),
        moves=queue.last_moves({product.id for product in found.items}),
        workshops=directory.workshops_by_id({product.workshop_id for product in found.items}),
        statuses=[status.value for status in ListingStatus],
    )


@blueprint.get("/listings/<slug>")
@role(Role.OPERATOR)
def listing_page(slug: str) -> tuple[str, int]:
    return _page(queue.find_listing(slug), None)


@blueprint.post("/listings/<slug>/approve")
@role(Role.OPERATOR)
def approve_listing(slug: str) -> tuple[str, int] | Response:
    product = queue.find_listing(slug, lock=True)
    workshop = directory.workshops_by_id({product.workshop_id})[product.workshop_id]
    form = bind_form(ApproveForm)
    refused = attempt(form, lambda: listing.approve(product, workshop, actor(), revision=form.value.revision))
    if refused:
        return _page(product, form, refused)
    flash(gettext("「%(name)s」已通过，买家现在能看到", name=told(product)), "success")
    return redirect(url_for("cluster.listings"))


@blueprint.post("/listings/<slug>/return")
@role(Role.OPERATOR)
def return_listing(slug: str) -> tuple[str, int] | Response:
    product = queue.find_listing(slug, lock=True)
    form = bind_form(ReturnForm)
    refused = attempt(form, lambda: listing.give_back(product, actor(), form.value.reason))
    if refused:
        return _page(product, form, refused)
    flash(gettext("已退回给作坊，理由写在商品页上"), "success")
    return redirect(url_for("cluster.listings"))


def _page(product: Product, form: Form[ApproveForm] | Form[ReturnForm] | None, status: int = 200) -> tuple[str, int]:
    workshop = directory.workshops_by_id({product.workshop_id})[product.workshop_id]
    return console(
        "cluster/listing.html",
        told(product),
        "listings",
        status,
        product=product,
        workshop=workshop,
        obstacles=[translated(error) for error in listing.obstacles(product, workshop)],
        moves=listing_history(product.id),
        form=form,
    )
