"""The pictures of a product, in the order buyers see them."""

from __future__ import annotations

from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from domain.attachments.storing import picture_address, store_picture
from domain.products.listing import note_change
from domain.products.models import ListingStatus, Product

MOST_PICTURES = 9


class LastPictureOnSale(DomainError):
    message = "在售商品至少要有一张图片，先加一张或下架"


def add_pictures(
    product: Product, contents: list[bytes], uploaded_by: int, field: str = "pictures", by: str = "owner"
) -> None:
    """Put new pictures behind the others; InvalidInput names `field` when one can't be used, and none is added. The
    operator looks at new ones before they are shown."""
    if not contents:
        raise InvalidInput({field: "请选择一张图片"})
    if len(product.pictures) + len(contents) > MOST_PICTURES:
        raise InvalidInput({field: "一个商品最多 9 张图片"})
    addresses = [picture_address(store_picture(content, uploaded_by, field)) for content in contents]
    fresh = [address for address in dict.fromkeys(addresses) if address not in product.pictures]
    product.pictures = [*product.pictures, *fresh]
    if fresh:
        note_change(product, by, "加了照片")
    db.session.flush()


def remove_picture(product: Product, address: str) -> None:
    """Take a picture away; a product on sale keeps at least one (LastPictureOnSale)."""
    _check_known(product, address)
    if product.status == ListingStatus.ON_SALE and len(product.pictures) == 1:
        raise LastPictureOnSale
    product.pictures = [other for other in product.pictures if other != address]
    for variant in product.variants:
        variant.picture = "" if variant.picture == address else variant.picture
    db.session.flush()


def move_picture_forward(product: Product, address: str) -> None:
    """One place nearer to the front; the first one stays where it is."""
    _check_known(product, address)
    pictures = list(product.pictures)
    place = pictures.index(address)
    if place > 0:
        pictures[place - 1 : place + 1] = [address, pictures[place - 1]]
    product.pictures = pictures
    db.session.flush()


def _check_known(product: Product, address: str) -> None:
    if address not in product.pictures:
        raise NotFound(what="picture")
