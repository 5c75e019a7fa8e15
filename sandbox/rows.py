"""What the pretend WeChat remembers. Rows are frozen: a change is a new row saved over the old one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True)
class Row:
    KIND: ClassVar[str] = ""

    @property
    def key(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Person(Row):
    """Somebody with a WeChat: one unionid, and another openid for each appid."""

    KIND: ClassVar[str] = "person"
    unionid: str
    nickname: str
    phone: str
    openids: dict[str, str]

    @property
    def key(self) -> str:
        return self.unionid


@dataclass(frozen=True)
class Ticket(Row):
    """A code that can be used once: purpose is login, phone, oauth or web."""

    KIND: ClassVar[str] = "ticket"
    code: str
    purpose: str
    appid: str
    unionid: str
    expires_at: datetime
    scope: str = ""
    used_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.purpose}/{self.code}"


@dataclass(frozen=True)
class AccessToken(Row):
    """line is stable or plain for a server's token, user for a person's OAuth token."""

    KIND: ClassVar[str] = "token"
    token: str
    line: str
    appid: str
    issued_at: datetime
    expires_at: datetime
    forced: bool = False
    killed: bool = False
    unionid: str = ""
    scope: str = ""

    @property
    def key(self) -> str:
        return self.token


@dataclass(frozen=True)
class QrLogin(Row):
    """One website sign-in page: state goes waiting, scanned, then confirmed or refused."""

    KIND: ClassVar[str] = "qr_login"
    uuid: str
    appid: str
    redirect_uri: str
    state: str
    status: str
    expires_at: datetime
    code: str = ""

    @property
    def key(self) -> str:
        return self.uuid


@dataclass(frozen=True)
class Order(Row):
    """An order of Pay APIv3. request is the first call's body; trade_state NOTPAY, SUCCESS or CLOSED.

    A combined order has the numbers of its sub-orders in `subs`, and each of them its number in `combine_no`. mchid is
    empty for an order of the house's own merchant from before there were others.
    """

    KIND: ClassVar[str] = "order"
    out_trade_no: str
    endpoint: str
    request: dict[str, Any]
    trade_state: str
    created_at: datetime
    expires_at: datetime
    transaction_id: str = ""
    payer_openid: str = ""
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    mchid: str = ""
    subs: list[str] = field(default_factory=list)
    combine_no: str = ""

    @property
    def key(self) -> str:
        return self.out_trade_no

    @property
    def total_fen(self) -> int:
        return int(self.request["amount"]["total"])

    @property
    def is_ordinary(self) -> bool:
        """Neither a combined order nor a sub-order of one."""
        return not self.subs and not self.combine_no


@dataclass(frozen=True)
class Refund(Row):
    """Money of an order that goes back. It is PROCESSING until settles_at, and its outcome from then on."""

    KIND: ClassVar[str] = "refund"
    out_refund_no: str
    refund_id: str
    out_trade_no: str
    request: dict[str, Any]
    outcome: str
    created_at: datetime
    settles_at: datetime

    @property
    def key(self) -> str:
        return self.out_refund_no

    @property
    def amount_fen(self) -> int:
        return int(self.request["amount"]["refund"])

    def state_at(self, moment: datetime) -> str:
        return self.outcome if moment >= self.settles_at else "PROCESSING"


@dataclass(frozen=True)
class ShareAccount(Row):
    """Somebody who may be given parts of payments (分账接收方), for one appid."""

    KIND: ClassVar[str] = "share_account"
    appid: str
    type: str
    account: str
    relation: str
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.appid}/{self.type}/{self.account}"


@dataclass(frozen=True)
class Share(Row):
    """One request to share an order (分账), or without receivers to unfreeze what is left. Accounts in `closed` get nothing."""

    KIND: ClassVar[str] = "share"
    out_order_no: str
    order_id: str
    out_trade_no: str
    request: dict[str, Any]
    created_at: datetime
    settles_at: datetime
    closed: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.out_order_no

    @property
    def receivers(self) -> list[dict[str, Any]]:
        return list(self.request.get("receivers", []))

    @property
    def unfreezes(self) -> bool:
        return bool(self.request.get("unfreeze_unsplit", True))

    def result_of(self, account: str, moment: datetime) -> str:
        if moment < self.settles_at:
            return "PENDING"
        return "CLOSED" if account in self.closed else "SUCCESS"


@dataclass(frozen=True)
class ShareReturn(Row):
    """Shared money that a merchant gives back (分账回退); PROCESSING until settles_at, then its outcome."""

    KIND: ClassVar[str] = "share_return"
    out_return_no: str
    return_id: str
    out_order_no: str
    request: dict[str, Any]
    outcome: str
    created_at: datetime
    settles_at: datetime

    @property
    def key(self) -> str:
        return self.out_return_no

    @property
    def amount_fen(self) -> int:
        return int(self.request["amount"])

    def result_at(self, moment: datetime) -> str:
        return self.outcome if moment >= self.settles_at else "PROCESSING"


@dataclass(frozen=True)
class Prepay(Row):
    """A door to the cashier: a prepay_id (jsapi, h5) or the pr of a code_url (native)."""

    KIND: ClassVar[str] = "prepay"
    handle: str
    out_trade_no: str
    endpoint: str
    expires_at: datetime
    package: str = ""
    dead: bool = False

    @property
    def key(self) -> str:
        return self.handle


@dataclass(frozen=True)
class Notice(Row):
    """A notice to the merchant; content is what goes encrypted, body the exact bytes that are sent each time."""

    KIND: ClassVar[str] = "notice"
    id: str
    out_trade_no: str
    notify_url: str
    content: dict[str, Any]
    body: str
    created_at: datetime
    due_at: datetime | None
    tries: int = 0
    delivered_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class Attempt(Row):
    """One sending of a notice, and what the merchant answered (status 0: nothing came within 5 s)."""

    KIND: ClassVar[str] = "attempt"
    notice_id: str
    number: int
    kind: str
    sent_at: datetime
    headers: dict[str, str]
    signed_text: str
    status: int
    answer: str
    took_seconds: float
    fault: str = ""

    @property
    def key(self) -> str:
        return f"{self.notice_id}/{self.number}"


@dataclass(frozen=True)
class Nonce(Row):
    """A nonce_str that a signed request has used; forgotten once its timestamp is too old to pass."""

    KIND: ClassVar[str] = "nonce"
    nonce: str
    seen_at: datetime

    @property
    def key(self) -> str:
        return self.nonce


@dataclass(frozen=True)
class Consignment(Row):
    """A parcel of a simulated carrier; `rate` is the clock's when it was handed over."""

    KIND: ClassVar[str] = "consignment"
    carrier: str
    number: str
    handed_over_at: datetime
    rate: float
    fate: str = "delivered"
    hurried_hours: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.carrier}/{self.number}"


