"""A filled shop on a database of its own: 44 workshops, 1,000 products, 3,000 SKUs, all in stock, and signed-in buyers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.clock import today
from core.db import db
from core.jobs import transaction
from domain.accounts.signing_in import WechatPerson, account_of_wechat, open_session
from domain.products.models import Brand, Category, ListingStatus, Product, Variant
from domain.shipping.models import Address
from domain.stock.receiving import receive
from domain.workshops.models import Certificate, CertificateType, Workshop

WORKSHOPS, PRODUCTS, VARIANTS = 44, 1000, 3


@dataclass(frozen=True, slots=True)
class Buyer:
    """A signed-in buyer: the API's token, an address to send to, and whose they are."""

    token: str
    address_id: int
    account_id: int


def fill(stock: int = 1_000_000, *, workshop_count: int = WORKSHOPS, product_count: int = PRODUCTS) -> None:
    """Make the catalogue, if it is not there. Run it in an application context."""
    with transaction():
        if db.session.query(Product).count():
            return
        category = Category(slug="bench", name="测量")
        db.session.add(category)
        workshops = [_workshop(number) for number in range(workshop_count)]
        db.session.flush()
        for number in range(product_count):
            db.session.add(_product(number, workshops[number % workshop_count].id, category.id))
        db.session.flush()
        for variant_id in db.session.scalars(db.select(Variant.id).order_by(Variant.id)):
            receive(variant_id, stock, reference="bench", by="bench")


def sign_in_buyers(openids: list[str], appid: str) -> list[Buyer]:
    """A new buyer for each openid, with a token for the API and an address."""
    with transaction():
        return [_buyer(openid, appid) for openid in openids]


def _workshop(number: int) -> Workshop:
    workshop = Workshop(
        slug=f"bench-{number:02}",
        name=f"测量作坊{number:02}",
        kind="糕点",
        town="坂里乡",
        address="坂里乡",
        is_member=True,
    )
    workshop.certificates.append(
        Certificate(
            type=CertificateType.WORKSHOP,
            number=f"BENCH{number:04}",
            issued_on=today() - timedelta(days=30),
            expires_on=today() + timedelta(days=365),
            scope="糕点",
        )
    )
    db.session.add(workshop)
    return workshop


def _product(number: int, workshop_id: int, category_id: int) -> Product:
    return Product(
        workshop_id=workshop_id,
        category_id=category_id,
        brand=Brand.HONG if number % 2 else Brand.XIAN,
        slug=f"bench-{number:04}",
        name=f"测量糕点{number:04}",
        tagline="一块用来测量的糕点",
        description="糯米、红糖和水，蒸四十分钟。" * 8,
        ingredients=["糯米", "红糖", "水"],
        net_content="500 g",
        storage="阴凉干燥处",
        shelf_life_days=30,
        status=ListingStatus.ON_SALE,
        pictures=["/static/generated/products/none"],
        variants=[
            Variant(
                sku=f"B{number:04}-{place}",
                gtin=f"{29_900_000_000_000 + number * 10 + place:014}",
                name=f"{place + 1} 块装",
                price_fen=990 + 100 * place + number,
                weight_grams=500 * (place + 1),
                position=place,
            )
            for place in range(VARIANTS)
        ],
    )


def _buyer(openid: str, appid: str) -> Buyer:
    account = account_of_wechat(WechatPerson(appid, openid, None, "测量买家"))
    address = Address(
        account_id=account.id, recipient="测量买家", phone="13800000000", province="福建省", city="漳州市",
        district="长泰区", street="坂里乡 1 号", is_default=True,
    )  # fmt: skip
    db.session.add(address)
    token = open_session(account, "mini")
    db.session.flush()
    return Buyer(token, address.id, account.id)
