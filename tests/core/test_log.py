"""Logs of a process as it runs in production: one JSON object a line, each with its request's id, none with a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask

from tests.fixtures.environment import ROOT

SCRIPT = """
import logging
from app import app
from core.web.guards import public

@public
def fail():
    logging.getLogger("a.library").warning("careful with %s", "fire")
    raise RuntimeError("水开了")

app.add_url_rule("/fail", "fail", fail)
client = app.test_client()
client.get("/fail?password=hunter2", headers={"X-Request-Id": "first"})
client.get("/fail", headers={"X-Request-Id": 'a "quoted"\\tid'})
logging.getLogger("a.library").info("after the request")
"""


def run(app: Flask, **settings: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def lines(app: Flask) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(app, LOG_FORMAT="json", LOG_LEVEL="INFO")]


def test_each_line_is_an_object_with_time_level_and_source(lines: list[dict[str, Any]]) -> None:
    assert len(lines) >= 4
    for line in lines:
        assert {"event", "level", "logger", "timestamp"} <= set(line)
        assert line["timestamp"].endswith("Z")


def test_each_line_of_a_request_has_its_id(lines: list[dict[str, Any]]) -> None:
    assert [line["request_id"] for line in lines if line["event"] == "unhandled_error"] == ["first", 'a "quoted"\tid']
    assert [line["request_id"] for line in lines if line["event"] == "careful with fire"] == ["first", 'a "quoted"\tid']


def test_a_fault_is_logged_whole_on_one_line(lines: list[dict[str, Any]]) -> None:
    fault = next(line for line in lines if line["event"] == "unhandled_error")
    assert (fault["level"], fault["path"], fault["method"]) == ("error", "/fail", "GET")
    assert "RuntimeError: 水开了" in fault["exception"]
    assert "Traceback" in fault["exception"]


def test_what_was_asked_behind_the_question_mark_is_not_logged(lines: list[dict[str, Any]]) -> None:
    assert "hunter2" not in json.dumps(lines)


def test_a_developer_reads_lines(app: Flask) -> None:
    output = "\n".join(run(app, LOG_FORMAT="text", LOG_LEVEL="WARNING"))
    assert "unhandled_error" in output
    assert "RuntimeError: 水开了" in output
    assert "after the request" not in output
