"""One label: which words stand on it, and where each goes, whatever the size of the label and the length of a name.

Left of the code what the packet is, below them the facts in full width. Nothing leaves the label's box: a text that is too
long is set smaller, then broken, then cut with an ellipsis. The labels of a batch differ only in code and serial, so the
words are set once (`Composition`) and drawn many times.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fpdf import FPDF

from domain.labels.lettering import FAMILY, MM_PER_POINT, Fitted, fit
from domain.labels.matrix import DOT_MM, QUIET_MODULES, draw_qr, module_mm, qr_modules

PADDING_MM = 2.0
_GAP_MM = 0.6
_MOST_QR_MM = 24.0
# Of a character's height: from the top of its line to its own top, and from there to the base line.
_LEADING, _ASCENT = 0.11, 0.88
# 5.6 points is a character of 1.8 mm, the least height that GB 7718-2011 asks of what a label must say.
_ONE_LINE = ((6.2, 1), (5.9, 1), (5.6, 1), (5.0, 1))
_DAY_SIZES = (7.0, 6.6, 6.2, 5.6, 4.8)
_NAME = ((11.0, 1), (10.0, 1), (9.0, 1), (9.0, 2), (8.2, 2), (7.4, 2), (6.4, 2))
# For all facts together: as large as they fit, then with less of the long ones.
_FACTS = ((6.2, 2), (5.9, 2), (5.6, 2), (5.0, 2), (5.6, 1), (5.0, 1), (4.4, 1))
_MARK_POINTS = 6.6


@dataclass(frozen=True, slots=True)
class LabelText:
    """The words of a batch's labels."""

    brand: str
    mark: str  # 小作坊食品, or nothing for an enterprise
    name: str
    content: str
    days: tuple[tuple[str, str], ...]  # lot and dates: word and value
    licence: str
    facts: tuple[str, ...]
    warning: str
    invitation: str

    @property
    def letters(self) -> str:
        days = "".join(word + value for word, value in self.days)
        head = self.brand + self.mark + self.name + self.content + self.licence
        return head + days + "".join(self.facts) + self.warning + self.invitation


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of text in the current font's `style`, its base line starting at (`x`, `y`) mm of the label."""

    text: str
    x: float
    y: float
    points: float
    style: str


@dataclass(slots=True)
class Composition:
    """A label set in words: everything but its code and serial, in mm from its left upper corner."""

    width: float
    height: float
    module: float
    code_side: float
    serial_y: float = 0
    placed: list[Placed] = field(default_factory=list)
    mark_frame: tuple[float, float, float, float] | None = None

    @property
    def code_x(self) -> float:
        """The quiet zone may lie on the label's own margin: both are white."""
        return self.width - self.code_side

    def put(self, fitted: Fitted, x: float, y: float, style: str = "") -> float:
        """Place lines below `y`; returns where the next one may start."""
        for line in fitted.lines:
            base = y + (_LEADING + _ASCENT) * fitted.points * MM_PER_POINT
            self.placed.append(Placed(line, x, base, fitted.points, style))
            y += fitted.line_mm
        return y


def compose(pdf: FPDF, text: LabelText, width: float, height: float, address: str) -> Composition:
    """Set a label of `width` × `height` mm whose code holds as much as `address`."""
    modules = qr_modules(address)
    module = module_mm(modules, _MOST_QR_MM)
    label = Composition(width, height, module, (len(modules) + 2 * QUIET_MODULES) * module)
    label.serial_y = label.code_side - (QUIET_MODULES - 1) * module
    under_code = _place_invitation(pdf, label, text)
    column = label.code_x - PADDING_MM
    y = _place_head(pdf, label, text, column)
    y = _place_days(pdf, label, text, y, column)
    _place_facts(pdf, label, text, max(y, under_code) + _GAP_MM)
    return label


def draw_label(pdf: FPDF, label: Composition, at: tuple[float, float], *, address: str, serial: str) -> None:
    """Draw one label with its left upper corner `at` (x, y) mm of the page."""
    x, y = at
    draw_qr(pdf, qr_modules(address), _to_dot(x + label.code_x), _to_dot(y), label.module)
    for line in (*label.placed, _serial(pdf, label, serial)):
        pdf.set_font(FAMILY, line.style, line.points)
        pdf.text(x + line.x, y + line.y, line.text)
    if label.mark_frame:
        left, top, width, height = label.mark_frame
        pdf.set_line_width(0.2)
        pdf.rect(x + left, y + top, width, height)


