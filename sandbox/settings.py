"""What the pretend WeChat reads from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_BASE_URL = "http://127.0.0.1:8100"
DEFAULT_DIR = "var/sandbox"


class RefusesProduction(Exception):
    """The pretend WeChat never runs beside real money."""


@dataclass(frozen=True)
class Settings:
    """One typed value per environment variable.

    SANDBOX_DIR: keys and state. SANDBOX_BASE_URL: how browsers reach this app, without a trailing slash.
    SANDBOX_CLOCK_RATE: how many times faster than WeChat's the retry schedule of notices runs.
    SANDBOX_PUSH_URL: where events are pushed to.
    """

    directory: Path
    base_url: str = DEFAULT_BASE_URL
    clock_rate: float = 1.0
    push_url: str = ""

    def __post_init__(self) -> None:
        if self.clock_rate <= 0:
            raise ValueError("SANDBOX_CLOCK_RATE must be above 0")
        if self.base_url.endswith("/"):
            raise ValueError("SANDBOX_BASE_URL must not end with a slash")

    @property
    def keys_directory(self) -> Path:
        return self.directory / "keys"

    @property
    def journal_file(self) -> Path:
        return self.directory / "journal.jsonl"


def settings_from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises RefusesProduction when APP_ENV says production."""
    if environment.get("APP_ENV", "").strip().lower() == "production":
        raise RefusesProduction("the pretend WeChat refuses to start with APP_ENV=production")
    return Settings(
        directory=Path(environment.get("SANDBOX_DIR") or DEFAULT_DIR).resolve(),
        base_url=(environment.get("SANDBOX_BASE_URL") or DEFAULT_BASE_URL).rstrip("/"),
        clock_rate=float(environment.get("SANDBOX_CLOCK_RATE") or 1),
        push_url=environment.get("SANDBOX_PUSH_URL") or "",
    )
