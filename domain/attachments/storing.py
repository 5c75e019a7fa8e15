"""Taking a picture in: checked by its content, turned upright, stripped of its metadata, kept as WebP."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import InvalidInput
from domain.attachments.models import Picture
from gateways import registry

WIDTHS = (400, 800)
MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")


def store_picture(content: bytes, uploaded_by: int | None, field: str = "picture") -> Picture:
    """Keep a JPEG, PNG or WebP of at most 12 MB and 50 megapixels; InvalidInput names `field` for anything else.

    The same bytes are kept once. Location and other metadata of the photo are dropped.
    """
    image = _opened(content, field)
    sha256 = hashlib.sha256(content).hexdigest()
    for width in WIDTHS:
        key = picture_key(sha256, width)
        body = _as_webp(image, width)
        registry.object_store().put(key, body, content_type="image/webp", sha256=hashlib.sha256(body).digest())
    row = insert(Picture).values(sha256=sha256, width=image.width, height=image.height, uploaded_by=uploaded_by)
    db.session.execute(row.on_conflict_do_nothing())
    return db.session.scalars(select(Picture).filter_by(sha256=sha256)).one()


def picture_key(sha256: str, width: int) -> str:
    """Where the object store keeps a picture in one width (pixels)."""
    return f"pictures/{sha256}-{width}.webp"


def _opened(content: bytes, field: str) -> Image.Image:
    if not content:
        raise InvalidInput({field: "请选择一张图片"})
    if len(content) > MAX_BYTES:
        raise InvalidInput({field: "图片不能超过 12 MB"})
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise InvalidInput({field: "图片尺寸太大"})
        return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidInput({field: "这不是可用的图片,请用 JPEG、PNG 或 WebP"}) from None


def _as_webp(image: Image.Image, width: int) -> bytes:
    scaled = image.copy()
    scaled.thumbnail((width, width * 2))
    out = io.BytesIO()
    scaled.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
