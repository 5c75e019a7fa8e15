"""How a product comes to be sold: offered by its owner, approved or returned by the operator, off sale; with a history.

Which changes need another look is decided in docs/decisions/0014-listings-are-approved.md.
"""

from __future__ import annotations

from core.clock import now
from core.db import db
from core.errors import DomainError
from core.states import TransitionRefused, check_transition
from domain.notifications.telling import Message, tell_workshop
from domain.products.models import TRANSITIONS, ListingHistory, ListingStatus, Product, Variant
from domain.workshops.models import Workshop, WorkshopStatus

# How far an owner may move a price from the approved one without asking, in 1/10000.
FREE_PRICE_BASIS_POINTS = 2000


class ListingChanged(DomainError):
    message = "商品刚刚被作坊改过，请看过新的内容再审核"


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
        (not product.offered_variants, VariantMissing()),
        (not product.pictures, PictureMissing()),
        (not product.ingredients, IngredientsMissing()),
    ]
    return [error for stands, error in found if stands]


def offer(product: Product, workshop: Workshop, by: str) -> ListingStatus:
    """The owner wants it sold; the status it has then. What was approved and is off sale is on sale at once, anything
    else is submitted to the operator. The first obstacle is raised, if there is any."""
    approved = product.status == ListingStatus.OFF_SALE and product.approved_at is not None
    to = ListingStatus.ON_SALE if approved else ListingStatus.SUBMITTED
    if product.status in {ListingStatus.SUBMITTED, ListingStatus.ON_SALE}:
        # The table has moves from these, too, but they are not the owner's to make by offering.
        raise TransitionRefused(now=product.status, to=to.value)
    check_transition(TRANSITIONS, ListingStatus(product.status), to)
    for obstacle in obstacles(product, workshop):
        raise obstacle
    _move(product, to, by, "")
    return to


def withdraw(product: Product, by: str) -> None:
    """The owner takes back what waits for the operator: a draft again."""
    if product.status != ListingStatus.SUBMITTED:
        raise TransitionRefused(now=product.status, to=ListingStatus.DRAFT.value)
    _move(product, ListingStatus.DRAFT, by, "")


def approve(product: Product, workshop: Workshop, by: str, *, revision: int) -> None:
    """The operator has looked at `revision` of it: on sale from now on. ListingChanged when the owner changed it
    meanwhile; an obstacle is raised as when it was submitted."""
    if product.status != ListingStatus.SUBMITTED:
        raise TransitionRefused(now=product.status, to=ListingStatus.ON_SALE.value)
    if product.revision != revision:
        raise ListingChanged
    for obstacle in obstacles(product, workshop):
        raise obstacle
    product.approved_at = now()
    for variant in product.variants:
        variant.approved_price_fen = variant.price_fen
    move = _move(product, ListingStatus.ON_SALE, by, "")
    _tell(product, move, "商品已通过审核", "「%(name)s」通过审核，已经上架")


def give_back(product: Product, by: str, reason: str) -> None:
    """The operator returns it (also one on sale) with a reason; it is sold again only after another look."""
    check_transition(TRANSITIONS, ListingStatus(product.status), ListingStatus.RETURNED)
    product.approved_at = None
    move = _move(product, ListingStatus.RETURNED, by, reason)
    _tell(product, move, "商品被退回", "「%(name)s」被退回：%(reason)s")


def take_off_sale(product: Product, by: str, reason: str = "") -> None:
    """Buyers don't see the product any more; orders already placed go on."""
    check_transition(TRANSITIONS, ListingStatus(product.status), ListingStatus.OFF_SALE)
    _move(product, ListingStatus.OFF_SALE, by, reason)


def note_change(product: Product, by: str, reason: str) -> None:
    """Something changed that buyers rely on: no approval holds any more, and what was on sale waits for the operator."""
    product.revision += 1
    product.approved_at = None
    if product.status == ListingStatus.ON_SALE:
        _move(product, ListingStatus.SUBMITTED, by, reason)


def needs_approval(variant: Variant, price_fen: int) -> bool:
    """Whether a new price is further from the approved one than an owner may go alone (20 %)."""
    approved = variant.approved_price_fen
    return approved is None or abs(price_fen - approved) * 10_000 > approved * FREE_PRICE_BASIS_POINTS


def _move(product: Product, to: ListingStatus, by: str, reason: str) -> ListingHistory:
    move = ListingHistory(product_id=product.id, by=by, from_status=product.status, to_status=to, reason=reason)
    db.session.add(move)
    product.status = to
    db.session.flush()
    return move


def _tell(product: Product, move: ListingHistory, title: str, text: str) -> None:
    params = {"name": product.name, "reason": move.reason}
    message = Message(f"listing/{move.id}", "listing", title, text, f"/workshop/products/{product.slug}", params)
    tell_workshop(product.workshop_id, message)
