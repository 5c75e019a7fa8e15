"""`/pictures/<sha256>-<width>.webp`: uploaded pictures. Their name is their content's, so a browser keeps them for ever."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Blueprint, Response, make_response, send_file

from core.errors import NotFound
from core.web.guards import public
from domain.attachments.storing import WIDTHS, picture_key
from gateways import registry

blueprint = Blueprint("pictures", __name__)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOR_EVER = int(timedelta(days=365).total_seconds())


@blueprint.get("/pictures/<sha256>-<int:width>.webp")
@public
def picture(sha256: str, width: int) -> Response:
    """The picture in one of the widths we keep; NotFound for any other."""
    if width not in WIDTHS or not _SHA256.fullmatch(sha256):
        raise NotFound(what="picture")
    store, key = registry.object_store(), picture_key(sha256, width)
    path = store.local_path(key)
    if path is None:
        # Not a redirect to the store: our content security policy takes pictures from this host only.
        response = make_response(store.read(key))
        response.set_etag(f"{sha256}-{width}")
    elif path.is_file():
        response = send_file(path, etag=f"{sha256}-{width}")
    else:
        raise NotFound(what="picture")
    response.content_type = "image/webp"
    response.headers["Cache-Control"] = f"public, max-age={_FOR_EVER}, immutable"
    return response
