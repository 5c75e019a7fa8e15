"""The real servers of these tests: the sandbox over HTTP, and a merchant's address that receives notices."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.ceremony import hold_ceremony
from sandbox.settings import Settings
from sandbox.world import World

PATIENCE_SECONDS = 30


@dataclass
class Received:
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """Answers each notice with the next of `answers`, then with the last one for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[Received]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, PATIENCE_SECONDS), (
                f"{len(self.received)} notices came, not {count}"
            )
            return list(self.received)

    def take(self, headers: dict[str, str], body: str) -> int:
        with self.arrived:
            status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.received.append(Received(headers, body))
            self.arrived.notify_all()
        return status


class QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def running_sandbox(directory: Path) -> Iterator[str]:
    """The address of a sandbox that keeps its keys and state in `directory`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        hold_ceremony(directory, base_url)
        app = create_app(Settings(directory, base_url))
        with served(app, listener):
            yield base_url
    world_of(app).close()


@contextmanager
def served(app: Flask, listener: socket.socket) -> Iterator[None]:
    host, port = listener.getsockname()
    server = make_server(host, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(receiver.take(dict(self.headers), body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/callbacks/wechat-pay"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def world_of(app: Flask) -> World:
    world = app.extensions["sandbox"]
    assert isinstance(world, World)
    return world


def wait_until(question: object, words: str) -> None:
    """Ask again and again until the callable says yes."""
    assert callable(question)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not question():
        assert time.monotonic() < give_up, words
        time.sleep(0.05)
