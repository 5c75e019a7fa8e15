"""The one place where the environment is read: typed, documented, checked before anything starts.

Every field is one environment variable of the same name in capitals (`database_url` is `DATABASE_URL`), also read from
`.env` in the working folder. `docs/configuration.md` describes each; a test keeps the two in step.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET = "demo-secret-for-development-only"  # noqa: S105
OFFICIAL_WECHAT_HOSTS = {
    "api.weixin.qq.com", "api2.weixin.qq.com", "open.weixin.qq.com", "api.mch.weixin.qq.com", "api2.mch.weixin.qq.com",
}  # fmt: skip


class AppEnv(StrEnum):
    """Where the product runs. Only `production` refuses what belongs to a demo."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class SettlementMode(StrEnum):
    """How workshops come to their money: the cluster collects and pays out by statements; WeChat shares part of each
    payment (分账); or each workshop is a merchant and one payment has a sub-order for each (合单)."""

    PAYOUTS = "payouts"
    PROFIT_SHARING = "profit_sharing"
    COMBINED = "combined"


class SendFileVia(StrEnum):
    """Who sends footage bytes: this process, or nginx by X-Accel-Redirect."""

    SELF = "self"
    NGINX = "nginx"


def _absolute(path: Path) -> Path:
    return path.absolute()


