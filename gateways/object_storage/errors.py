"""What can go wrong with stored objects."""

from __future__ import annotations

from core.errors import DomainError, NotFound, OutsideUnavailable


class ObjectMissing(NotFound):
    """No object has this key."""

    message = "文件不存在或已过期"


class ObjectRangeInvalid(DomainError):
    """The range begins before the object, behind its end, or is empty."""

    status = 416
    message = "请求的文件范围无效"


class ObjectKeyInvalid(DomainError):
    """A key that could leave its place or can't be stored everywhere alike."""

    status = 400
    message = "文件名无效"


class ObjectStoreUnavailable(OutsideUnavailable):
    """The store didn't answer in time, refused us, or holds a damaged object; `reason` says which."""

    message = "文件存储暂时不可用，请稍后再试"
