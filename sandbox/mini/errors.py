"""Refusals of api.weixin.qq.com: HTTP 200 and an errcode."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox import tickets


class ApiError(Exception):
    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode, self.errmsg = errcode, errmsg

    def payload(self) -> dict[str, Any]:
        return {"errcode": self.errcode, "errmsg": self.errmsg}


def bad_argument(errmsg: str) -> ApiError:
    return ApiError(40097, f"invalid args: {errmsg}")


@contextmanager
def errcodes() -> Iterator[None]:
    """What befalls a one-use code, in WeChat's numbers."""
    try:
        yield
    except tickets.TicketUsed:
        raise ApiError(40163, "code been used") from None
    except tickets.TicketUnknown:
        raise ApiError(40029, "invalid code") from None
