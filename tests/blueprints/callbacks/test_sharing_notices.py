"""WeChat tells receivers of shares, not us; if such a notice comes all the same, it is kept and nothing is done."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.db import db
from domain.payments.models import Payment, PaymentAlarm, PaymentNotice, PaymentStatus
from tests.blueprints.callbacks.conftest import Awaited, Craft, Work


@pytest.mark.parametrize("event", ["PROFITSHARING.SUCCESS", "PROFITSHARING.RETURN"])
def test_a_notice_about_shares_is_kept_and_changes_nothing(
    app: Flask, client: FlaskClient, clean_database: None, awaited: Awaited, craft: Craft, work: Work, event: str
) -> None:
    content = {"order_id": "3008", "receiver": {"type": "MERCHANT_ID", "account": "1900000109", "amount": 100}}
    sent = craft(event_type=event, content=content)
    assert [sent.to(client).status_code for _ in range(2)] == [204, 204]
    work()
    with app.app_context():
        assert list(db.session.scalars(select(PaymentNotice.event_type))) == [event]
        assert db.session.scalars(select(Payment)).one().status == PaymentStatus.OPEN
        assert db.session.scalars(select(PaymentAlarm)).all() == []
