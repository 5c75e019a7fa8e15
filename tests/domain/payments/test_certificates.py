"""Platform certificates that the worker fetched are trusted by every other process, so that a rotation refuses no notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.db import db
from domain.payments.jobs import refresh_certificates
from gateways import registry
from gateways.wechat_pay.errors import NoticeFault, NoticeRefused
from gateways.wechat_pay.models import WechatPayCertificate
from tests.fixtures.racing import committed
from tests.fixtures.wechat import PretendWechat


@pytest.fixture
def another_process() -> Iterator[Any]:
    """`another_process()`: clients as a process has them that started just now."""
    yield registry.reset
    registry.reset()


def grey_notice(wechat: PretendWechat) -> dict[str, Any]:
    """A notice signed by a certificate, though we asked for the public key: WeChat does so for a part of them."""
    wechat.ask("faults", {"certificate_signed": True})
    return wechat.ask("notices/craft", {"faults": {"certificate_signed": True}})


def fault_of(notice: dict[str, Any]) -> NoticeFault | None:
    try:
        registry.wechat_pay().read_notice(notice["headers"], notice["body"].encode())
    except NoticeRefused as refused:
        return refused.reason
    return None


def test_what_the_worker_fetched_the_web_trusts(
    app: Flask, clean_database: None, pretend_wechat: PretendWechat, another_process: Any
) -> None:
    notice = grey_notice(pretend_wechat)
    with app.app_context():
        assert fault_of(notice) is NoticeFault.SERIAL_UNKNOWN
    another_process()
    with committed(app):
        refresh_certificates.run()
    another_process()
    with app.app_context():
        assert fault_of(notice) is None
        assert (
            fault_of(notice | {"headers": notice["headers"] | {"Wechatpay-Serial": "7" * 40}})
            is NoticeFault.SERIAL_UNKNOWN
        )
    with committed(app):
        refresh_certificates.run()
    with app.app_context():
        assert db.session.scalar(select(func.count(WechatPayCertificate.serial))) == 2, "seen again, not kept again"


def test_a_fetch_that_is_rolled_back_is_not_shared(
    app: Flask, clean_database: None, pretend_wechat: PretendWechat, another_process: Any
) -> None:
    notice = grey_notice(pretend_wechat)
    with app.app_context():
        refresh_certificates.run()
        assert fault_of(notice) is None, "who fetched them knows them"
        db.session.rollback()
    another_process()
    with app.app_context():
        assert fault_of(notice) is NoticeFault.SERIAL_UNKNOWN
