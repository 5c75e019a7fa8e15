"""Tables of a console: what a column holds, its place in the address (sort, filters, page), and the same rows as .xlsx."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from flask import Response, send_file, url_for

from core.clock import local, today
from core.web.language import say

Kind = Literal["text", "number", "money", "time", "day"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What one file holds at most: a sheet that opens everywhere, and an answer within a minute.
MOST_ROWS = 50_000
_FORMATS = {"money": "¥#,##0.00", "time": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "number": "#,##0", "text": "@"}
_WIDTHS = {"money": 12, "time": 17, "day": 12, "number": 10, "text": 24}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its word, what it holds, and the sorts its heading offers (first press, second press)."""

    word: str
    kind: Kind = "text"
    sorts: tuple[str, ...] = ()

    @property
    def is_numeric(self) -> bool:
        return self.kind in {"number", "money"}


class Table:
    """A list's columns and its address: `query` are the filters and the sort now asked for, without the page."""

    def __init__(self, endpoint: str, columns: Sequence[Column], query: Mapping[str, Any]) -> None:
        self.endpoint, self.columns = endpoint, columns
        self.query = {name: value for name, value in query.items() if value not in {None, ""}}

    def address(self, **changes: Any) -> str:
        """The same list with other parameters; None takes one out."""
        values = self.query | changes
        return url_for(self.endpoint, **{name: value for name, value in values.items() if value is not None})

    def sort_address(self, column: Column) -> str:
        """Where the column's heading leads: its first sort, or the second if the first is on."""
        turned = column.sorts[1:] if self.query.get("sort", "") == column.sorts[0] else ()
        return self.address(sort=(*turned, column.sorts[0])[0])

    def sorted_by(self, column: Column) -> str:
        """`aria-sort` of the column's heading; empty when the list isn't sorted by it."""
        if self.query.get("sort") not in column.sorts:
            return ""
        return "descending" if str(self.query["sort"]).endswith("_down") else "ascending"


def xlsx(name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Response:
    """The rows as a workbook `<name>-<today>.xlsx`: one row in memory at a time, money in yuan, times on the workshops'
    clock. A text is written as a text, so none is ever taken for a formula. At most MOST_ROWS rows."""
    # The library keeps rows on disk; only the packed workbook, a few megabytes at most, is in memory.
    file = io.BytesIO()
    # It takes 15 MB: only a process that makes a sheet pays for it.
    import xlsxwriter

    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    heading = book.add_format({"bold": True, "bg_color": "#F4EEE4", "bottom": 1})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS[column.kind])
        sheet.write_string(0, place, say(column.word), heading)
    for number, row in zip(range(1, MOST_ROWS + 1), rows, strict=False):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write(sheet, (number, place), column.kind, value, formats[column.kind])
    book.close()
    file.seek(0)
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=f"{name}-{today():%Y%m%d}.xlsx", max_age=0)


def _write(sheet: Any, cell: tuple[int, int], kind: Kind, value: Any, style: Any) -> None:
    if value is None or value == "":
        return
    if kind == "money":
        sheet.write_number(*cell, value / 100, style)
    elif kind == "number":
        sheet.write_number(*cell, value, style)
    elif isinstance(value, datetime):
        sheet.write_datetime(*cell, local(value).replace(tzinfo=None), style)
    elif isinstance(value, date):
        sheet.write_datetime(*cell, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001
    else:
        sheet.write_string(*cell, str(value)[:32_000], style)
