"""A value that can't be used is refused at start-up, naming its variable and showing no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.settings import DEMO_SECRET, AppEnv, Settings
from tests.fixtures.environment import ROOT
from tests.fixtures.wechat import PretendWechat

REAL: dict[str, Any] = {
    "APP_ENV": "production",
    "SECRET_KEY": "f3a9c1e07b5d42868e1f0c9d7a6b5e4f3a2b1c0d",
    "ENCRYPTION_KEY": "0d1c2b3a4f5e6b7a9d0c1f8e6842d5b7e01c9a3f",
    "PUBLIC_BASE_URL": "https://shop.example.cn",
    "WECHAT_API_BASE": "https://api.weixin.qq.com",
    "WECHAT_OPEN_BASE": "https://open.weixin.qq.com",
    "WECHAT_PAY_BASE": "https://api.mch.weixin.qq.com",
    "WECHAT_MINI_APPID": "wx0123456789abcdef",
    "WECHAT_PAY_MCHID": "1600000000",
    "WECHAT_PAY_PUBLIC_KEY_ID": "PUB_KEY_ID_0116000000002024",
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`read(NAME=value, …)`: the settings of an environment in which nothing else is set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)

    def settings(**values: str) -> Settings:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return settings


def refusal(read: Any, **values: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read(**values)
    return str(refused.value)


def test_the_defaults_are_a_machine_of_a_developer(read: Any, tmp_path: Path) -> None:
    settings = read()
    assert settings.app_env is AppEnv.DEVELOPMENT
    assert not settings.is_production
    assert settings.object_store == f"file://{tmp_path}/var/objects"
    assert settings.database_url == "postgresql+psycopg:///banli"
    assert settings.zone.key == "Asia/Shanghai"


def test_a_file_in_the_working_folder_counts_and_the_environment_counts_more(read: Any, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORDER_PAYMENT_MINUTES=7\nLOG_LEVEL=ERROR\nSOMETHING_ELSE=1\n")
    settings = read(LOG_LEVEL="DEBUG")
    assert (settings.order_payment_minutes, settings.log_level) == (7, "DEBUG")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@db/banli", "postgresql+psycopg://u:p@db/banli"),
        ("postgres://u:p@db/banli", "postgresql+psycopg://u:p@db/banli"),
        ("postgresql+psycopg://u@/banli?host=/tmp", "postgresql+psycopg://u@/banli?host=/tmp"),
    ],
)
def test_a_database_address_as_providers_write_it(read: Any, given: str, used: str) -> None:
    assert read(DATABASE_URL=given).database_url == used


def test_a_slash_too_many_in_the_public_address_is_forgiven(read: Any) -> None:
    assert read(PUBLIC_BASE_URL="https://shop.example.cn/").public_base_url == "https://shop.example.cn"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"), ("DATABASE_URL", "sqlite:///x.db"), ("DATABASE_URL", "mysql://db/banli"), ("DATABASE_URL", ""),
        ("DATABASE_URL", "postgresqlite://x"), ("DATABASE_URL", "postgresql+asyncpg://x"), ("DATABASE_URL", "postgresql"),
        ("OBJECT_STORE", "ftp://x"), ("OBJECT_STORE", "/srv/objects"), ("OBJECT_STORE", "s3://"), ("OBJECT_STORE", "file://var"),
        ("OBJECT_STORE", "s3:bucket"), ("TIME_ZONE", "Mars/Olympus"), ("TIME_ZONE", ""), ("TIME_ZONE", "Asia"),
        ("TIME_ZONE", "../etc/passwd"), ("PUBLIC_BASE_URL", ""), ("PUBLIC_BASE_URL", "shop.example.cn"),
        ("PUBLIC_BASE_URL", "ftp://shop.example.cn"), ("LOG_FORMAT", "xml"), ("LOG_LEVEL", "LOUD"),
        ("DATABASE_POOL_SIZE", "0"), ("DATABASE_POOL_SIZE", "many"), ("ORDER_PAYMENT_MINUTES", "0"),
        ("ORDER_PAYMENT_MINUTES", "1441"), ("RECORDING_FILE_SECONDS", "1"), ("MEDIA_LINK_MINUTES", "0"),
        ("SEND_FILE_VIA", "pigeon"), ("WECHAT_TIMEOUT_SECONDS", "0"), ("WECHAT_TIMEOUT_SECONDS", "31"),
        ("WECHAT_VERIFICATION_FILES", "not json"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_names_its_variable(read: Any, name: str, value: str) -> None:
    try:
        message = refusal(read, **{name: value})
    except Exception as error:
        # What is no JSON is refused by pydantic-settings itself.
        message = str(error)
    assert name in message.upper()


def test_an_error_shows_no_secret(read: Any) -> None:
    message = refusal(read, SECRET_KEY="the-secret-itself", DATABASE_URL="mysql://u:password@db/banli")
    assert "DATABASE_URL" in message
    assert "the-secret-itself" not in message
    assert "password@" not in message


def test_no_settings_are_shown_when_they_are_printed(read: Any) -> None:
    settings = read(SECRET_KEY="the-secret-itself", WECHAT_PAY_APIV3_KEY="k" * 32, S3_SECRET_KEY="another-secret")
    for secret in ("the-secret-itself", "k" * 32, "another-secret"):
        assert secret not in repr(settings)


def test_production_with_everything_real(read: Any) -> None:
    assert read(**REAL).is_production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", DEMO_SECRET), ("SECRET_KEY", ""), ("SECRET_KEY", "x" * 31), ("ENCRYPTION_KEY", DEMO_SECRET),
        ("ENCRYPTION_KEY", "short"), ("PUBLIC_BASE_URL", "http://shop.example.cn"),
        ("WECHAT_API_BASE", "http://api.weixin.qq.com"), ("WECHAT_API_BASE", "https://api.weixin.qq.com.evil.example"),
        ("WECHAT_API_BASE", "https://api.weixin.qq.com@evil.example"), ("WECHAT_API_BASE", "http://127.0.0.1:9"),
        ("WECHAT_OPEN_BASE", "https://127.0.0.1"), ("WECHAT_OPEN_BASE", ""), ("WECHAT_PAY_BASE", "https://mch.weixin.example"),
        ("WECHAT_PAY_BASE", "api.mch.weixin.qq.com"), ("WECHAT_MINI_APPID", "wxsandbox54ae930f0"),
        ("WECHAT_OA_APPID", "wxsandbox54ae930f0"), ("WECHAT_WEB_APPID", "wxSANDBOX54ae930f0"),
        ("WECHAT_PAY_PUBLIC_KEY_ID", "PUB_KEY_ID_SANDBOX1900246807"), ("CARRIER_TRACKING", "simulated"),
    ],
)  # fmt: skip
def test_production_refuses_what_belongs_to_a_demo(read: Any, name: str, value: str) -> None:
    message = refusal(read, **(REAL | {name: value}))
    assert name in message
    others = [each for each in REAL if each not in {name, "APP_ENV"} and each in message]
    assert others == []
    # The same value is fine anywhere else.
    assert not read(**(REAL | {name: value} | {"APP_ENV": "development"})).is_production


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEY", "PUBLIC_BASE_URL"])
def test_production_needs_what_has_a_demo_value(read: Any, name: str) -> None:
    assert name in refusal(read, **{each: value for each, value in REAL.items() if each != name})


def test_production_names_everything_that_is_wrong_at_once(read: Any) -> None:
    message = refusal(read, APP_ENV="production", WECHAT_PAY_BASE="http://127.0.0.1:9")
    assert all(name in message for name in ("SECRET_KEY", "ENCRYPTION_KEY", "PUBLIC_BASE_URL", "WECHAT_PAY_BASE"))


def test_production_refuses_every_key_the_pretend_wechat_gives(read: Any, wechat_process: PretendWechat) -> None:
    message = refusal(read, **(REAL | wechat_process.environment))
    for name in (
        "WECHAT_MINI_APPID",
        "WECHAT_OA_APPID",
        "WECHAT_WEB_APPID",
        "WECHAT_PAY_PUBLIC_KEY_ID",
        "WECHAT_PAY_BASE",
    ):
        assert name in message


def test_the_application_does_not_start_with_a_wrong_value(tmp_path: Path) -> None:
    environment = {"APP_ENV": "production", "PATH": "/usr/bin:/bin", "VAR_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    started = subprocess.run(
        [sys.executable, "-c", "import app"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert started.returncode != 0
    assert "SECRET_KEY must be a random secret" in started.stderr
