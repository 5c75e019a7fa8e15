"""A morning in the demo, lived through the same acts and addresses as people use: three workshops make a batch before
their cameras, the laboratory releases it, somebody buys of two workshops and pays at the pretend WeChat, one owner packs
and ships. Afterwards there is a packet whose page plays its own footage.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import structlog
from sqlalchemy import select

from core.clock import now, today
from core.db import db
from core.jobs import transaction
from core.settings import settings
from demo import voices
from demo.content.reading import BatchTemplate, Content, read_content
from demo.loading import BY, CODES_PER_BATCH, ingredients_of
from demo.together import open_group
from domain.batches import making, releasing
from domain.batches.models import Batch
from domain.cameras.models import Camera, CameraStatus
from domain.cart import holding, totals
from domain.fulfillment import packing, shipping_out
from domain.labels.minting import codes_of, mint_codes
from domain.orders import history, paying, placing
from domain.orders.models import Order
from domain.payments.models import PaymentChannel
from domain.payments.opening import Way
from domain.products.models import Product, Variant
from domain.shipping.addresses import AddressFields, add_address
from domain.shipping.models import Address
from domain.stock.receiving import receive
from domain.workshops.models import Workshop, ZoneKind

log = structlog.get_logger(__name__)
MADE_BEFORE_CAMERAS = ("sidatong-three-year", "neifang-black-tofu", "banlixu-alkaline-noodles")
# Minutes of the template become seconds here, so that a morning passes in about two minutes.
LONGEST_STEP_SECONDS = 75
PAUSE_SECONDS = 600


def stay() -> None:
    """Live a morning each day, for as long as the product runs. A morning that goes wrong is told and left."""
    while True:
        try:
            run()
        except Exception:
            log.exception("tour_failed")
        db.session.remove()
        time.sleep(PAUSE_SECONDS)


def run() -> None:
    """Live the morning unless today's was lived already."""
    if not voices.are_heard():
        voices.gather(_people()[1:], _pay)
    if _was_lived_today():
        return
    if not _wait_for(_cameras_see, seconds=90):
        log.warning("tour_without_cameras")
    _have_a_group()
    content = read_content()
    with transaction():
        started = {slug: _start(content, slug) for slug in MADE_BEFORE_CAMERAS}
    _work(started)
    with transaction():
        for batch_id in started.values():
            _finish(batch_id)
    with transaction():
        number, code_url = _buy()
    # Only now: the money may move once our own rows are there to be found by the notice.
    if _pay(number, code_url):
        with transaction():
            _pack_and_ship(number, set(started.values()))
    log.info("tour_done", order=number)


def _have_a_group() -> None:
    """Somebody opens a group that lacks one person, for whoever looks at the shop today."""
    with transaction():
        account = voices.account_of(_people()[1])
        opened = open_group(account.id, _address(account.id))
    if opened:
        _pay(*opened)


def _was_lived_today() -> bool:
    slugs = Product.slug.in_(MADE_BEFORE_CAMERAS)
    made_today = select(Batch.id).join(Product, Product.id == Batch.product_id).where(slugs, Batch.made_on == today())
    with transaction():
        return db.session.scalar(made_today.limit(1)) is not None


def _cameras_see() -> bool:
    wanted = (
        select(Camera.id)
        .join(Workshop, Workshop.id == Camera.workshop_id)
        .join(Product, Product.workshop_id == Workshop.id)
        .where(Product.slug.in_(MADE_BEFORE_CAMERAS), Camera.status != CameraStatus.ACTIVE)
    )
    return db.session.scalar(wanted.limit(1)) is None


def _start(content: Content, slug: str) -> int:
    template = next(template for template in content.batches if template.product == slug)
    variant = db.session.scalars(select(Variant).join(Product).where(Product.slug == slug, Variant.position == 0)).one()
    ingredients = ingredients_of(content, template, today())
    return making.start_batch(variant, CODES_PER_BATCH, by="owner", ingredients=ingredients).id


