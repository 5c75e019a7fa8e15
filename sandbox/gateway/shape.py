"""What a JSON body may look like. A field is checked by one small object; what is not described is refused."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.gateway.errors import PayError, bad_field


class Shape(Protocol):
    def check(self, value: object, pointer: str) -> None:
        """Raise PayError naming `pointer` when the value is not of this shape."""


@dataclass(frozen=True)
class Text:
    longest: int
    shortest: int = 1
    pattern: str = ""

    def check(self, value: object, pointer: str) -> None:
        if not isinstance(value, str):
            raise bad_field(pointer, value, "应为字符串")
        if not self.shortest <= len(value) <= self.longest:
            raise bad_field(pointer, value, f"字符串长度应为 {self.shortest} 到 {self.longest}，实际 {len(value)}")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise bad_field(pointer, value, f"不符合格式 {self.pattern}")


@dataclass(frozen=True)
class Whole:
    """An integer; 1.0 and true are not."""

    least: int
    most: int = 10**10

    def check(self, value: object, pointer: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_field(pointer, value, "应为整数")
        if not self.least <= value <= self.most:
            raise bad_field(pointer, value, f"数值应在 {self.least} 到 {self.most} 之间")


@dataclass(frozen=True)
class Flag:
    def check(self, value: object, pointer: str) -> None:
        if not isinstance(value, bool):
            raise bad_field(pointer, value, "应为布尔值")


@dataclass(frozen=True)
class Choice:
    options: tuple[str, ...]

    def check(self, value: object, pointer: str) -> None:
        if value not in self.options:
            raise bad_field(pointer, value, f"应为 {'、'.join(self.options)} 之一")


@dataclass(frozen=True)
class Checked:
    """Some other shape, then a question of its own: ask returns an issue, or "" when all is well."""

    shape: Shape
    ask: Callable[[Any], str]

    def check(self, value: object, pointer: str) -> None:
        self.shape.check(value, pointer)
        issue = self.ask(value)
        if issue:
            raise bad_field(pointer, value, issue)


@dataclass(frozen=True)
class Many:
    item: Shape
    most: int = 100

    def check(self, value: object, pointer: str) -> None:
        if not isinstance(value, list) or not 1 <= len(value) <= self.most:
            raise bad_field(pointer, value, f"应为 1 到 {self.most} 项的数组")
        for index, each in enumerate(value):
            self.item.check(each, f"{pointer}/{index}")


@dataclass(frozen=True)
class Thing:
    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)
    most_bytes: int = 0

    def check(self, value: object, pointer: str) -> None:
        if not isinstance(value, dict):
            raise bad_field(pointer, value, "应为对象")
        self._refuse_unknown(value, pointer)
        for name, shape in self.required.items():
            if name not in value:
                raise bad_field(f"{pointer}/{name}", "", "必填参数缺失")
            shape.check(value[name], f"{pointer}/{name}")
        for name, shape in self.optional.items():
            if name in value:
                shape.check(value[name], f"{pointer}/{name}")
        if self.most_bytes and len(json.dumps(value, ensure_ascii=False).encode()) > self.most_bytes:
            raise bad_field(pointer, value, f"超过 {self.most_bytes} 字节")

    def _refuse_unknown(self, value: dict[str, Any], pointer: str) -> None:
        unknown = [f"/body{pointer}/{name}" for name in value if name not in {**self.required, **self.optional}]
        if unknown:
            # The real gateway says location null and a list here, unlike all its other details.
            detail = {"location": None, "value": unknown}
            raise PayError(400, "PARAM_ERROR", "请求中含有未在API文档中定义的参数", detail)
