"""Mini-program codes (getwxacodeunlimit). The picture is an ordinary QR code of our own drawing."""

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import qrcode
from PIL import Image

from sandbox.mini.errors import ApiError, bad_argument

SCENE = r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+"
PAGE = r"[0-9A-Za-z_\-]+(/[0-9A-Za-z_\-]+)*"
NARROWEST, WIDEST, USUAL = 280, 1280, 430


@dataclass(frozen=True)
class CodeRequest:
    scene: str
    page: str
    env_version: str
    width: int
    is_hyaline: bool


def read_request(body: dict[str, Any], released_pages: list[str]) -> CodeRequest:
    """The checked request; raises 40169, 40129, 85096, 41030 or 40097. No released pages means all are."""
    scene = _checked_scene(body.get("scene"))
    check_path = _flag(body, "check_path", default=True)
    page = _checked_page(body.get("page", ""), released_pages if check_path else [])
    env_version = body.get("env_version", "release")
    if env_version not in ("release", "trial", "develop"):
        raise bad_argument("env_version")
    width = body.get("width", USUAL)
    if not isinstance(width, int) or isinstance(width, bool) or not NARROWEST <= width <= WIDEST:
        raise bad_argument(f"width should be {NARROWEST} to {WIDEST}")
    _flag(body, "auto_color", default=False)
    _check_line_color(body.get("line_color", {"r": 0, "g": 0, "b": 0}))
    return CodeRequest(scene, page, env_version, width, _flag(body, "is_hyaline", default=False))


def draw(wanted: CodeRequest, appid: str, base_url: str) -> bytes:
    """PNG of `width` pixels; what it says opens the phone simulator at page and scene."""
    query = {"appid": appid, "page": wanted.page, "scene": wanted.scene, "env_version": wanted.env_version}
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=3)
    code.add_data(f"{base_url}/phone/mini-program?{urlencode(query)}")
    small = code.make_image().get_image().convert("L")
    picture = small.resize((wanted.width, wanted.width), Image.Resampling.NEAREST)
    if wanted.is_hyaline:
        ink = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        ink.putalpha(picture.point([255 - level for level in range(256)]))
        picture = ink
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _checked_scene(scene: object) -> str:
    if not isinstance(scene, str) or not 1 <= len(scene) <= 32:
        raise ApiError(40169, "invalid length for scene, or the data is not json string")
    if not re.fullmatch(SCENE, scene):
        raise ApiError(40129, "invalid scene")
    if "scancode_time" in scene:
        raise ApiError(85096, "scancode_time is a reserved parameter")
    return scene


def _checked_page(page: object, released_pages: list[str]) -> str:
    if not isinstance(page, str) or (page and not re.fullmatch(PAGE, page)):
        raise ApiError(41030, "invalid page: no leading slash, no parameters")
    if page and released_pages and page not in released_pages:
        raise ApiError(41030, "invalid page: not released")
    return page


def _flag(body: dict[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise bad_argument(name)
    return value


def _check_line_color(color: object) -> None:
    if not isinstance(color, dict) or set(color) != {"r", "g", "b"}:
        raise bad_argument("line_color")
    if not all(str(part).isdecimal() and int(part) <= 255 for part in color.values()):
        raise bad_argument("line_color")
