"""Codes that can be used once: wx.login, phone, OAuth."""

import secrets
from dataclasses import replace
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.rows import Person, Ticket
from sandbox.store import Store

TICKET_MINUTES = 5


class TicketUnknown(Exception):
    """Never issued here, issued for another appid, or older than five minutes."""


class TicketUsed(Exception):
    """Issued here and already exchanged."""


def issue(store: Store, clock: Clock, person: Person, *, purpose: str, appid: str, scope: str = "") -> Ticket:
    ticket = Ticket(
        code="0" + secrets.token_urlsafe(23)[:31],
        purpose=purpose,
        appid=appid,
        unionid=person.unionid,
        expires_at=clock.now() + timedelta(minutes=TICKET_MINUTES),
        scope=scope,
    )
    store.save(ticket)
    return ticket


def look_at(store: Store, clock: Clock, purpose: str, appid: str, code: str) -> tuple[Ticket, Person]:
    """The valid ticket and its person, without using it up."""
    ticket = store.get(Ticket, f"{purpose}/{code}")
    if ticket is None or ticket.appid != appid or clock.now() >= ticket.expires_at:
        raise TicketUnknown(code)
    if ticket.used_at is not None:
        raise TicketUsed(code)
    person = store.get(Person, ticket.unionid)
    assert person is not None
    return ticket, person


def take(store: Store, clock: Clock, purpose: str, appid: str, code: str) -> tuple[Ticket, Person]:
    """The valid ticket and its person; from now on it is used, whoever asks at the same time."""
    with store.lock:
        ticket, person = look_at(store, clock, purpose, appid, code)
        store.save(replace(ticket, used_at=clock.now()))
    return ticket, person
