"""Pictures the sandbox draws itself: QR codes and portraits, as SVG."""

import hashlib

import qrcode
from markupsafe import Markup, escape

from sandbox.rows import Person

PORTRAIT_COLORS = ("#a31d2a", "#2e7d5b", "#7a5c45", "#31688e", "#8a5a00", "#6b4c9a")


def qr_svg(text: str) -> Markup:
    """An inline SVG of the code, with its quiet zone, sized by its container."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    matrix = code.get_matrix()
    dots = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, is_dark in enumerate(row) if is_dark)
    size = len(matrix)
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="二维码" shape-rendering="crispEdges">'
        '<rect width="{0}" height="{0}" fill="#fff"/><path d="{1}" fill="#111"/></svg>'
    ).format(size, dots)


def portrait_svg(person: Person) -> str:
    """Head and shoulders, with the last character of the nickname."""
    color = PORTRAIT_COLORS[hashlib.sha256(person.nickname.encode()).digest()[1] % len(PORTRAIT_COLORS)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="{color}"/>'
        '<circle cx="48" cy="40" r="19" fill="#fff" opacity=".28"/>'
        '<path d="M12 96c2-24 18-32 36-32s34 8 36 32z" fill="#fff" opacity=".28"/>'
        '<text x="48" y="50" text-anchor="middle" font-size="30" fill="#fff" '
        f'font-family="sans-serif" font-weight="600">{escape(person.nickname[-1:])}</text></svg>'
    )
