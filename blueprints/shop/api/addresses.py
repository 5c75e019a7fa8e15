"""A buyer's address book."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import StringConstraints

from blueprints.shop.api.surface import (
    ADDRESSES,
    PREFIX,
    Answer,
    Body,
    Id,
    Parameters,
    Words20,
    Words30,
    Words100,
    answer,
    answers,
    blueprint,
)
from core.web.guards import require_identity, signed_in
from domain.shipping import addresses as book
from domain.shipping.models import Address as StoredAddress


class AddressBody(Body):
    """What a parcel needs to arrive. With `is_default` it becomes the default; else that stays as it is."""

    recipient: Words30
    phone: Annotated[str, StringConstraints(pattern=r"^1[0-9]{10}$")]
    province: Words20
    city: Words20
    district: Words20
    street: Words100
    is_default: bool = False

    @property
    def fields(self) -> book.AddressFields:
        return book.AddressFields(self.recipient, self.phone, self.province, self.city, self.district, self.street)


class AddressPath(Parameters):
    address_id: Id


class Address(Answer):
    id: int
    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    is_default: bool


class Addresses(Answer):
    """The default one first. There are at most 20, so they come at once."""

    items: list[Address]


@blueprint.get("/addresses", tags=[ADDRESSES], summary="收货地址", responses=answers(Addresses))
@signed_in
def list_addresses() -> Response:
    known = book.list_addresses(require_identity().account_id)
    return answer(Addresses(items=[address_shape(row) for row in known]))


@blueprint.post("/addresses", tags=[ADDRESSES], summary="新增地址", responses=answers(Address, 409, status=201))
@signed_in
def add_address(body: AddressBody) -> Response:
    added = book.add_address(require_identity().account_id, body.fields, is_default=body.is_default)
    return answer(address_shape(added), 201, Location=f"{PREFIX}/addresses/{added.id}")


@blueprint.get("/addresses/<address_id>", tags=[ADDRESSES], summary="一个地址", responses=answers(Address, 404))
@signed_in
def read_address(path: AddressPath) -> Response:
    return answer(address_shape(book.find_address(require_identity().account_id, path.address_id)))


@blueprint.put("/addresses/<address_id>", tags=[ADDRESSES], summary="修改地址", responses=answers(Address, 404))
@signed_in
def change_address(path: AddressPath, body: AddressBody) -> Response:
    account_id = require_identity().account_id
    changed = book.change_address(account_id, path.address_id, body.fields, is_default=body.is_default)
    return answer(address_shape(changed))


@blueprint.delete(
    "/addresses/<address_id>",
    tags=[ADDRESSES],
    summary="删除地址",
    description="已下的订单保留自己的那一份。",
    responses=answers(None, 404, status=204),
)
@signed_in
def remove_address(path: AddressPath) -> Response:
    book.remove_address(require_identity().account_id, path.address_id)
    return answer(None, 204)


def address_shape(row: StoredAddress) -> Address:
    return Address(
        id=row.id,
        recipient=row.recipient,
        phone=row.phone,
        province=row.province,
        city=row.city,
        district=row.district,
        street=row.street,
        is_default=row.is_default,
    )
