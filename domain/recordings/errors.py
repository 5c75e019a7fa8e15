"""What can be wrong with film and the links to it."""

from __future__ import annotations

from core.errors import DomainError, NotFound


class LinkInvalid(DomainError):
    """The address of a film was not made by us, or was altered."""

    status = 403
    message = "视频链接无效"


class LinkExpired(DomainError):
    """The address of a film has had its time; the page that gave it gives a new one."""

    status = 403
    message = "视频链接已过期，请刷新页面"


class FootageMissing(NotFound):
    """Nothing was recorded then, or it is not kept any more."""

    message = "这段时间没有录像"


class LiveUnavailable(NotFound):
    """The camera gives no picture at the moment."""

    message = "摄像头此刻没有画面"


class IngestAlreadyRunning(DomainError):
    """Another recorder works in this folder: two would record everything twice."""

    message = "录像进程已在运行"


class FilmOutOfOrder(ValueError):
    """A file with a picture from before its beginning cannot be found by time. Never seen by a user."""