def _work(started: dict[str, int]) -> None:
    """Zone after zone, as time really passes: the hours noted are the hours on film."""
    templates = {template.product: template for template in read_content().batches}
    for zone in ZoneKind:
        began_at = now()
        seconds = min(LONGEST_STEP_SECONDS, max(_minutes(templates[slug], zone) for slug in started))
        time.sleep(seconds)
        with transaction():
            for batch_id in started.values():
                making.note_zone_times(db.session.get_one(Batch, batch_id), zone, began_at, now())


def _minutes(template: BatchTemplate, zone: ZoneKind) -> int:
    return sum(step.duration_minutes for step in template.steps if step.zone == zone.value)


def _finish(batch_id: int) -> None:
    batch = db.session.get_one(Batch, batch_id)
    making.finish_batch(batch, by="owner")
    releasing.release_batch(batch, by="laboratory")
    mint_codes(batch, CODES_PER_BATCH)
    receive(batch.variant_id, batch.quantity, reference=batch.lot, by=BY)
    log.info("tour_batch", lot=batch.lot, product_id=batch.product_id)


def _buy() -> tuple[str, str]:
    """A pretend person orders of two workshops: the order's number, and the code to pay at the pretend WeChat."""
    account = voices.account_of(_people()[0])
    address = _address(account.id)
    holder = holding.Holder(account_id=account.id)
    for slug, quantity in zip(MADE_BEFORE_CAMERAS[:2], (1, 2), strict=True):
        sku = db.session.scalars(select(Variant.sku).join(Product).where(Product.slug == slug, Variant.position == 0))
        holding.add(holder, sku.one(), quantity)
    basket = totals.cart_totals(holder)
    request = placing.Request(address, basket.total_fen, f"demo-tour-{now().timestamp():.0f}", "麻烦多放两个冰袋")
    order = placing.place_order(account.id, request)
    opened = paying.open_payment(account.id, order, Way(PaymentChannel.NATIVE))
    return order.number, opened.url or ""


def _address(account_id: int) -> Address:
    fields = AddressFields("顾客甲", "13800138000", "福建省", "厦门市", "思明区", "示例路 18 号")
    return add_address(account_id, fields)


def _people() -> list[voices.Person]:
    """Who there is at the pretend WeChat."""
    answer = httpx.get(f"{settings().wechat_pay_base}/sandbox/people", timeout=10)
    return [voices.Person(person["unionid"], person["nickname"]) for person in answer.json()["people"]]


def _pay(number: str, code_url: str) -> bool:
    """At the pretend WeChat, whose notice tells us; whether it came."""
    httpx.post(f"{settings().wechat_pay_base}/sandbox/pay", json={"code_url": code_url}, timeout=10).raise_for_status()
    return _wait_for(lambda: _is_paid(number), seconds=60)


def _is_paid(number: str) -> bool:
    return db.session.scalar(select(Order.paid_at).filter_by(number=number)) is not None


def _pack_and_ship(number: str, made: set[int]) -> None:
    """The first workshop packs packets of the batches just made into its box and hands it to a carrier."""
    order = db.session.scalars(select(Order).filter_by(number=number)).one()
    part = order.workshop_orders[0]
    part = history.part_of_workshop(frozenset({part.workshop_id}), part.number)
    for line in part.lines:
        fresh = select(Batch).where(Batch.variant_id == line.variant_id, Batch.id.in_(made))
        codes = codes_of(db.session.scalars(fresh).one())
        for code in codes[: line.quantity]:
            packing.pack_package(part, code.serial, by="owner")
    packing.finish_packing(part, by="owner")
    shipping_out.ship(part, "SF", f"SF{int(now().timestamp()):013d}", by="owner")


def _wait_for(happened: Callable[[], bool], *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with transaction():
            if happened():
                return True
        time.sleep(1)
    return False
