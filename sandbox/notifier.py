"""The postman: brings notices to the merchant until it says 200 or 204, on WeChat's own schedule."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from sandbox import faults
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.keyring import Keyring
from sandbox.notices import Parcel, probe, wrap
from sandbox.rows import Attempt, Notice
from sandbox.store import Store

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
ANSWER_SECONDS = 5.0
NAP_SECONDS = 30.0
KEPT_ANSWER = 300


class Notifier:
    """One thread that watches the clock, and a few that carry."""

    def __init__(self, store: Store, clock: Clock, keys: Keyring) -> None:
        self._store, self._clock, self._keys = store, clock, keys
        self._awake = threading.Condition()
        self._stopping = False
        self._pending = {notice.id for notice in store.all(Notice) if notice.due_at is not None}
        self._carried: set[str] = set()
        self._numbers = Counter(attempt.notice_id for attempt in store.all(Attempt))
        self._client = httpx.Client(timeout=ANSWER_SECONDS, trust_env=False, follow_redirects=False)
        self._carriers = ThreadPoolExecutor(8, thread_name_prefix="carrier")
        self._watch = threading.Thread(target=self._watch_clock, name="notifier", daemon=True)

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        """Returns when nothing is on its way any more."""
        with self._awake:
            self._stopping = True
            self._awake.notify_all()
        self._watch.join()
        self._carriers.shutdown(wait=True)
        self._client.close()

    def post(self, notice: Notice) -> None:
        """Take charge of a notice that is already in the store."""
        with self._awake:
            self._pending.add(notice.id)
            self._awake.notify_all()

    def set_rate(self, rate: float) -> None:
        """Change the clock's rate, and hurry or slow what is already waiting."""
        with self._store.lock:
            factor = self._clock.rate / rate
            self._clock.set_rate(rate)
            now = self._clock.now()
            waiting = [n for n in self._store.all(Notice) if n.due_at is not None and n.due_at > now]
            self._store.save(*(replace(n, due_at=now + (n.due_at - now) * factor) for n in waiting if n.due_at))
        self.look_again()

    def look_again(self) -> None:
        """The clock has jumped."""
        with self._awake:
            self._awake.notify_all()

    def send_once_more(self, notice: Notice) -> Attempt:
        """The same notice again, signed anew, outside the schedule; returns what came of it."""
        return self._send(notice, wrap(self._keys, notice, self._faults), "replay", self._faults)

    @property
    def _faults(self) -> Faults:
        return faults.current(self._store)

    def _watch_clock(self) -> None:
        with self._awake:
            while not self._stopping:
                nap = self._hand_out()
                self._awake.wait(nap)

    def _hand_out(self) -> float:
        """Give what is due to the carriers; return how many seconds until the next is."""
        now = self._clock.now()
        nap = NAP_SECONDS
        for notice_id in list(self._pending - self._carried):
            notice = self._store.get(Notice, notice_id)
            if notice is None or notice.due_at is None:
                self._pending.discard(notice_id)
            elif notice.due_at <= now:
                self._carried.add(notice_id)
                self._carriers.submit(self._carry, notice_id)
            else:
                nap = min(nap, (notice.due_at - now).total_seconds())
        return nap

    def _carry(self, notice_id: str) -> None:
        try:
            notice = self._store.get(Notice, notice_id)
            if notice is not None:
                self._deliver(notice)
        finally:
            with self._awake:
                self._carried.discard(notice_id)
                self._awake.notify_all()

    def _deliver(self, notice: Notice) -> None:
        on = self._faults
        parcel = wrap(self._keys, notice, on)
        if on.signtest:
            self._send(notice, probe(parcel), "signtest", on)
        attempt = self._send(notice, parcel, "lost" if on.lost else "notice", on)
        for _ in range(on.duplicate):
            self._send(notice, wrap(self._keys, notice, on), "duplicate", on)
        self._note_outcome(notice.id, attempt)

    def _note_outcome(self, notice_id: str, attempt: Attempt) -> None:
        with self._store.lock:
            notice = self._store.get(Notice, notice_id)
            assert notice is not None
            tries = notice.tries + 1
            now = self._clock.now()
            delivered = attempt.status in (200, 204) and attempt.took_seconds <= ANSWER_SECONDS
            over = delivered or tries > len(RETRY_SECONDS)
            due_at = None if over else now + self._clock.wait(RETRY_SECONDS[tries - 1])
            delivered_at = now if delivered else None
            self._store.save(replace(notice, tries=tries, due_at=due_at, delivered_at=delivered_at))

    def _send(self, notice: Notice, parcel: Parcel, kind: str, on: Faults) -> Attempt:
        started = time.monotonic()
        status, answer = (0, "") if kind == "lost" else self._post_parcel(notice.notify_url, parcel)
        took = time.monotonic() - started
        with self._store.lock:
            self._numbers[notice.id] += 1
            attempt = Attempt(
                notice_id=notice.id,
                number=self._numbers[notice.id],
                kind=kind,
                sent_at=self._clock.now(),
                headers=parcel.headers,
                signed_text=parcel.signed_text,
                status=status,
                answer=answer,
                took_seconds=round(took, 3),
                fault=" ".join(on.names()),
            )
            self._store.save(attempt)
        return attempt

    def _post_parcel(self, notify_url: str, parcel: Parcel) -> tuple[int, str]:
        try:
            answer = self._client.post(notify_url, content=parcel.body.encode(), headers=parcel.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            return 0, f"{type(failure).__name__}: {failure}"[:KEPT_ANSWER]
        return answer.status_code, answer.text[:KEPT_ANSWER]
