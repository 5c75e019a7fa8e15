"""Taking a picture in: checked by its content, turned upright, stripped of its metadata, kept as WebP."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.db import db
from core.errors import InvalidInput, Phrase
from domain.attachments.models import Picture
from gateways import registry

WIDTHS = (400, 800)
MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUARTER_TURNS = {5, 6, 7, 8}
_ORIENTATION = 0x0112


def store_picture(content: bytes, uploaded_by: int | None, field: str = "picture") -> Picture:
    """Keep a JPEG, PNG or WebP of at most 12 MB and 50 megapixels; InvalidInput names `field` for anything else.

    The same bytes are kept once. Location and other metadata of the photo are dropped.
    """
    if not content:
        raise InvalidInput({field: "请选择一张图片"})
    if len(content) > MAX_BYTES:
        raise InvalidInput({field: "图片不能超过 12 MB"})
    upright, size = _opened(content, field)
    sha256 = hashlib.sha256(content).hexdigest()
    for width in WIDTHS:
        body = _as_webp(upright, width)
        registry.object_store().put(
            picture_key(sha256, width), body, content_type="image/webp", sha256=hashlib.sha256(body).digest()
        )
    row = insert(Picture).values(sha256=sha256, width=size[0], height=size[1], uploaded_by=uploaded_by)
    db.session.execute(row.on_conflict_do_nothing())
    return db.session.scalars(select(Picture).filter_by(sha256=sha256)).one()


def store_pictures(contents: list[bytes], uploaded_by: int, most: int, field: str = "pictures") -> list[str]:
    """Keep several pictures and tell their addresses; InvalidInput names `field` for one that can't be, or too many."""
    if len(contents) > most:
        raise InvalidInput({field: Phrase("最多 %(most)s 张照片", most=most)})
    addresses = [picture_address(store_picture(content, uploaded_by, field)) for content in contents]
    return list(dict.fromkeys(addresses))


def addresses_of(sha256s: Collection[str], field: str = "pictures") -> list[str]:
    """The addresses of pictures stored before; InvalidInput names `field` when one isn't there."""
    known = set(db.session.scalars(select(Picture.sha256).where(Picture.sha256.in_(sha256s))))
    if not known.issuperset(sha256s):
        raise InvalidInput({field: "没有这张照片，请重新上传"})
    return [f"/pictures/{sha256}" for sha256 in dict.fromkeys(sha256s)]


def picture_key(sha256: str, width: int) -> str:
    """Where the object store keeps a picture in one width (pixels)."""
    return f"pictures/{sha256}-{width}.webp"


def picture_address(picture: Picture) -> str:
    """What pages are told: the address without `-<width>.webp`."""
    return f"/pictures/{picture.sha256}"


def _opened(content: bytes, field: str) -> tuple[Image.Image, tuple[int, int]]:
    """The picture upright in RGB (perhaps already reduced), and its own size upright."""
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise InvalidInput({field: "图片尺寸太大"})
        if image.getexif().get(_ORIENTATION) in _QUARTER_TURNS:
            width, height = height, width
        # A JPEG is decoded straight at a fraction of its size: a phone's 48 megapixels would take seconds.
        image.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
        return _on_white(ImageOps.exif_transpose(image)), (width, height)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise InvalidInput({field: "这不是可用的图片，请用 JPEG、PNG 或 WebP"}) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput({field: "图片尺寸太大"}) from None


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    above = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")


def _as_webp(image: Image.Image, width: int) -> bytes:
    scaled = image.copy()
    scaled.thumbnail((width, width * 2))
    out = io.BytesIO()
    scaled.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
