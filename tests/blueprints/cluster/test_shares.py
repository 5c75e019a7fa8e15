"""The operator looks at shares, tries a stuck one again or gives it up, and enters a workshop's merchant number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.db import db
from core.settings import settings
from domain.payments.models import Payment
from domain.payments.share_models import ProfitShare, ShareAccount
from domain.settlement.models import WorkshopMerchant
from domain.settlement.sharing import step
from domain.workshops.models import Workshop
from tests.factories.shares import make_sellers, sell_shared
from tests.factories.workshops import make_workshop
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser
from tests.fixtures.wechat import PretendWechat

Page = Callable[[TestResponse], Element]
LIST = "/cluster/settlement/shares"


@pytest.fixture
def stuck(
    app: Flask, operator: Browser, pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The payment number of a share of two workshops, the first of which got nothing."""
    monkeypatch.setenv("SETTLEMENT_MODE", "profit_sharing")
    settings.cache_clear()
    pretend_wechat.ask("faults", {"share_closed": True})
    with app.app_context():
        payment, share = sell_shared(pretend_wechat, dict.fromkeys(make_sellers(8000, 4000), 1))
        step(share.id)
        step(share.id)
        number = payment.out_trade_no
        assert share.status == "stuck"
        db.session.commit()
    pretend_wechat.ask("faults", {"reset": True})
    yield number
    settings.cache_clear()


def status_of(app: Flask, number: str) -> str:
    with app.app_context():
        chosen = select(ProfitShare.status).join(Payment, Payment.id == ProfitShare.payment_id)
        return str(db.session.scalar(chosen.where(Payment.out_trade_no == number)))


def test_the_list_and_what_is_known_of_one(operator: Browser, stuck: str, page: Page) -> None:
    listed = text_of(page(operator.get(f"{LIST}?status=stuck")))
    assert "要人处理" in listed
    assert "没有符合条件的分账" in text_of(page(operator.get(f"{LIST}?status=waiting")))
    assert "1 笔付款" in text_of(page(operator.get(f"{LIST}?number={stuck}")))
    told = text_of(page(operator.get(f"{LIST}/{stuck}")))
    assert "ACCOUNT_ABNORMAL" in told
    assert "已到账" in told
    assert "再分一次" in told
    assert operator.get(f"{LIST}/NOBODY").status_code == 404
    english = text_of(page(operator.get(f"{LIST}/{stuck}", headers={"Accept-Language": "en"})))
    assert not re.search("[\u4e00-\u9fff]", re.sub(r"测试作坊\d+", "", english).replace("中文", ""))


def test_again_under_a_new_number_or_not_at_all(app: Flask, operator: Browser, stuck: str, page: Page) -> None:
    assert operator.post(f"{LIST}/{stuck}", {"act": "retry"}).status_code == 302
    assert status_of(app, stuck) == "asked"
    refused = operator.post(f"{LIST}/{stuck}", {"act": "give_up"})
    assert refused.status_code == 409
    assert "当前状态不能进行此操作" in text_of(page(refused))
    assert operator.post(f"{LIST}/{stuck}", {"act": "burn"}).status_code == 422


def test_give_up(app: Flask, operator: Browser, stuck: str) -> None:
    assert operator.post(f"{LIST}/{stuck}", {"act": "give_up"}).status_code == 302
    assert status_of(app, stuck) == "unfreezing"


@pytest.fixture
def slug(app: Flask, operator: Browser) -> str:
    with app.app_context():
        made = make_workshop().slug
        db.session.commit()
    return made


def test_a_merchant_number_is_kept_with_its_history(app: Flask, operator: Browser, slug: str, page: Page) -> None:
    address = f"/cluster/settlement/workshops/{slug}"
    for mchid in ("1900000501", "1900000502"):
        answer = operator.post(f"{address}/merchant", {"mchid": mchid, "mch_name": "坂里酒坊有限公司"})
        assert answer.status_code == 302
    shown = text_of(page(operator.get(address)))
    assert "改过 2 次" in shown
    assert "等微信添加" in shown
    with app.app_context():
        rows = db.session.execute(select(ShareAccount.mchid, ShareAccount.status).order_by(ShareAccount.id)).all()
        assert [tuple(row) for row in rows] == [("1900000501", "leaving"), ("1900000502", "asked")]
        assert db.session.query(WorkshopMerchant).count() == 2
    operator.post(f"{address}/merchant", {"mchid": "", "mch_name": ""})
    with app.app_context():
        assert db.session.scalar(select(Workshop.wechat_mchid).filter_by(slug=slug)) is None


@pytest.mark.parametrize(
    "wrong", [{"mchid": "12"}, {"mchid": "1900000503"}, {"mch_name": "坂里酒坊"}, {"mchid": "19OOOOO503"}]
)
def test_a_wrong_merchant_number_changes_nothing(
    app: Flask, operator: Browser, slug: str, page: Page, wrong: dict[str, Any]
) -> None:
    answer = operator.post(f"/cluster/settlement/workshops/{slug}/merchant", {"mchid": "", "mch_name": ""} | wrong)
    assert answer.status_code == 422
    page(answer)
    with app.app_context():
        assert db.session.query(WorkshopMerchant).count() == 0


def test_two_workshops_have_not_one_merchant(app: Flask, operator: Browser, slug: str, page: Page) -> None:
    with app.app_context():
        db.session.add(make_workshop(wechat_mchid="1900000504"))
        db.session.commit()
    wish = {"mchid": "1900000504", "mch_name": "坂里酒坊"}
    answer = operator.post(f"/cluster/settlement/workshops/{slug}/merchant", wish)
    assert answer.status_code == 409
    assert "已经用在别处" in text_of(page(answer))
