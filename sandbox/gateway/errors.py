"""Refusals of Pay APIv3: an HTTP status, a code to branch on, a message for people, a detail for programmers."""

from typing import Any

from sandbox import orders, refunds


class PayError(Exception):
    def __init__(self, status: int, code: str, message: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.detail = status, code, message, detail

    def payload(self) -> dict[str, Any]:
        detail = {} if self.detail is None else {"detail": self.detail}
        return {"code": self.code, "message": self.message} | detail


REFUSALS: dict[type[Exception], tuple[int, str, str]] = {
    orders.OrderUnknown: (404, "ORDER_NOT_EXIST", "订单不存在"),
    orders.OrderClosed: (400, "ORDER_CLOSED", "订单已关闭"),
    orders.OrderPaid: (400, "ORDER_PAID", "该订单已支付"),
    orders.NumberUsed: (403, "OUT_TRADE_NO_USED", "商户订单号重复"),
    refunds.RefundUnknown: (404, "RESOURCE_NOT_EXISTS", "退款单不存在"),
}


def bad_field(field: str, value: object, issue: str, location: str = "body") -> PayError:
    """400 PARAM_ERROR that names the field as a JSON pointer."""
    shown = value if isinstance(value, (str, int, float, bool)) else type(value).__name__
    detail = {"field": field, "value": shown, "issue": issue, "location": location}
    return PayError(400, "PARAM_ERROR", f"输入源“/{location}{field}”{issue}", detail)


def unsigned(code: str, issue: str, field: str, information: dict[str, Any] | None = None) -> PayError:
    """401; the detail says what the gateway compared, as the real one does."""
    detail: dict[str, Any] = {"field": field, "issue": issue, "location": "authorization"}
    return PayError(401, code, issue, detail | ({"sign_information": information} if information else {}))
