"""What WeChat's web sign-in may answer instead of a person."""

from __future__ import annotations

from core.errors import DomainError, OutsideUnavailable


class WebSignInNotConfigured(OutsideUnavailable):
    """A setting is missing; `setting` names it."""

    message = "微信登录尚未配置完整"


class WebSignInUnavailable(OutsideUnavailable):
    """No answer in time, or something that isn't the API's."""

    message = "微信登录暂时没有回应，请稍后再试"


class WebSignInRefused(OutsideUnavailable):
    """WeChat refused for a reason that a buyer can't change; `errcode` is its number."""

    message = "微信登录暂时不可用，请稍后再试"


class WebSignInCodeRefused(DomainError):
    """The code is wrong, used, or older than five minutes."""

    status = 400
    message = "登录凭证已失效，请重新登录"


class SnapshotPerson(DomainError):
    """The page runs in WeChat's snapshot mode, where everybody gets a made-up identity: nobody may sign in with it."""

    status = 403
    message = "请先点击右下角“使用完整服务”再登录"