@dataclass(frozen=True)
class Shipping(Row):
    """What the shipping management knows of a paid order: order_state 1 to ship, 2 shipped, 3 confirmed, 4 done."""

    KIND: ClassVar[str] = "shipping"
    out_trade_no: str
    state: int = 1
    mode: int = 0
    parcels: list[dict[str, Any]] = field(default_factory=list)
    corrections: int = 0
    upload_time: str = ""
    shipped_at: datetime | None = None
    settled_at: datetime | None = None
    reminded_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.out_trade_no


@dataclass(frozen=True)
class Subscription(Row):
    """How many messages of a template a person still accepts, and what was sent."""

    KIND: ClassVar[str] = "subscription"
    openid: str
    template_id: str
    left: int = 0
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.openid}/{self.template_id}"


@dataclass(frozen=True)
class Switches(Row):
    """The one row of settings that the control room changes while the sandbox runs."""

    KIND: ClassVar[str] = "switches"
    clock_rate: float = 1.0
    advance_seconds: float = 0.0
    faults: dict[str, Any] = field(default_factory=dict)
    released_pages: list[str] = field(default_factory=list)
    push_url: str = ""
    order_path: str = ""

    @property
    def key(self) -> str:
        return "switches"


ROW_TYPES: tuple[type[Row], ...] = (
    Person, Ticket, AccessToken, QrLogin, Order, Refund, Prepay, Notice, Attempt, Nonce, Consignment, Shipping,
    Subscription, Switches, ShareAccount, Share, ShareReturn,
)  # fmt: skip
