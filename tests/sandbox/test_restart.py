"""The sandbox as `make run` starts it: gunicorn in its own process, killed without warning, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox.ceremony import hold_ceremony
from tests.sandbox.merchant import Merchant
from tests.sandbox.servers import Receiver, wait_until
from tests.sandbox.test_ceremony import ROOT


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def gunicorn(directory: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--threads", "8", "--log-level", "error",
               "--bind", f"127.0.0.1:{port}", "sandbox.app:app"]  # fmt: skip
    environment = os.environ | {"SANDBOX_DIR": str(directory), "SANDBOX_BASE_URL": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_until(lambda: answers(port), "gunicorn did not come up")
        yield process
    finally:
        kill(process)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).is_success
    except httpx.TransportError:
        return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """At once, the worker with its master."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_nothing_is_lost_when_it_is_killed(tmp_path: Path, receiver: Receiver) -> None:
    port = free_port()
    env_file = hold_ceremony(tmp_path, f"http://127.0.0.1:{port}")
    receiver.answers = [503]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as web:
        merchant = Merchant(env_file, web)
        with gunicorn(tmp_path, port) as process:
            unpaid, code = merchant.place()
            paid, _ = merchant.place(notify_url=receiver.url)
            token = stable_token(web, merchant)
            web.post("/sandbox/clock", json={"rate": 1.25}).raise_for_status()
            web.post("/sandbox/pay", json={"out_trade_no": paid, "nickname": "顾客庚"}).raise_for_status()
            receiver.wait_for(1)
            nonce = "0123456789abcdef"
            assert merchant.call("GET", "/v3/certificates", nonce_str=nonce).status_code == 200
            wait_until(lambda: notice_of(web, paid)["tries"] == 1, "the first attempt was not noted")
            kill(process)
        receiver.answers = [204]
        with gunicorn(tmp_path, port):
            assert merchant.query(unpaid).json()["trade_state"] == "NOTPAY"
            assert merchant.query(paid).json()["trade_state"] == "SUCCESS"
            assert stable_token(web, merchant) == token
            assert "顾客庚" in [each["nickname"] for each in web.get("/sandbox/people").json()["people"]]
            assert web.get("/sandbox/clock").json()["rate"] == 1.25
            web.post("/sandbox/clock", json={"rate": 100}).raise_for_status()
            assert merchant.call("GET", "/v3/certificates", nonce_str=nonce).status_code == 401
            assert web.post("/sandbox/pay", json=code).json()["trade_state"] == "SUCCESS"
            arrivals = receiver.wait_for(2)
            assert arrivals[0].body == arrivals[1].body
            wait_until(lambda: notice_of(web, paid)["delivered_at"], "the notice was not delivered")
            assert [each["status"] for each in notice_of(web, paid)["attempts"]] == [503, 204]


def notice_of(web: httpx.Client, number: str) -> Any:
    [notice] = web.get(f"/sandbox/notices?format=json&out_trade_no={number}").json()["notices"]
    return notice


def stable_token(web: httpx.Client, merchant: Merchant) -> Any:
    body = {
        "grant_type": "client_credential",
        "appid": merchant.env["WECHAT_MINI_APPID"],
        "secret": merchant.env["WECHAT_MINI_SECRET"],
    }
    return web.post("/cgi-bin/stable_token", json=body).json()["access_token"]
