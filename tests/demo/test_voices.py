"""The demo's buyers buy, receive and review through the acts; one photo waits, and a listing does, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db
from demo import voices, window
from demo.loading import load
from domain.browsing import keeping
from domain.orders import paying
from domain.orders.models import Order, OrderStatus
from domain.payments.models import Payment
from domain.products.models import ListingStatus, Product
from domain.reviews.models import Review, ReviewStatus
from domain.showcase.banners import banners_now
from tests.factories.pictures import make_picture
from tests.factories.purchases import told
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat


@pytest.fixture
def illustrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing them all takes long; any photo will do."""
    (tmp_path / "products").mkdir()
    for place, slug in enumerate({slug for each in voices.VOICES for voice in each for slug in voice.pictures}):
        color = ("red", "green", "blue", "gold")[place % 4]
        (tmp_path / "products" / f"{slug}-800.webp").write_bytes(make_picture(color=color))
    monkeypatch.setattr(window, "GENERATED", tmp_path)


@pytest.mark.usefixtures("clean_database", "illustrations")
def test_buyers_are_heard_and_answered(app: Flask, pretend_wechat: PretendWechat) -> None:
    with committed(app):
        load("rtsp://127.0.0.1:1")

    def pay(number: str, code_url: str) -> None:
        with committed(app):
            out_trade_no = db.session.scalars(select(Payment.out_trade_no).filter_by(purpose=number)).one()
            pretend_wechat.pay(out_trade_no=out_trade_no)
            paying.confirm_payment(out_trade_no, told(out_trade_no), by="notice")

    people = [voices.Person(f"union-{n}", f"顾客{n}") for n in range(3)]
    with app.app_context():
        assert not voices.are_heard()
        voices.gather(people, pay)
        assert voices.are_heard()
        shown = db.session.query(Review).filter_by(status=ReviewStatus.SHOWN).all()
        held = db.session.query(Review).filter(Review.status != ReviewStatus.SHOWN).one()
        assert len(shown) == 4
        assert sum(1 for review in shown if review.pictures and review.reply) >= 2
        assert held.pictures
        assert {order.status for order in db.session.query(Order)} == {OrderStatus.COMPLETED}
        buyer = db.session.query(Order).first()
        assert buyer is not None
        assert {card.slug for card in keeping.favorites_of(buyer.account_id)} == set(voices.KEPT)
        assert db.session.query(Product).filter_by(status=ListingStatus.SUBMITTED).count() == 1
        assert all(banner.title_en for banner in banners_now())
