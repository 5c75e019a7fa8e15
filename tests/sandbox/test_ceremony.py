"""What stands before the first request: keys, settings, production, one process per directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

import sandbox.app
import sandbox.store
from sandbox.app import create_app
from sandbox.ceremony import hold_ceremony
from sandbox.keyring import NoKeys
from sandbox.rows import Nonce, Person
from sandbox.settings import RefusesProduction, Settings, settings_from_environment
from sandbox.store import AlreadyRunning, Store
from tests.sandbox.merchant import read_env
from tests.sandbox.servers import world_of

ROOT = Path(sandbox.app.__file__).parents[1]
NAMES = [
    "CARRIER_TRACKING",
    "CARRIER_TRACKING_BASE",
    "WECHAT_MINI_PUSH_TOKEN",
    "WECHAT_MINI_PUSH_AES_KEY",
    "WECHAT_MINI_APPID", "WECHAT_MINI_SECRET", "WECHAT_OA_APPID",
    "WECHAT_OA_SECRET", "WECHAT_WEB_APPID", "WECHAT_WEB_SECRET",
    "WECHAT_PAY_MCHID", "WECHAT_PAY_SERIAL", "WECHAT_PAY_PRIVATE_KEY_FILE",
    "WECHAT_PAY_APIV3_KEY", "WECHAT_PAY_PUBLIC_KEY_ID", "WECHAT_PAY_PUBLIC_KEY_FILE",
    "WECHAT_API_BASE", "WECHAT_PAY_BASE", "WECHAT_OPEN_BASE",
]  # fmt: skip


def run_init(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", "init", "--dir", str(directory), "--base-url", "http://127.0.0.1:8100/"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_ceremony_is_held_once_and_writes_what_the_house_needs(tmp_path: Path) -> None:
    first = run_init(tmp_path)
    assert first.returncode == 0, first.stderr
    env_file = Path(first.stdout.strip())
    assert env_file == tmp_path / "wechat.env"
    before = read_env(env_file)
    assert sorted(before) == sorted(NAMES)
    assert all(before.values())
    assert before["WECHAT_PAY_BASE"] == "http://127.0.0.1:8100"
    assert len(before["WECHAT_PAY_APIV3_KEY"]) == 32
    assert len(before["WECHAT_MINI_APPID"]) == 18
    for name in ("WECHAT_MINI_APPID", "WECHAT_OA_APPID", "WECHAT_WEB_APPID", "WECHAT_PAY_PUBLIC_KEY_ID"):
        assert "sandbox" in before[name].lower(), "a house in production could take it for real"
    assert run_init(tmp_path).returncode == 0
    assert read_env(env_file) == before


def test_certificates_and_keys_belong_together_and_are_private(tmp_path: Path) -> None:
    env = read_env(hold_ceremony(tmp_path, "http://127.0.0.1:8100"))
    certificate = x509.load_pem_x509_certificate((tmp_path / "keys" / "merchant_cert.pem").read_bytes())
    assert env["WECHAT_PAY_SERIAL"] == f"{certificate.serial_number:040X}"
    assert len(env["WECHAT_PAY_SERIAL"]) == 40
    key_file = Path(env["WECHAT_PAY_PRIVATE_KEY_FILE"])
    assert key_file.is_absolute()
    for secret in (key_file, tmp_path / "wechat.env", tmp_path / "keys" / "identity.json"):
        assert secret.stat().st_mode & 0o077 == 0, secret


def test_another_base_url_keeps_the_keys(tmp_path: Path) -> None:
    before = read_env(hold_ceremony(tmp_path, "http://127.0.0.1:8100"))
    after = read_env(hold_ceremony(tmp_path, "http://192.0.2.1:9000"))
    assert {name for name in NAMES if before[name] != after[name]} == {
        "WECHAT_API_BASE",
        "CARRIER_TRACKING_BASE",
        "WECHAT_PAY_BASE",
        "WECHAT_OPEN_BASE",
    }


@pytest.mark.parametrize("word", ["production", "Production", " PRODUCTION "])
def test_production_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    hold_ceremony(tmp_path, "http://127.0.0.1:8100")
    monkeypatch.setenv("APP_ENV", word)
    with pytest.raises(RefusesProduction):
        create_app(Settings(tmp_path))
    init = run_init(tmp_path / "other", APP_ENV=word)
    assert init.returncode == 1
    assert "production" in init.stderr
    assert not (tmp_path / "other").exists()


def test_without_keys_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoKeys, match=r"python -m sandbox init --dir"):
        create_app(Settings(tmp_path))


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = settings_from_environment(
        {"SANDBOX_DIR": str(tmp_path), "SANDBOX_BASE_URL": "http://127.0.0.1:9/", "SANDBOX_CLOCK_RATE": "60"}
    )
    assert settings == Settings(tmp_path, "http://127.0.0.1:9", 60.0)
    with pytest.raises(ValueError, match="SANDBOX_CLOCK_RATE"):
        settings_from_environment({"SANDBOX_CLOCK_RATE": "-1"})


def test_importing_the_module_starts_nothing() -> None:
    with pytest.raises(AttributeError):
        _ = sandbox.app.nothing
    assert "app" not in vars(sandbox.app)


def test_a_directory_has_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.store, "LOCK_PATIENCE_SECONDS", 0.2)
    hold_ceremony(tmp_path, "http://127.0.0.1:8100")
    app = create_app(Settings(tmp_path))
    try:
        with pytest.raises(AlreadyRunning, match="one process"):
            create_app(Settings(tmp_path))
    finally:
        world_of(app).close()
    world_of(create_app(Settings(tmp_path))).close()


def test_a_torn_last_line_loses_only_itself(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    store = Store(journal)
    people = [Person(f"u{n}", f"人{n}", "", {"wx": f"o{n}"}) for n in range(3)]
    store.save(*people[:2])
    store.save(people[2])
    store.forget(people[0])
    store.close()
    whole = journal.read_text(encoding="utf-8")
    journal.write_text(whole + '[["person", {"unionid": "u3", "nick', encoding="utf-8")
    again = Store(journal)
    assert again.all(Person) == people[1:]
    again.save(people[0])
    again.close()
    last = Store(journal)
    assert last.all(Person) == [*people[1:], people[0]]
    assert last.all(Nonce) == []
    last.close()
