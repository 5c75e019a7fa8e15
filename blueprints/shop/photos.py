"""Photos that come with a form."""

from __future__ import annotations

from flask import request

from core.web.guards import require_identity
from domain.attachments.storing import store_pictures


def sent_photos(most: int = 6) -> list[str]:
    """The addresses of the photos in the field `pictures`, now stored; InvalidInput names it."""
    contents = [file.read() for file in request.files.getlist("pictures") if file.filename]
    return store_pictures(contents, require_identity().account_id, most)
