"""Pictures are judged by their content, turned upright, stripped, and kept once."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput
from domain.attachments import storing
from domain.attachments.models import Picture
from gateways import registry
from tests.factories.pictures import make_picture

pytestmark = pytest.mark.usefixtures("session")


def kept(picture: Picture, width: int) -> Image.Image:
    body = registry.object_store().read(storing.picture_key(picture.sha256, width))
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_webp_in_each_width(format: str) -> None:
    picture = storing.store_picture(make_picture(format, size=(1000, 500)), None)
    assert (picture.width, picture.height) == (1000, 500)
    for width in storing.WIDTHS:
        image = kept(picture, width)
        assert (image.format, image.size) == ("WEBP", (width, width // 2))


def test_the_same_bytes_are_kept_once(session: scoped_session[Session]) -> None:
    content = make_picture(color="teal")
    assert storing.store_picture(content, None).id == storing.store_picture(content, None).id
    assert session.scalar(select(func.count()).select_from(Picture)) == 1


def test_a_small_picture_is_not_blown_up() -> None:
    assert kept(storing.store_picture(make_picture(size=(120, 90)), None), 800).size == (120, 90)


def test_a_phones_photo_is_turned_upright_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: turn a quarter to the right
    exif[0x010F] = "MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    picture = storing.store_picture(make_picture(size=(4000, 3000), exif=exif), None)
    assert (picture.width, picture.height) == (3000, 4000)
    image = kept(picture, 400)
    assert image.size == (400, 533)
    assert not dict(image.getexif())
    # The white quarter was upper left; a quarter turn to the right brings it to the upper right.
    red, _, blue = image.convert("RGB").getpixel((380, 20))  # type: ignore[misc]
    assert red > 240
    assert blue > 240


def test_what_was_transparent_is_white_not_black() -> None:
    picture = storing.store_picture(make_picture("PNG", size=(100, 100), color=(0, 0, 0, 0)), None)
    assert kept(picture, 400).convert("RGB").getpixel((90, 90)) == (255, 255, 255)


def _huge_png() -> bytes:
    """The head of a PNG that says it is 60,000 × 60,000: a few bytes that would unpack to gigabytes."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.4 pretending",
        make_picture("GIF"),
        make_picture("BMP"),
        make_picture("TIFF"),
        make_picture("JPEG")[:2000],
        make_picture("PNG")[:60],
        b"\xff\xd8\xff\xe0" + b"\0" * 500,
        _huge_png(),
        make_picture("JPEG") + b"\0" * storing.MAX_BYTES,
        make_picture("PNG", size=(9000, 6000)),
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "pdf",
        "gif",
        "bmp",
        "tiff",
        "cut jpeg",
        "cut png",
        "jpeg head",
        "bomb",
        "heavy",
        "wide",
    ],
)
def test_anything_else_names_the_field_and_nothing_is_kept(session: scoped_session[Session], content: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        storing.store_picture(content, None, "photo")
    assert set(refused.value.fields) == {"photo"}
    assert session.scalar(select(func.count()).select_from(Picture)) == 0
