"""Input becomes typed values once, at the edge: pydantic models for forms and JSON, errors in the user's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from werkzeug.datastructures import MultiDict

from core.errors import InvalidInput

_TEXTS = {
    "missing": "必填",
    "string_too_short": "至少 %(min_length)s 个字",
    "string_too_long": "最多 %(max_length)s 个字",
    "string_pattern_mismatch": "格式不对",
    "greater_than_equal": "不能小于 %(ge)s",
    "greater_than": "必须大于 %(gt)s",
    "less_than_equal": "不能大于 %(le)s",
    "less_than": "必须小于 %(lt)s",
    "int_parsing": "请填写整数",
    "int_type": "请填写整数",
    "int_from_float": "请填写整数",
    "string_type": "请填写文字",
    "bool_parsing": "请选择是或否",
    "bool_type": "请选择是或否",
    "date_from_datetime_parsing": "请填写日期，如 2026-05-24",
    "date_parsing": "请填写日期，如 2026-05-24",
    "extra_forbidden": "没有这个字段",
    "enum": "没有这个选项",
    "literal_error": "没有这个选项",
    "too_short": "至少 %(min_length)s 项",
    "too_long": "最多 %(max_length)s 项",
    "list_type": "请填写列表",
}


# What PostgreSQL or HTML can't hold: controls (but tab and line ends) and code points that are no characters.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Payload(BaseModel):
    """The base of everything that comes in: unknown fields are refused, texts are trimmed and hold no controls."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_controls(cls, value: Any) -> Any:
        """Before anything else, so that no text with one in it is kept or shown."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and _CONTROLS.search(text) for text in texts):
            raise ValueError("不能含有控制字符")
        return value


P = TypeVar("P", bound=BaseModel)
# What a form carries besides what was typed: proof that it is ours, and by what a repeated sending is known.
NOT_TYPED = ("csrf_token", "request_key")


@dataclass(slots=True)
class Form(Generic[P]):
    """A submitted form: `value` when it is good, else `errors` by field; `raw` is what was typed, to show it again."""

    raw: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    parsed: P | None = None

    @property
    def value(self) -> P:
        """The typed payload; raises InvalidInput with the fields when the form was wrong."""
        if self.parsed is None:
            raise InvalidInput(self.errors)
        return self.parsed


def bind_form(model: type[P]) -> Form[P]:
    """Read the request's form into `model`. Empty fields count as missing; a list takes repeated values."""
    submitted: MultiDict[str, str] = MultiDict(request.form)
    for name in NOT_TYPED:
        if name not in model.model_fields:
            submitted.poplist(name)
    typed = MultiDict((name, _CONTROLS.sub("", value)) for name, value in submitted.items(multi=True))
    values: dict[str, Any] = {}
    for name in submitted:
        several = [value for value in submitted.getlist(name) if value.strip()]
        if several:
            values[name] = several if _takes_list(model, name) else several[0]
    try:
        return Form(raw=typed, parsed=model.model_validate(values))
    except ValidationError as error:
        return Form(raw=typed, errors=field_errors(error))


def parse_query(model: type[P]) -> P:
    """The query string as `model`, or InvalidInput naming each wrong field. Unknown parameters are left alone."""
    known = {name: value for name, value in request.args.items() if name in model.model_fields and value != ""}
    try:
        return model.model_validate(known)
    except ValidationError as error:
        raise InvalidInput(field_errors(error)) from None


def field_errors(error: ValidationError) -> dict[str, str]:
    """Each wrong field (`lines.0.quantity`) with what is wrong, in the user's language."""
    texts: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        if fault["type"] == "value_error":
            texts[name] = gettext(str(fault["ctx"]["error"]))
        else:
            texts[name] = gettext(_TEXTS.get(fault["type"], "填写的内容不对")) % fault.get("ctx", {})
    return texts


def _takes_list(model: type[BaseModel], name: str) -> bool:
    info = model.model_fields.get(name)
    return info is not None and getattr(info.annotation, "__origin__", None) is list