def _is_set(value: SecretStr | Path | str | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


Folder = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """All settings of the product. A value that can't be used is refused at start-up, naming its variable."""

    # An error names the variable, and never shows what the others hold.
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    app_env: AppEnv = AppEnv.DEVELOPMENT
    secret_key: SecretStr = SecretStr(DEMO_SECRET)
    encryption_key: SecretStr = SecretStr(DEMO_SECRET)
    public_base_url: str = "http://127.0.0.1:8000"
    time_zone: str = "Asia/Shanghai"
    var_dir: Folder = Path("var")
    log_format: str = Field(default="auto", pattern="^(auto|text|json)$")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    database_url: str = "postgresql+psycopg:///banli"
    database_pool_size: int = Field(default=5, ge=1, le=50)
    snapshot_seconds: float = Field(default=0.8, ge=0, le=0.8)

    object_store: str = ""
    s3_endpoint_url: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")

    order_payment_minutes: int = Field(default=30, ge=1, le=24 * 60)
    aftersale_answer_hours: int = Field(default=48, ge=1, le=24 * 30)
    aftersale_return_days: int = Field(default=7, ge=1, le=60)
    aftersale_confirm_days: int = Field(default=5, ge=1, le=60)
    aftersale_dispute_days: int = Field(default=7, ge=1, le=60)
    aftersale_fresh_hours: int = Field(default=48, ge=1, le=24 * 30)
    aftersale_window_days: int = Field(default=7, ge=1, le=60)

    receipt_days_express: int = Field(default=10, ge=1, le=60)
    carrier_tracking: str = Field(default="", pattern="^(|simulated)$")
    carrier_tracking_base: str = ""
    carrier_tracking_seconds: int = Field(default=1800, ge=1, le=24 * 3600)
    settlement_hold_days: int = Field(default=2, ge=0, le=60)
    settlement_mode: SettlementMode = SettlementMode.PAYOUTS
    profit_sharing_cap_basis_points: int = Field(default=3000, ge=100, le=10_000)
    wechat_fee_basis_points: int = Field(default=60, ge=0, le=1000)

    recording_file_seconds: int = Field(default=60, ge=2, le=600)
    recording_retention_days: int = Field(default=30, ge=1)
    live_dir: Folder | None = None
    media_link_minutes: int = Field(default=10, ge=1, le=120)
    send_file_via: SendFileVia = SendFileVia.SELF

    wechat_api_base: str = "https://api.weixin.qq.com"
    wechat_open_base: str = "https://open.weixin.qq.com"
    wechat_mini_appid: str = ""
    wechat_mini_secret: SecretStr = SecretStr("")
    wechat_mini_push_token: SecretStr = SecretStr("")
    wechat_mini_push_aes_key: SecretStr = SecretStr("")
    wechat_mini_templates: dict[str, str] = Field(default_factory=dict)
    wechat_mini_version: str = Field(default="formal", pattern="^(developer|trial|formal)$")
    wechat_oa_appid: str = ""
    wechat_oa_secret: SecretStr = SecretStr("")
    wechat_web_appid: str = ""
    wechat_web_secret: SecretStr = SecretStr("")
    wechat_pay_base: str = "https://api.mch.weixin.qq.com"
    wechat_pay_mchid: str = ""
    wechat_pay_serial: str = ""
    wechat_pay_private_key_file: Path | None = None
    wechat_pay_apiv3_key: SecretStr = SecretStr("")
    wechat_pay_public_key_id: str = ""
    wechat_pay_public_key_file: Path | None = None
    wechat_timeout_seconds: float = Field(default=4.0, gt=0, le=30)
    wechat_verification_files: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fill_and_check(self) -> Self:
        if not self.object_store:
            self.object_store = f"file://{self.var_dir / 'objects'}"
        store = urlsplit(self.object_store)
        if not (store.scheme == "s3" and store.netloc) and not self.object_store.startswith("file:///"):
            raise ValueError("OBJECT_STORE must be file:///folder or s3://bucket/prefix")
        scheme, separator, place = self.database_url.partition("://")
        if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not separator:
            raise ValueError("DATABASE_URL must name a PostgreSQL database")
        self.database_url = f"postgresql+psycopg://{place}"
        self.public_base_url = self.public_base_url.rstrip("/")
        public = urlsplit(self.public_base_url)
        if public.scheme not in {"http", "https"} or not public.hostname:
            raise ValueError("PUBLIC_BASE_URL must be a web address such as https://shop.example.cn")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError("TIME_ZONE must be a name such as Asia/Shanghai") from None
        if self.settlement_mode is SettlementMode.COMBINED:
            self._refuse_half_a_merchant()
        if self.app_env is AppEnv.PRODUCTION:
            self._refuse_demo_values()
        return self

    def _refuse_half_a_merchant(self) -> None:
        """Combined payments are asked for by the cluster's merchant, and their notices are read with its keys."""
        needed = (
            "wechat_pay_mchid", "wechat_pay_serial", "wechat_pay_private_key_file", "wechat_pay_apiv3_key",
            "wechat_pay_public_key_id", "wechat_pay_public_key_file",
        )  # fmt: skip
        missing = [name.upper() for name in needed if not _is_set(getattr(self, name))]
        if missing:
            raise ValueError(f"SETTLEMENT_MODE=combined needs {', '.join(missing)}")

    def _refuse_demo_values(self) -> None:
        """Production starts only with real secrets, official WeChat hosts and https callbacks."""
        faults = []
        for name in ("secret_key", "encryption_key"):
            value = getattr(self, name).get_secret_value()
            if value == DEMO_SECRET or len(value) < 32:
                faults.append(f"{name.upper()} must be a random secret of at least 32 characters")
        if urlsplit(self.public_base_url).scheme != "https":
            faults.append("PUBLIC_BASE_URL must start with https:// (WeChat calls back to it)")
        for name in ("wechat_api_base", "wechat_open_base", "wechat_pay_base"):
            url = urlsplit(getattr(self, name))
            if url.scheme != "https" or url.hostname not in OFFICIAL_WECHAT_HOSTS:
                faults.append(f"{name.upper()} must be WeChat's own https address")
        for name in ("wechat_mini_appid", "wechat_oa_appid", "wechat_web_appid", "wechat_pay_public_key_id"):
            if "sandbox" in getattr(self, name).lower():
                faults.append(f"{name.upper()} is a sandbox key")
        if self.carrier_tracking == "simulated":
            faults.append("CARRIER_TRACKING must not be simulated")
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def logs_are_json(self) -> bool:
        return self.log_format == "json" or (self.log_format == "auto" and self.is_production)

    @property
    def is_production(self) -> bool:
        return self.app_env is AppEnv.PRODUCTION

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