def _place_head(pdf: FPDF, label: Composition, text: LabelText, width: float) -> float:
    """Brand, mark, name and content; returns where the next line may start."""
    pdf.set_font(FAMILY, "B", _MARK_POINTS)
    y, height = PADDING_MM, _MARK_POINTS * MM_PER_POINT * 1.35
    lift = height - Fitted([""], _MARK_POINTS).line_mm
    label.put(Fitted([text.brand], _MARK_POINTS), PADDING_MM, y + lift / 2, "B")
    if text.mark:
        left = PADDING_MM + pdf.get_string_width(text.brand) + 1.4
        label.put(Fitted([text.mark], _MARK_POINTS), left + 0.7, y + lift / 2, "B")
        label.mark_frame = (left, y, pdf.get_string_width(text.mark) + 1.4, height)
    y = label.put(fit(pdf, text.name, width, _NAME, "B"), PADDING_MM, y + height + _GAP_MM, "B")
    return label.put(fit(pdf, text.content, width, _ONE_LINE), PADDING_MM, y) + _GAP_MM


def _place_days(pdf: FPDF, label: Composition, text: LabelText, y: float, width: float) -> float:
    """Lot and dates, their values in one column, and the number of the certificate."""
    points, column = _DAY_SIZES[-1], 0.0
    for points in _DAY_SIZES:
        pdf.set_font(FAMILY, "", points)
        column = max(pdf.get_string_width(word) for word, _ in text.days) + 1.2
        pdf.set_font(FAMILY, "B", points)
        if column + max(pdf.get_string_width(value) for _, value in text.days) <= width:
            break
    for word, value in text.days:
        label.put(fit(pdf, value, width - column, ((points, 1),), "B"), PADDING_MM + column, y, "B")
        y = label.put(Fitted([word], points), PADDING_MM, y)
    return label.put(fit(pdf, text.licence, width, _ONE_LINE), PADDING_MM, y)


def _place_invitation(pdf: FPDF, label: Composition, text: LabelText) -> float:
    """The invitation to scan below the serial; returns where the next line may start."""
    fitted = fit(pdf, text.invitation, label.code_side - PADDING_MM, ((5.6, 1), (4.6, 1)))
    indent = (label.code_side - pdf.get_string_width(fitted.lines[0])) / 2
    return label.put(fitted, label.code_x + indent, label.serial_y + Fitted([""], 6.2).line_mm)


def _serial(pdf: FPDF, label: Composition, serial: str) -> Placed:
    """The serial in groups of four, centered below the code."""
    grouped = " ".join(serial[at : at + 4] for at in range(0, len(serial), 4))
    fitted = fit(pdf, grouped, label.code_side - PADDING_MM, ((6.2, 1), (5.2, 1)), "B")
    indent = (label.code_side - pdf.get_string_width(fitted.lines[0])) / 2
    base = label.serial_y + (_LEADING + _ASCENT) * fitted.points * MM_PER_POINT
    return Placed(fitted.lines[0], label.code_x + indent, base, fitted.points, "B")


def _place_facts(pdf: FPDF, label: Composition, text: LabelText, y: float) -> None:
    """Storage, maker, certificate and warning over the whole width, as large as the rest of the label allows."""
    width, bottom = label.width - 2 * PADDING_MM, label.height - PADDING_MM / 2
    lines = [(fact, "") for fact in text.facts] + ([(text.warning, "B")] if text.warning else [])
    fitted: list[Fitted] = []
    for choice in _FACTS:
        fitted = [fit(pdf, line, width, (choice,), style) for line, style in lines]
        if sum(part.height_mm for part in fitted) <= bottom - y:
            break
    y = max(y, bottom - sum(part.height_mm for part in fitted))
    for part, (_, style) in zip(fitted, lines, strict=True):
        y = label.put(part, PADDING_MM, y, style)


def _to_dot(mm: float) -> float:
    """The nearest dot of a 203 dpi printer, downwards."""
    return int(mm / DOT_MM + 1e-6) * DOT_MM
