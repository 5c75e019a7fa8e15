"""A tiny HTTP server on loopback: it keeps what it was sent and answers what a test has put in line."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """A request exactly as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    after_seconds: float = 0.0


Answering = Answer | Callable[[Received], Answer]


class Answerer:
    """Answers each request with the next of `answers`, and the last one for ever."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.answers: list[Answering] = []
        self.received: queue.Queue[Received] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: Received) -> Answer:
        self.received.put(request)
        next_one = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return next_one if isinstance(next_one, Answer) else next_one(request)

    def take(self) -> Received:
        """The oldest request not taken yet; fails after 10 s."""
        return self.received.get(timeout=10)


@contextmanager
def answerer(*answers: Answering) -> Iterator[Answerer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    here = Answerer(server)
    here.answers.extend(answers or [Answer()])
    server.answerer = here  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Received(self.command, self.path, dict(self.headers.items()), body)
        answer = self.server.answerer.answer(request)  # type: ignore[attr-defined]
        time.sleep(answer.after_seconds)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 204:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answer.body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Tests speak for themselves."""
