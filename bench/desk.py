"""Staff at the consoles: a form is sent over a connection of its own, with the cookie and the token of a signed-in person."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of the staff who signed in: as many forms at once as there are connections."""

    base_url: str
    cookie: str
    csrf_token: str

    def form(self, path: str, values: dict[str, str | list[str]]) -> int:
        """Send a form; the status of the answer."""
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)
        headers = {"Cookie": f"banli={self.cookie}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", path, urlencode({"csrf_token": self.csrf_token} | values, doseq=True), headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()


def sign_in(base_url: str, account_id: int) -> Desk:
    """The desk of a staff account, whose session begins in this process."""
    from app import app
    from core.db import db
    from core.jobs import transaction
    from domain.accounts.models import Account
    from domain.accounts.signing_in import open_session

    with app.app_context(), transaction():
        token = open_session(db.session.get_one(Account, account_id), "staff")
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["token"] = token
    page = client.get("/staff/sign-in").get_data(as_text=True)
    found = re.search(r'csrf_token[^>]*?value="([^"]+)"', page)
    kept = client.get_cookie("banli")
    assert found, "the sign-in page has no form"
    assert kept is not None
    return Desk(base_url, kept.value, found[1])
