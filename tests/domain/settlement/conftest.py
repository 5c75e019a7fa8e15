"""Sharing as the mode that holds, and a payment that waits to be shared."""

from __future__ import annotations

from typing import Any

import pytest

from core.settings import settings
from domain.payments.models import Payment
from domain.payments.share_models import ProfitShare
from tests.factories.shares import make_sellers, sell_shared
from tests.fixtures.wechat import PretendWechat


@pytest.fixture
def wechat(pretend_wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch) -> PretendWechat:
    """Payments are opened to be shared."""
    monkeypatch.setenv("SETTLEMENT_MODE", "profit_sharing")
    settings.cache_clear()
    return pretend_wechat


@pytest.fixture
def sold(session: Any, wechat: PretendWechat) -> tuple[Payment, ProfitShare]:
    """Two workshops sold for 80.00 and 40.00, with freight; received five days ago."""
    wine, cake = make_sellers(8000, 4000)
    return sell_shared(wechat, {wine: 1, cake: 1})
