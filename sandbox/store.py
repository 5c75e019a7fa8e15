"""The pretend WeChat's memory: rows in one process, and a journal from which a restart rebuilds them all."""

import fcntl
import json
import threading
import time
from dataclasses import fields
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar

from sandbox.rows import ROW_TYPES, Row

R = TypeVar("R", bound=Row)
LOCK_PATIENCE_SECONDS = 10


class AlreadyRunning(Exception):
    """Another process keeps this SANDBOX_DIR."""


class Store:
    """Rows by kind and key. What `save` returned from is in the journal; half a line of a crash is dropped."""

    def __init__(self, journal_file: Path) -> None:
        self.lock = threading.RLock()
        self._rows: dict[str, dict[str, Row]] = {kind.KIND: {} for kind in ROW_TYPES}
        journal_file.parent.mkdir(parents=True, exist_ok=True)
        self._claim = _claim(journal_file.with_suffix(".lock"))
        self._replay(journal_file)
        self._journal = self._compact(journal_file)

    def get(self, kind: type[R], key: str) -> R | None:
        with self.lock:
            row = self._rows[kind.KIND].get(key)
        return row if isinstance(row, kind) else None

    def all(self, kind: type[R]) -> list[R]:
        """In the order in which the keys were first saved."""
        with self.lock:
            return [row for row in self._rows[kind.KIND].values() if isinstance(row, kind)]

    def save(self, *rows: Row) -> None:
        """All of them or, after a crash, none."""
        with self.lock:
            self._write([[row.KIND, _plain(row)] for row in rows])
            for row in rows:
                self._rows[row.KIND][row.key] = row

    def forget(self, *rows: Row) -> None:
        with self.lock:
            self._write([[row.KIND, row.key] for row in rows])
            for row in rows:
                self._rows[row.KIND].pop(row.key, None)

    def close(self) -> None:
        with self.lock:
            self._journal.close()
            self._claim.close()

    def _write(self, entries: list[list[Any]]) -> None:
        if entries:
            self._journal.write(json.dumps(entries, ensure_ascii=False, default=_plain_value) + "\n")
            self._journal.flush()

    def _replay(self, journal_file: Path) -> None:
        if not journal_file.exists():
            return
        for line in journal_file.read_text(encoding="utf-8").split("\n"):
            try:
                entries = json.loads(line) if line else []
            except ValueError:
                continue  # the torn last line of a crash
            for kind, content in entries:
                self._replay_entry(kind, content)

    def _replay_entry(self, kind: str, content: dict[str, Any] | str) -> None:
        if isinstance(content, str):
            self._rows[kind].pop(content, None)
            return
        row = _revive(kind, content)
        self._rows[kind][row.key] = row

    def _compact(self, journal_file: Path) -> TextIOWrapper:
        fresh = journal_file.with_suffix(".new")
        journal = fresh.open("w", encoding="utf-8")
        for kind, rows in self._rows.items():
            for row in rows.values():
                journal.write(json.dumps([[kind, _plain(row)]], ensure_ascii=False, default=_plain_value) + "\n")
        journal.flush()
        fresh.replace(journal_file)
        return journal


def _claim(lock_file: Path) -> TextIOWrapper:
    """Hold the directory; a predecessor that is just stopping is waited for."""
    claim = lock_file.open("w", encoding="utf-8")
    give_up = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return claim
        except BlockingIOError:
            if time.monotonic() > give_up:
                claim.close()
                raise AlreadyRunning(f"{lock_file.parent} is in use: run one process per SANDBOX_DIR") from None
            time.sleep(0.1)


def _plain(row: Row) -> dict[str, Any]:
    return {each.name: getattr(row, each.name) for each in fields(row)}


def _plain_value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot keep {type(value).__name__}")


def _revive(kind: str, content: dict[str, Any]) -> Row:
    row_type = next(each for each in ROW_TYPES if kind == each.KIND)
    values = {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value
        for name, value in content.items()
    }
    return row_type(**values)
