"""What one variant bought at once, past the cart, comes to: at a group's price, with nothing else taken off."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core.db import db
from core.errors import NotFound
from domain.cart.lines import Line, LineProblem
from domain.cart.totals import Choices, Totals, parcel_of
from domain.catalog.listing import is_on_sale
from domain.groups.joining import GroupLimitReached, GroupOfferOver, Wish
from domain.products.models import Product, Variant
from domain.promotions.offers import group_terms_of
from domain.promotions.pricing import group_discounts
from domain.promotions.terms import GroupTerms
from domain.shipping.templates import templates_of
from domain.stock.availability import available
from domain.workshops.models import Workshop


def group_totals(account_id: int, wish: Wish, choices: Choices) -> Totals:
    """The packets of `wish` at the offer's price, with the freight of their parcel. Coupons don't count.

    Raises GroupOfferOver, GroupLimitReached, or NotFound when the goods are off sale.
    """
    terms = _terms(account_id, wish)
    if wish.quantity > terms.left:
        raise GroupLimitReached
    line = _line(terms, wish.quantity)
    template = templates_of({line.workshop_id}).get(line.workshop_id)
    # One can't put more into it: how much is lacking until it goes free is of no use.
    parcel = replace(parcel_of([line], template, choices), until_free_fen=0)
    return Totals([parcel], choices.destination is None)


def most_packets(account_id: int, wish: Wish) -> int:
    """How many packets of the wished offer the person may have, with what is in stock; at least one to be asked for.

    Raises GroupOfferOver.
    """
    terms = _terms(account_id, wish)
    return max(1, min(terms.left, available({terms.variant_id})[terms.variant_id]))


def _terms(account_id: int, wish: Wish) -> GroupTerms:
    terms = group_terms_of(wish.group_buy_id, account_id, to_join=wish.code is not None)
    if terms is None:
        raise GroupOfferOver
    return terms


def _line(terms: GroupTerms, quantity: int) -> Line:
    variant, product, workshop = _sold(terms.variant_id)
    left = available({variant.id})[variant.id]
    problem = LineProblem.SOLD_OUT if left <= 0 else LineProblem.TOO_MANY if left < quantity else None
    line = Line(
        workshop_id=workshop.id, workshop_slug=workshop.slug, workshop_name=workshop.name,
        workshop_name_en=workshop.name_en, product_id=product.id, product_slug=product.slug, product_name=product.name,
        product_name_en=product.name_en, category_id=product.category_id, brand=product.brand, variant_id=variant.id,
        variant_name=variant.name, sku=variant.sku, picture=variant.picture or (product.pictures[0] if product.pictures else ""),
        price_fen=variant.price_fen, weight_grams=variant.weight_grams, quantity=quantity, available=left,
        is_perishable=product.is_perishable, commission_basis_points=workshop.commission_basis_points, problem=problem,
    )  # fmt: skip
    return replace(line, discounts=tuple(group_discounts(line.goods, terms)))


def _sold(variant_id: int) -> tuple[Variant, Product, Workshop]:
    statement = (
        select(Variant, Product, Workshop)
        .join(Product, Product.id == Variant.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .where(Variant.id == variant_id, Variant.is_enabled, is_on_sale())
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound(what="variant")
    return row[0], row[1], row[2]
