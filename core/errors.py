"""What can go wrong, named after the fact. One renderer (`core.web.responses`) turns it into a page or RFC 9457 JSON.

`message` is the Chinese text with `%(name)s` places, and at the same time the key of its translation; `params` fill it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar


class Phrase:
    """A Chinese text with `%(name)s` places and what fills them, translated where it is shown.

    For texts that are no error's `message`: what is wrong with a field, or words that fill a place of a message.
    """

    __slots__ = ("params", "text")

    def __init__(self, text: str, **params: Any) -> None:
        self.text = text
        self.params = params

    def __str__(self) -> str:
        return self.text % self.params if self.params else self.text


class DomainError(Exception):
    """A fact that stops an act. Nothing of the act remains: the request's transaction is rolled back."""

    status: ClassVar[int] = 409
    message: ClassVar[str] = "操作没有成功"

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code, params)

    @property
    def code(self) -> str:
        """Stable, in snake case, e.g. `stock_insufficient`: clients branch on it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def text(self) -> str:
        return self.message % self.params


class NotFound(DomainError):
    """There is no such thing, or not for this caller: the two are not told apart."""

    status = 404
    message = "没有找到"


class NotSignedIn(DomainError):
    status = 401
    message = "请先登录"


class NotAllowed(DomainError):
    status = 403
    message = "没有权限"


class TooManyRequests(DomainError):
    """`retry_after_seconds` says when to come back."""

    status = 429
    message = "操作太频繁，请稍后再试"


class InvalidInput(DomainError):
    """A payload that can't be used. `fields` maps each wrong field to what is wrong with it, in Chinese."""

    status = 422
    message = "填写的内容有误"

    def __init__(self, fields: Mapping[str, str | Phrase], **params: Any) -> None:
        self.fields = fields
        super().__init__(**params)


class OutsideUnavailable(DomainError):
    """A party outside (WeChat, a carrier, the object store) didn't answer in time or refused."""

    status = 503
    message = "外部服务暂时不可用，请稍后再试"


class Busy(DomainError):
    """So many wanted the same thing that this one waited too long; nothing has changed. `retry_after_seconds` says when to
    come back."""

    status = 503
    message = "现在人太多，请稍后再试"
