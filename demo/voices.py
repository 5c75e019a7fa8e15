"""Buyers of the demo who tell what they got: each orders, pays at the pretend WeChat, receives and reviews, through the same
acts as everybody; workshops answer. One photo waits for the operator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from core.clock import now
from core.db import db
from core.jobs import transaction
from core.settings import settings
from demo.window import picture_file
from domain.accounts.models import Account
from domain.accounts.signing_in import WechatPerson, account_of_wechat
from domain.attachments.storing import store_pictures
from domain.batches.models import Batch, BatchStatus
from domain.browsing import keeping
from domain.cart import holding, totals
from domain.fulfillment import packing, receiving, reviewing, shipping_out
from domain.labels.minting import codes_of
from domain.labels.models import PackageCode
from domain.orders import history, paying, placing
from domain.orders.models import Order, WorkshopOrder
from domain.payments.models import PaymentChannel
from domain.payments.opening import Way
from domain.products.models import Product, Variant
from domain.reviews import deciding, replying
from domain.reviews.models import MOST_PICTURES, Review, ReviewStatus
from domain.reviews.writing import Opinion
from domain.shipping.addresses import AddressFields, add_address

Pay = Callable[[str, str], object]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the pretend WeChat."""

    unionid: str
    nickname: str


@dataclass(frozen=True, slots=True)
class Voice:
    """What one buyer says of a product's first variant. `pictures` are illustrations of products; `is_held`: the operator has
    still to look at its photos."""

    product: str
    stars: int
    text: str
    pictures: tuple[str, ...] = ()
    reply: str = ""
    is_held: bool = False


VOICES = (
    (
        Voice(
            "xinchun-peanut-candy", 5, "一层一层的，掉在手上都舍不得拍掉。纸包的送人也好看。", ("xinchun-peanut-candy-wrapped",),
            "谢谢！酥糖怕潮，开了包请尽快吃完。",
        ),
        Voice("neifang-black-tofu", 5, "豆味很浓，煎着吃边上焦焦的。冰袋到的时候还是凉的。", ("neifang-black-tofu",)),
    ),
    (
        Voice("sidatong-three-year", 4, "温着喝顺口，甜度比想的高一点，配卤菜正好。", (), "喜欢干一点的，试试石格温壶老酒。"),
        Voice(
            "xinchun-mung-cake", 3, "馅不错，可是压碎了两块。", ("xinchun-mung-cake",),
            "对不起，碎了的可以在订单里申请售后，我们换了厚一点的盒子。",
        ),
        Voice("shige-red-lees", 5, "炖肉放两勺，颜色漂亮。", ("shige-red-lees",), is_held=True),
    ),
)  # fmt: skip
KEPT = ("sidatong-five-year", "danyan-pork-balls", "banlixu-alkaline-noodles")
SEARCHED = ("红曲酒", "豆腐")


def are_heard() -> bool:
    """Whether anybody has reviewed anything."""
    with transaction():
        return db.session.scalar(select(Review.id).limit(1)) is not None


def gather(people: list[Person], pay: Pay) -> None:
    """Each of the first people buys what their voices speak of, receives it and says so. `pay(number, code_url)` pays an
    order at the pretend WeChat and comes back when it is paid."""
    for person, voices in zip(people, VOICES, strict=False):
        with transaction():
            number, code_url = _order(person, [voice.product for voice in voices])
        pay(number, code_url)
        with transaction():
            _send(number)
        with transaction():
            order = db.session.scalars(select(Order).filter_by(number=number)).one()
            receiving.confirm_receipt(order, "buyer")
            for voice in voices:
                _speak(order, voice)


def account_of(person: Person) -> Account:
    """Who they are in the shop, as if they had signed in by QR code."""
    return account_of_wechat(
        WechatPerson(settings().wechat_web_appid, f"demo-{person.unionid}", person.unionid, person.nickname)
    )


def _order(person: Person, slugs: list[str]) -> tuple[str, str]:
    """The order's number, and the code to pay it."""
    account = account_of(person)
    _look_around(account, slugs)
    holder = holding.Holder(account_id=account.id)
    for slug in slugs:
        sku = select(Variant.sku).join(Product).where(Product.slug == slug, Variant.position == 0)
        holding.add(holder, db.session.scalars(sku).one(), 1)
    written = AddressFields("顾客甲", "13800138000", "福建省", "漳州市", "芗城区", "示例路 6 号")
    address = add_address(account.id, written)
    total_fen = totals.cart_totals(holder).total_fen
    request = placing.Request(address, total_fen, f"demo-voices-{account.id}-{now().timestamp():.0f}")
    order = placing.place_order(account.id, request)
    opened = paying.open_payment(account.id, order, Way(PaymentChannel.NATIVE))
    return order.number, opened.url or ""


def _look_around(account: Account, slugs: list[str]) -> None:
    """What they looked at, kept and searched for."""
    for slug in (*slugs, *KEPT):
        keeping.note_view(account.id, db.session.scalars(select(Product.id).filter_by(slug=slug)).one())
    for slug in KEPT:
        keeping.keep_favorite(account.id, slug)
    for words in SEARCHED:
        keeping.note_search(account.id, words)


def _send(number: str) -> None:
    """Every workshop packs packets with codes into its box and hands it to a carrier."""
    order = db.session.scalars(select(Order).filter_by(number=number)).one()
    for row in order.workshop_orders:
        part = history.part_of_workshop(frozenset({row.workshop_id}), row.number)
        for line in part.lines:
            for code in _codes(part, line.variant_id)[: line.quantity]:
                packing.pack_package(part, code.serial, by="owner")
        packing.finish_packing(part, by="owner")
        shipping_out.ship(part, "SF", f"SF{int(now().timestamp() * 1000) + part.id:013d}", by="owner")


def _codes(part: WorkshopOrder, variant_id: int) -> list[PackageCode]:
    """Codes of the workshop's newest released batch; the last ones, which nobody else's box takes first."""
    statement = select(Batch).filter_by(
        variant_id=variant_id, workshop_id=part.workshop_id, status=BatchStatus.RELEASED
    )
    batch = db.session.scalars(statement.order_by(Batch.id.desc())).first()
    return codes_of(batch)[::-1] if batch else []


def _speak(order: Order, voice: Voice) -> None:
    line = next(line for line in order.lines if line.product_slug == voice.product)
    contents = [picture_file(slug).read_bytes() for slug in voice.pictures]
    pictures = store_pictures(contents, order.account_id, MOST_PICTURES)
    review = reviewing.review_line(order.account_id, order.number, line.sku, Opinion(voice.stars, voice.text, pictures))
    if not voice.is_held:
        deciding.decide(review.id, ReviewStatus.SHOWN, by="operator")
    if voice.reply:
        replying.reply({line.workshop_id}, review.id, voice.reply, by="owner")
