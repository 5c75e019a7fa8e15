"""`POST /pictures`: a photo for a review or an after-sale case, sent as `wx.uploadFile` does (multipart, field `picture`).

It stands outside the OpenAPI document, which speaks JSON; docs/api.md describes it.
"""

from __future__ import annotations

from flask import Response, request

from blueprints.shop.api.surface import Answer, Picture, answer, blueprint, picture
from core.web.guards import require_identity, signed_in
from core.web.limits import limit
from domain.attachments.storing import picture_address, store_picture


class StoredPicture(Answer):
    """`id` names the photo where a call takes `pictures`."""

    id: str
    picture: Picture


@blueprint.post("/pictures", doc_ui=False)
@signed_in
def upload_picture() -> Response:
    """201 with the photo's id; 422 on `picture` for what is no JPEG, PNG or WebP of at most 12 MB."""
    account_id = require_identity().account_id
    limit("upload", times=120, seconds=3600, who=str(account_id))
    file = request.files.get("picture")
    stored = store_picture(file.read() if file else b"", account_id, "picture")
    shown = picture(picture_address(stored))
    assert shown is not None
    return answer(StoredPicture(id=stored.sha256, picture=shown), 201)
