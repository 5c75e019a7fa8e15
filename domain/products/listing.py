"""Putting a product on sale and taking it off, with a history."""

from __future__ import annotations

from core.db import db
from core.errors import DomainError
from core.states import check_transition
from domain.products.models import TRANSITIONS, ListingHistory, ListingStatus, Product
from domain.workshops.models import Workshop, WorkshopStatus


class VariantMissing(DomainError):
    message = "还没有规格和价格"


class PictureMissing(DomainError):
    message = "还没有图片"


class IngredientsMissing(DomainError):
    message = "还没有写配料"


class WorkshopSuspended(DomainError):
    message = "作坊已被暂停销售"


class CertificateExpired(DomainError):
    message = "作坊的证照不在有效期内"


def obstacles(product: Product, workshop: Workshop) -> list[DomainError]:
    """What still keeps the product from going on sale; empty when nothing does."""
    certificate = workshop.certificate
    found: list[tuple[bool, DomainError]] = [
        (workshop.status != WorkshopStatus.ACTIVE, WorkshopSuspended()),
        (certificate is None or not certificate.is_valid, CertificateExpired()),
        # A variant always has a price: the database refuses one without.
        (not product.variants, VariantMissing()),
        (not product.pictures, PictureMissing()),
        (not product.ingredients, IngredientsMissing()),
    ]
    return [error for stands, error in found if stands]


def put_on_sale(product: Product, workshop: Workshop, by: str) -> None:
    """Buyers see the product from now on; the first obstacle is raised, if there is any."""
    check_transition(TRANSITIONS, ListingStatus(product.status), ListingStatus.ON_SALE)
    for obstacle in obstacles(product, workshop):
        raise obstacle
    _move(product, ListingStatus.ON_SALE, by, "")


def take_off_sale(product: Product, by: str, reason: str = "") -> None:
    """Buyers don't see the product any more; orders already placed go on."""
    check_transition(TRANSITIONS, ListingStatus(product.status), ListingStatus.OFF_SALE)
    _move(product, ListingStatus.OFF_SALE, by, reason)


def _move(product: Product, to: ListingStatus, by: str, reason: str) -> None:
    db.session.add(
        ListingHistory(product_id=product.id, by=by, from_status=product.status, to_status=to, reason=reason)
    )
    product.status = to
    db.session.flush()
