"""Telling the visitors of a code apart, without knowing who they are."""

from __future__ import annotations

import hashlib
import re

from flask import request, session

from core.clock import today

_PROGRAMS = re.compile(
    r"bot\b|spider|crawl|slurp|preview|facebookexternalhit|whatsapp|lighthouse|uptime", re.IGNORECASE
)


def current_visitor() -> str | None:
    """A mark of this visitor: kept in the session, so that a phone that changes networks stays one visitor. None for a
    program, a preview or a HEAD request, which read without being counted.

    The first mark is made of address, browser and day, so that a browser that keeps no cookies is still counted once.
    """
    agent = request.headers.get("User-Agent", "")
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    if request.method == "HEAD" or not agent or _PROGRAMS.search(agent) or "prefetch" in purpose:
        return None
    if "visitor" not in session:
        mark = f"{request.remote_addr}\n{agent}\n{today()}"
        session["visitor"] = hashlib.sha256(mark.encode()).hexdigest()[:24]
    return str(session["visitor"])
