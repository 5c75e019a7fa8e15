"""A buyer's address book."""

from __future__ import annotations

import re

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import require_identity, signed_in
from domain.shipping import addresses as book

# The checkout of the cart, or of a group with what is bought there.
ONWARD = r"^/checkout(/group\?[A-Za-z0-9=&]+)?$"


class AddressForm(Payload):
    """What a parcel needs; `next` is the checkout when the buyer came from there."""

    recipient: str = Field(min_length=1, max_length=30)
    phone: str = Field(pattern=r"^1[0-9]{10}$")
    province: str = Field(min_length=2, max_length=20)
    city: str = Field(min_length=2, max_length=20)
    district: str = Field(min_length=1, max_length=20)
    street: str = Field(min_length=2, max_length=100)
    next: str | None = Field(default=None, max_length=200, pattern=ONWARD)

    @property
    def fields(self) -> book.AddressFields:
        return book.AddressFields(self.recipient, self.phone, self.province, self.city, self.district, self.street)


class AddressQuery(Payload):
    edit: int | None = Field(default=None, ge=1, le=2**62)
    next: str | None = Field(default=None, max_length=200, pattern=ONWARD)


@blueprint.get("/addresses")
@signed_in
def addresses() -> str:
    return _page(None, parse_query(AddressQuery).edit)


@blueprint.post("/addresses")
@signed_in
def add_address() -> Response | tuple[str, int]:
    form = bind_form(AddressForm)
    if form.errors:
        return _page(form), 422
    added = book.add_address(require_identity().account_id, form.value.fields)
    if form.value.next:
        return redirect(f"{form.value.next}{'&' if '?' in form.value.next else '?'}address={added.id}")
    return redirect(url_for("shop.addresses"))


@blueprint.post("/addresses/<int:address_id>")
@signed_in
def change_address(address_id: int) -> Response | tuple[str, int]:
    """Three buttons: make it the default, remove it, or save what was typed."""
    account_id = require_identity().account_id
    if "default" in request.form:
        book.make_default(account_id, address_id)
    elif "remove" in request.form:
        book.remove_address(account_id, address_id)
    else:
        form = bind_form(AddressForm)
        if form.errors:
            return _page(form, address_id), 422
        book.change_address(account_id, address_id, form.value.fields)
    return redirect(url_for("shop.addresses"))


def _page(form: Form[AddressForm] | None, edit: int | None = None) -> str:
    account_id = require_identity().account_id
    return render_template(
        "shop/addresses.html",
        heading=gettext("收货地址"),
        addresses=book.list_addresses(account_id),
        editing=book.find_address(account_id, edit) if edit else None,
        form=form,
        next=_onward(request.values.get("next", "")),
    )


def _onward(address: str) -> str:
    """The checkout one came from, or nowhere."""
    return address if re.fullmatch(ONWARD, address) and len(address) <= 200 else ""
