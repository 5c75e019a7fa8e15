"""Banners: writing them, and those of this moment whose target can be opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from core.clock import now
from core.db import db
from core.errors import InvalidInput, NotFound
from domain.attachments.storing import picture_address, store_picture
from domain.catalog.listing import is_on_sale
from domain.products.models import Product
from domain.showcase.models import Banner, Topic
from domain.workshops.models import Workshop

MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class BannerFields:
    """What the operator says. `target` is `product:<slug>`, `workshop:<slug>` or `topic:<slug>`."""

    title: str
    target: str
    position: int
    shown_from: datetime
    shown_until: datetime | None = None
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class ShownBanner:
    """A banner as a page shows it: `picture` without width and ending, `path` an address of the shop."""

    title: str
    title_en: str
    picture: str
    path: str


def write_banner(banner: Banner | None, fields: BannerFields, content: bytes, uploaded_by: int) -> Banner:
    """A new banner, or another text of `banner`; without `content` it keeps its picture. InvalidInput names a picture
    that can't be used, a target that doesn't exist, or an end before the start."""
    if fields.shown_until is not None and fields.shown_until <= fields.shown_from:
        raise InvalidInput({"shown_until": "结束要晚于开始"})
    banner = banner or Banner()
    targets = _target(fields.target)
    if content or not banner.picture:
        banner.picture = picture_address(store_picture(content, uploaded_by))
    for name, value in targets.items():
        setattr(banner, name, value)
    banner.title, banner.title_en, banner.position = fields.title, fields.title_en, fields.position
    banner.shown_from, banner.shown_until = fields.shown_from, fields.shown_until
    db.session.add(banner)
    db.session.flush()
    return banner


def remove_banner(banner_id: int) -> None:
    """It is gone from the first page and from the list."""
    db.session.delete(find_banner(banner_id))
    db.session.flush()


def find_banner(banner_id: int) -> Banner:
    """The banner, or NotFound."""
    banner = db.session.get(Banner, banner_id)
    if banner is None:
        raise NotFound(what="banner")
    return banner


def every_banner() -> list[Banner]:
    """All there are, in their order."""
    return list(db.session.scalars(select(Banner).order_by(Banner.position, Banner.id)))


def banners_now() -> list[ShownBanner]:
    """Those of this moment whose product is on sale or whose topic is shown, in their order, in one statement."""
    may_open = or_(
        and_(Banner.product_id.is_not(None), is_on_sale()), Banner.workshop_id.is_not(None), Topic.is_shown.is_(True)
    )
    maker = func.coalesce(Banner.workshop_id, Product.workshop_id)
    statement = (
        select(
            Banner.title, Banner.title_en, Banner.picture, Banner.product_id, Banner.workshop_id, Product.slug,
            Workshop.slug, Topic.slug,
        )
        .outerjoin(Product, Product.id == Banner.product_id)
        .outerjoin(Workshop, Workshop.id == maker)
        .outerjoin(Topic, Topic.id == Banner.topic_id)
        .where(Banner.shown_from <= now(), or_(Banner.shown_until.is_(None), Banner.shown_until > now()), may_open)
        .order_by(Banner.position, Banner.id)
        .limit(MOST_SHOWN)
    )  # fmt: skip
    return [
        ShownBanner(title, title_en, picture, _path(product_id, workshop_id, (product, workshop, topic)))
        for title, title_en, picture, product_id, workshop_id, product, workshop, topic in db.session.execute(statement)
    ]


def target_of(banner: Banner) -> str:
    """Where a banner leads, as BannerFields.target names it."""
    kinds: list[tuple[str, type[Product] | type[Workshop] | type[Topic], int | None]] = [
        ("product", Product, banner.product_id),
        ("workshop", Workshop, banner.workshop_id),
        ("topic", Topic, banner.topic_id),
    ]
    for kind, model, key in kinds:
        if key is not None:
            return f"{kind}:{db.session.scalar(select(model.slug).filter_by(id=key))}"
    return ""


def _path(product_id: int | None, workshop_id: int | None, slugs: tuple[str, str, str]) -> str:
    if product_id is not None:
        return f"/products/{slugs[0]}"
    return f"/workshops/{slugs[1]}" if workshop_id is not None else f"/topics/{slugs[2]}"


def _target(text: str) -> dict[str, int | None]:
    kind, _, slug = text.partition(":")
    models: dict[str, type[Product] | type[Workshop] | type[Topic]] = {
        "product": Product, "workshop": Workshop, "topic": Topic,
    }  # fmt: skip
    model = models.get(kind)
    key = db.session.scalar(select(model.id).filter_by(slug=slug)) if model else None
    if key is None:
        raise InvalidInput({"target": "没有这个页面"})
    return {f"{each}_id": key if each == kind else None for each in models}
