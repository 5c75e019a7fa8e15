"""What people type, as values: amounts of yuan, lists of words, wall-clock times, rows of a form."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError
from werkzeug.datastructures import MultiDict

from core.settings import settings
from core.web.forms import NOT_TYPED, Form, Payload, field_errors

MOST_FEN = 9_999_999
_YUAN = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?")
_KILOGRAMS = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,3}))?")
_SEPARATORS = re.compile(r"[、，,；;\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ROW_FIELD = re.compile(r"([a-z_]+)\.([0-9]{1,3})\.([a-z_]+)")
P = TypeVar("P", bound=BaseModel)


def parse_fen(text: object) -> object:
    """`12.80` → 1280. At most two decimals, never negative, exactly; a Chinese keyboard's full stop is a point."""
    if not isinstance(text, str):
        return text
    plain = unicodedata.normalize("NFKC", text).strip().replace("。", ".").removeprefix("¥").strip()
    match = _YUAN.fullmatch(plain)
    if not match:
        raise ValueError("请填写金额，如 12.80，最多两位小数")
    fen = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    if not 1 <= fen <= MOST_FEN:
        raise ValueError("金额要在 0.01 元到 99999.99 元之间")
    return fen


def _fen_or_nothing(text: object) -> object:
    return 0 if isinstance(text, str) and text.strip() in {"0", "0.0", "0.00"} else parse_fen(text)


def typed_fen(fen: int | None) -> str:
    """As `parse_fen` reads it: 1280 → `12.80`; nothing for none."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def parse_grams(text: object) -> object:
    """`66` or `4.25` kilograms as whole grams: at most three decimals, up to ten tons."""
    if not isinstance(text, str):
        return text
    match = _KILOGRAMS.fullmatch(unicodedata.normalize("NFKC", text).strip().replace("。", "."))
    weight_grams = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0")) if match else 0
    if not 1 <= weight_grams <= 10_000_000:
        raise ValueError("请填写千克数，如 4.25，最多三位小数")
    return weight_grams


def split_words(value: object) -> object:
    """`糯米、红曲米，水` → three words; repeated ones count once."""
    if isinstance(value, list):
        value = "\n".join(str(item) for item in value)
    if not isinstance(value, str):
        return value
    words = [word.strip() for word in _SEPARATORS.split(value)]
    return list(dict.fromkeys(word for word in words if word))


def parse_local_time(text: object) -> object:
    """`2026-05-24T08:12` on the workshops' clock as an instant."""
    if not isinstance(text, str):
        return text
    try:
        return datetime.fromisoformat(text).replace(tzinfo=settings().zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("请填写日期和时间，如 2026-05-24 08:12") from None


def typed_local_time(at: datetime) -> str:
    """As `parse_local_time` reads it."""
    return at.astimezone(settings().zone).strftime("%Y-%m-%dT%H:%M")


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("不能含有控制字符")
    return text


def _in_this_age(at: datetime) -> datetime:
    if at.year < 2020:
        raise ValueError("时间太早了")
    return at


Text = Annotated[str, AfterValidator(_without_control)]
Fen = Annotated[int, BeforeValidator(parse_fen)]
FreeFen = Annotated[int, BeforeValidator(_fen_or_nothing)]
Grams = Annotated[int, BeforeValidator(parse_grams)]
Words = Annotated[list[Annotated[Text, Field(max_length=40)]], Field(max_length=30), BeforeValidator(split_words)]
LocalTime = Annotated[datetime, BeforeValidator(parse_local_time), AfterValidator(_in_this_age)]


class Nothing(Payload):
    """A form of one button."""


def row_places(rows: str) -> list[int]:
    """The places of the list `rows` that the request's form names."""
    matches = [_ROW_FIELD.fullmatch(name) for name in request.form]
    return sorted({int(match[2]) for match in matches if match and match[1] == rows})


def bind_rows(model: type[P], rows: str) -> Form[P]:
    """Read the request's form into `model`, whose list `rows` is typed in fields `<rows>.<place>.<name>`.

    Rows left wholly empty don't count; errors keep the names of the fields as they stand on the page.
    """
    submitted: MultiDict[str, str] = MultiDict(request.form)
    for name in NOT_TYPED:
        submitted.poplist(name)
    values: dict[str, Any] = {}
    found: dict[int, dict[str, str]] = {}
    for name, value in submitted.items():
        match = _ROW_FIELD.fullmatch(name)
        if not value.strip():
            continue
        if match and match[1] == rows:
            found.setdefault(int(match[2]), {})[match[3]] = value
        else:
            values[name] = value
    places = sorted(found)
    values[rows] = [found[place] for place in places]
    try:
        return Form(raw=submitted, parsed=model.model_validate(values))
    except ValidationError as error:
        return Form(raw=submitted, errors=_named_as_typed(field_errors(error), rows, places))


def _named_as_typed(errors: dict[str, str], rows: str, places: list[int]) -> dict[str, str]:
    named = {}
    for name, text in errors.items():
        head, _, rest = name.partition(".")
        place, _, field = rest.partition(".")
        named[f"{rows}.{places[int(place)]}.{field}" if head == rows and place.isdigit() else name] = text
    return named
