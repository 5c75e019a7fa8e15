"""Forms and addresses become typed values once; what is wrong is named, and what was typed can be shown again."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pytest
from flask import Flask
from pydantic import Field, field_validator

from core.errors import InvalidInput
from core.web.forms import Payload, bind_form, parse_query


class Order(Payload):
    name: str = Field(min_length=2, max_length=5)
    count: int = Field(default=1, ge=1, le=99)
    on: date | None = None
    kind: Literal["wine", "cake"] | None = None
    skus: list[str] = Field(default_factory=list, max_length=2)

    @field_validator("name")
    @classmethod
    def _refuse_the_devil(cls, value: str) -> str:
        if value == "devil":
            raise ValueError("格式不对")
        return value


@pytest.fixture
def bind(app: Flask) -> Any:
    def act(language: str = "zh", **values: Any) -> Any:
        with app.test_request_context("/", method="POST", data=values, headers={"Accept-Language": language}):
            return bind_form(Order)

    return act


def test_a_good_form_is_a_typed_value(bind: Any) -> None:
    form = bind(name=" 顾客辛 ", count="7", on="2026-05-24", kind="wine", skus=["a", "", "b"], csrf_token="x")
    assert form.errors == {}
    assert form.value == Order(name="顾客辛", count=7, on=date(2026, 5, 24), kind="wine", skus=["a", "b"])


def test_an_empty_field_is_a_missing_one(bind: Any) -> None:
    form = bind(name="顾客辛", count="", on="  ", kind="", skus="")
    assert form.value == Order(name="顾客辛")
    assert bind(name="  ").errors == {"name": "必填"}


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"name": "王"}, "name", "至少 2 个字"),
        ({"name": "王" * 6}, "name", "最多 5 个字"),
        ({"name": "devil"}, "name", "格式不对"),
        ({"name": "a\0b"}, "name", "不能含有控制字符"),
        ({"name": "a\x1bb"}, "name", "不能含有控制字符"),
        ({"count": "0"}, "count", "不能小于 1"),
        ({"count": "100"}, "count", "不能大于 99"),
        ({"count": "x"}, "count", "请填写整数"),
        ({"count": "1.5"}, "count", "请填写整数"),
        ({"on": "24.5.2026"}, "on", "请填写日期"),
        ({"on": "2026-02-30"}, "on", "请填写日期"),
        ({"kind": "tea"}, "kind", "没有这个选项"),
        ({"skus": ["a", "b", "c"]}, "skus", "最多 2 项"),
        ({"skus": ["a", "b\0"]}, "skus", "不能含有控制字符"),
        ({"admin": "1"}, "admin", "没有这个字段"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(bind: Any, values: dict[str, Any], field: str, text: str) -> None:
    form = bind(**({"name": "顾客辛"} | values))
    assert list(form.errors) == [field]
    assert form.errors[field].startswith(text)
    english = bind("en", **({"name": "顾客辛"} | values))
    assert english.errors[field].isascii(), english.errors
    with pytest.raises(InvalidInput) as refused:
        _ = form.value
    assert refused.value.fields == form.errors


def test_every_wrong_field_is_named_and_what_was_typed_stays(bind: Any) -> None:
    form = bind(name="王\0", count="many", on="soon")
    assert set(form.errors) == {"name", "count", "on"}
    assert dict(form.raw) == {"name": "王", "count": "many", "on": "soon"}


def test_a_line_end_and_any_script_are_fine(bind: Any) -> None:
    for name in ("a\nb", "a\tb", "🍶🍶", "ก็ด", "a\u200bb"):
        assert bind(name=name).errors == {}, name


def test_an_address_is_read_the_same_way(app: Flask) -> None:
    with app.test_request_context("/?name=abc&count=7&utm_source=x&kind="):
        assert parse_query(Order) == Order(name="abc", count=7)
    with app.test_request_context("/?name=abc&count=0&kind=tea"), pytest.raises(InvalidInput) as refused:
        parse_query(Order)
    assert set(refused.value.fields) == {"count", "kind"}
