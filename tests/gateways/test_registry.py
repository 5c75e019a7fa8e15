"""The registry makes each client once, from the settings, and says which setting is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import OutsideUnavailable
from core.settings import settings
from gateways import registry
from gateways.object_storage.local import LocalObjectStore
from gateways.object_storage.s3 import S3ObjectStore
from tests.gateways.conftest import PretendWechat


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    settings.cache_clear()
    registry.reset()
    yield
    registry.reset()
    settings.cache_clear()


def choose(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    registry.reset()


def test_each_client_is_made_once(wechat: PretendWechat) -> None:
    for make in (registry.wechat_pay, registry.wechat_mini, registry.wechat_oauth, registry.object_store):
        assert make() is make()
    before = registry.wechat_pay()
    registry.reset()
    assert registry.wechat_pay() is not before


def test_the_settings_name_the_merchant(wechat: PretendWechat) -> None:
    assert registry.wechat_pay().mchid == wechat.environment["WECHAT_PAY_MCHID"]
    assert registry.wechat_mini().appid == wechat.environment["WECHAT_MINI_APPID"]


@pytest.mark.parametrize(
    "name",
    [
        "WECHAT_PAY_MCHID",
        "WECHAT_PAY_SERIAL",
        "WECHAT_PAY_PRIVATE_KEY_FILE",
        "WECHAT_PAY_APIV3_KEY",
        "WECHAT_PAY_PUBLIC_KEY_FILE",
    ],
)
def test_a_missing_key_is_named(wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    settings.cache_clear()
    with pytest.raises(OutsideUnavailable) as missing:
        registry.wechat_pay()
    assert missing.value.params == {"setting": name}


@pytest.mark.parametrize("length", [31, 33])
def test_an_apiv3_key_has_32_bytes(wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    choose(monkeypatch, WECHAT_PAY_APIV3_KEY="k" * length)
    with pytest.raises(OutsideUnavailable) as wrong:
        registry.wechat_pay()
    assert wrong.value.params == {"setting": "WECHAT_PAY_APIV3_KEY"}


def test_a_wrong_file_is_named(wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, WECHAT_PAY_PUBLIC_KEY_FILE=wechat.environment["WECHAT_PAY_PRIVATE_KEY_FILE"])
    with pytest.raises(OutsideUnavailable) as wrong:
        registry.wechat_pay()
    assert wrong.value.params == {"setting": "WECHAT_PAY_PUBLIC_KEY_FILE"}


@pytest.mark.parametrize("name", ["WECHAT_MINI_APPID", "WECHAT_MINI_SECRET"])
def test_a_missing_mini_program_is_named(wechat: PretendWechat, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    settings.cache_clear()
    with pytest.raises(OutsideUnavailable) as missing:
        registry.wechat_mini()
    assert missing.value.params == {"setting": name}


def test_objects_lie_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, OBJECT_STORE=f"file://{tmp_path}/a folder#1")
    store = registry.object_store()
    assert isinstance(store, LocalObjectStore)
    assert store.root == tmp_path / "a folder#1"
    choose(
        monkeypatch, OBJECT_STORE="s3://bucket/pre/fix", S3_ACCESS_KEY="a", S3_SECRET_KEY="b",
        S3_ENDPOINT_URL="http://127.0.0.1:9",
    )  # fmt: skip
    bucket = registry.object_store()
    assert isinstance(bucket, S3ObjectStore)
    assert str(bucket.url("x/y.mp4", 60)).startswith("http://127.0.0.1:9/bucket/pre/fix/x/y.mp4?")
