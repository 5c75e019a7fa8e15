"""The blueprint that all nouns of the API share, and what their schemas are made of.

A view names its summary, its answers and its input models; all else of the OpenAPI document follows from the view.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from core.settings import settings
from core.web.forms import Payload

PREFIX = "/api/v1"
PROBLEM_TYPE = "application/problem+json"
_STATUS_TEXTS = {
    400: "请求不是合格的 JSON，或微信不接受所给的凭证",
    401: "没有登录，或登录已失效",
    403: "没有权限",
    404: "没有找到，或不属于你",
    409: "现在的状态不允许这样做，什么也没有改变",
    413: "请求体太大",
    415: "请求体应是 application/json",
    422: "字段有误，见 fields",
    429: "太频繁，见 Retry-After",
    503: "微信暂时没有回应",
}

# The nouns, in the order in which the document lists them.
SIGNING_IN, ME, CATALOG, WORKSHOPS = Tag(name="登录"), Tag(name="我的"), Tag(name="商品"), Tag(name="作坊")
CART, ADDRESSES, ORDERS = Tag(name="购物车"), Tag(name="收货地址"), Tag(name="订单")
COUPONS, GROUPS, REVIEWS, AFTERSALE = Tag(name="优惠券"), Tag(name="拼团"), Tag(name="评价"), Tag(name="售后")
NOUNS = [
    tag.name
    for tag in (SIGNING_IN, ME, CATALOG, WORKSHOPS, CART, COUPONS, GROUPS, ADDRESSES, ORDERS, REVIEWS, AFTERSALE)
]


def _operation_id(*, name: str, path: str, method: str) -> str:
    """An operation is called like its view."""
    return name


blueprint = APIBlueprint("api", __name__, url_prefix=PREFIX, operation_id_callback=_operation_id)

# Words of one line have at least one sign that can be seen; blanks around them are taken off. Nowhere are there control
# characters or code points that are no characters: neither PostgreSQL nor a page could hold them.
_NONE_OF = r"\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
_LINE = rf"^[^\x00-\x1f{_NONE_OF}]*[^\s\x00-\x1f{_NONE_OF}][^\x00-\x1f{_NONE_OF}]*$"
_LINES = rf"^[^\x00-\x09\x0b-\x1f{_NONE_OF}]*$"
_SAID = rf"^[^\x00-\x09\x0b-\x1f{_NONE_OF}]*[^\s\x00-\x1f{_NONE_OF}][^\x00-\x09\x0b-\x1f{_NONE_OF}]*$"
_strip = AfterValidator(str.strip)

Words20 = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=_LINE), _strip]
Words30 = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=_LINE), _strip]
Words40 = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE), _strip]
Words100 = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE), _strip]
Text200 = Annotated[str, StringConstraints(max_length=200, pattern=_LINES), _strip]
Text500 = Annotated[str, StringConstraints(max_length=500, pattern=_LINES), _strip]
Said500 = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_SAID), _strip]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Photos = Annotated[list[Sha256], Field(max_length=6, description="POST /pictures 得到的 id")]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,80}$")]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._\-]{1,40}$")]
CaseNumber = Annotated[str, StringConstraints(pattern=r"^S[0-9A-Z]{6,20}$")]
OrderNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,20}$")]
Cursor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,200}$")]
GroupCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{10}$")]
WechatCode = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,512}$")]
VISITOR_PATTERN = r"^[A-Za-z0-9_\-]{43}$"
VisitorToken = Annotated[str, StringConstraints(pattern=VISITOR_PATTERN)]
Id = Annotated[int, Field(ge=1, le=2**53 - 1)]


class Body(Payload):
    """A JSON body: an unknown field or a number written as text is refused."""

    model_config = ConfigDict(strict=True, str_strip_whitespace=False)

    @field_validator("*", mode="before")
    @classmethod
    def _read_whole(cls, value: Any) -> Any:
        """`5.0` is an integer of JSON Schema, also in a list."""
        return [_whole(each) for each in value] if isinstance(value, list) else _whole(value)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Parameters(Payload):
    """A query or a path: text becomes numbers; an unknown parameter is refused."""

    model_config = ConfigDict(str_strip_whitespace=False)

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Asked for with each request: worked out once."""
        return super().model_json_schema(*args, **options) if args or options else _schema_of(cls)


@lru_cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return BaseModel.model_json_schema.__func__(model)  # type: ignore[attr-defined]


class VisitorHeader(BaseModel):
    """`X-Visitor-Token`: whose cart it is, while nobody is signed in."""

    token: VisitorToken = Field(default="", alias="X-Visitor-Token")


class PageQuery(Parameters):
    """A list read by cursor."""

    cursor: Cursor | None = Field(default=None, description="上一页的 next_cursor；没有就是第一页")
    limit: int = Field(default=20, ge=1, le=50)


class Answer(BaseModel):
    """The base of everything that goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Answer):
    """RFC 9457. Branch on `code`, show `title`."""

    type: str = Field(description="urn:banli:error:<code>")
    title: str = Field(description="给人看的话")
    status: int
    code: str
    request_id: str
    fields: dict[str, str] = Field(default_factory=dict, description="422：每个有误的字段和原因")


class Picture(Answer):
    """The square picture of something in two widths (pixels)."""

    width_400: str
    width_800: str


def picture(base: str) -> Picture | None:
    """The picture at an address without its width; None when there is none."""
    if not base:
        return None
    address = base if "://" in base else settings().public_base_url + base
    return Picture(width_400=f"{address}-400.webp", width_800=f"{address}-800.webp")


def answer(content: Answer | None, status: int = 200, **headers: str) -> Response:
    """The response of a view; None is an empty one."""
    body = content.model_dump_json() if content is not None else ""
    response = Response(body, status, {name.replace("_", "-"): value for name, value in headers.items()})
    if content is not None:
        response.content_type = "application/json"
    else:
        response.headers.pop("Content-Type", None)
    return response


def answers(good: type[Answer] | None, *problems: int, status: int = 200) -> dict[Any, Any]:
    """What an operation may answer: the good one, then problems. 401 and 422 are always among them."""
    named: dict[Any, Any] = {status: good}
    return named | {problem: problem_response(problem) for problem in sorted({401, 422, *problems})}


def problem_response(status: int) -> dict[str, Any]:
    """The description of a problem answer in the OpenAPI document."""
    return {
        "description": _STATUS_TEXTS[status],
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
