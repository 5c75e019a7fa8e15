"""Orders: what a buyer asked for and owes, and what each workshop has to send once it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import now
from core.db import Keyed, Model


class OrderStatus(StrEnum):
    """`cancelled` and `expired`: never paid. `refunded`: paid, then given up before any of it was packed."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDED = "refunded"


ORDER_TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.AWAITING_PAYMENT: frozenset({OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.EXPIRED}),
    OrderStatus.PAID: frozenset({OrderStatus.COMPLETED, OrderStatus.REFUNDED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.EXPIRED: frozenset(),
    OrderStatus.REFUNDED: frozenset(),
}


class WorkshopOrderStatus(StrEnum):
    TO_PACK = "to_pack"
    PACKED = "packed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    REASSIGNED = "reassigned"
    """All of it is made by other workshops now."""


WORKSHOP_ORDER_TRANSITIONS: Mapping[WorkshopOrderStatus, frozenset[WorkshopOrderStatus]] = {
    WorkshopOrderStatus.TO_PACK: frozenset(
        {WorkshopOrderStatus.PACKED, WorkshopOrderStatus.CANCELLED, WorkshopOrderStatus.REASSIGNED}
    ),
    # A part that the buyer fetches is never shipped.
    WorkshopOrderStatus.PACKED: frozenset({WorkshopOrderStatus.SHIPPED, WorkshopOrderStatus.RECEIVED}),
    WorkshopOrderStatus.SHIPPED: frozenset({WorkshopOrderStatus.RECEIVED}),
    WorkshopOrderStatus.RECEIVED: frozenset(),
    WorkshopOrderStatus.CANCELLED: frozenset(),
    WorkshopOrderStatus.REASSIGNED: frozenset({WorkshopOrderStatus.TO_PACK}),
}


class Order(Model, Keyed):
    """One checkout, one payment. Amounts and address are frozen when it is placed."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("account_id", "request_key"),
        CheckConstraint(
            "total_fen = goods_fen - discount_fen + freight_fen AND total_fen > 0 AND freight_fen >= 0 "
            "AND discount_fen BETWEEN 0 AND goods_fen",
            name="total_adds_up",
        ),
        Index("ix_orders_account_newest", "account_id", "id"),
        Index("ix_orders_placed", "placed_at", "id"),
        Index("ix_orders_paid", "paid_at"),
        Index("ix_orders_status_placed", "status", "placed_at", "id"),
        Index("ix_orders_total", "total_fen", "id"),
        Index("ix_orders_phone_end", text("right(phone, 4)"), "placed_at"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    request_key: Mapped[str]
    status: Mapped[str] = mapped_column(default=OrderStatus.AWAITING_PAYMENT)
    goods_fen: Mapped[int]
    """Before discounts."""
    discount_fen: Mapped[int] = mapped_column(default=0)
    freight_fen: Mapped[int]
    total_fen: Mapped[int]
    recipient: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    placed_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    held_for_group: Mapped[bool] = mapped_column(default=False)
    """It has a seat in a group that isn't full (or never was): no workshop was given any of it."""

    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.id", lazy="selectin")
    freights: Mapped[list[OrderFreight]] = relationship(order_by="OrderFreight.workshop_id", lazy="selectin")
    workshop_orders: Mapped[list[WorkshopOrder]] = relationship(
        primaryjoin="and_(WorkshopOrder.order_id == Order.id, WorkshopOrder.status != 'reassigned')",
        order_by="WorkshopOrder.id",
        lazy="selectin",
        viewonly=True,
    )
    """Without those whose lines were all given to other workshops."""

    @property
    def is_payable(self) -> bool:
        return self.status == OrderStatus.AWAITING_PAYMENT and now() < self.expires_at

    @property
    def waits_for_group(self) -> bool:
        """Paid, and its group lacks people."""
        return self.held_for_group and self.status == OrderStatus.PAID

    @property
    def masked_phone(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}"


class OrderLine(Model, Keyed):
    """A variant as it was bought: names and price are copies, so that history doesn't change with the catalogue."""

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "variant_id"),
        CheckConstraint("quantity > 0 AND amount_fen = unit_price_fen * quantity", name="amount_adds_up"),
        CheckConstraint(
            "discount_fen BETWEEN 0 AND amount_fen AND refunded_fen BETWEEN 0 AND amount_fen - discount_fen",
            name="refund_within_paid",
        ),
        CheckConstraint(
            "dropped_quantity BETWEEN 0 AND quantity AND (dropped_at IS NOT NULL) = (dropped_quantity = quantity)",
            name="dropped_within_quantity",
        ),
        Index("ix_order_lines_product", "product_id", "order_id"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    sku: Mapped[str]
    product_slug: Mapped[str]
    product_name: Mapped[str]
    product_name_en: Mapped[str] = mapped_column(default="")
    variant_name: Mapped[str]
    picture: Mapped[str]
    unit_price_fen: Mapped[int]
    quantity: Mapped[int]
    amount_fen: Mapped[int]
    """Before discounts."""
    discount_fen: Mapped[int] = mapped_column(default=0)
    refunded_fen: Mapped[int] = mapped_column(default=0)
    """Of all refunds asked for that were not given up."""
    dropped_quantity: Mapped[int] = mapped_column(default=0)
    """Packets given up before they were sent: they are neither packed nor sent."""
    dropped_at: Mapped[datetime | None]
    """When the last of its packets was given up: nothing of it is packed."""
    commission_basis_points: Mapped[int] = mapped_column(default=0)
    """The cluster's share of what the line brought, in 1/10000, as agreed when it was sold."""
    paid_to_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    """The workshop whose own merchant got the money (合单), whoever makes it; None: the cluster's."""
    is_open: Mapped[bool] = mapped_column(default=False)
    """No workshop makes it at the moment: the operator decides. `workshop_id` is who had it last."""

    is_perishable: Mapped[bool] = mapped_column(default=False)
    """Whether it keeps only for a short time, as its product said when it was sold: it decides what may be complained about."""

    @property
    def wanted_quantity(self) -> int:
        """The packets to be packed and sent."""
        return self.quantity - self.dropped_quantity

    @property
    def paid_fen(self) -> int:
        """What the buyer paid for it."""
        return self.amount_fen - self.discount_fen

    @property
    def refundable_fen(self) -> int:
        return self.paid_fen - self.refunded_fen


class OrderLineDiscount(Model, Keyed):
    """A part of a line's discount: what gave it, and who bears it (a workshop, or the cluster if none). Append-only."""

    __tablename__ = "order_line_discounts"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    source: Mapped[str]
    reference: Mapped[str]
    funded_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    amount_fen: Mapped[int]


class OrderFreight(Model):
    """What sending one workshop's part costs."""

    __tablename__ = "order_freights"
    __table_args__ = (
        CheckConstraint("freight_fen >= 0 AND refunded_fen BETWEEN 0 AND freight_fen", name="refund_within_freight"),
        Index("ix_order_freights_workshop", "workshop_id", "order_id"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), primary_key=True)
    freight_fen: Mapped[int]
    refunded_fen: Mapped[int] = mapped_column(default=0)
    pickup_code: Mapped[str | None]
    """The buyer fetches this part and shows this code; without one it is sent."""
    carried_by_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    """Who sends in its place, when all that it was charged for was given to other workshops."""
    paid_to_workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    """As a line's."""

    @property
    def carrier_id(self) -> int:
        return self.carried_by_workshop_id or self.workshop_id


class WorkshopOrder(Model, Keyed):
    """One workshop's part of a paid order: what it packs and sends."""

    __tablename__ = "workshop_orders"
    __table_args__ = (
        UniqueConstraint("order_id", "workshop_id"),
        Index("ix_workshop_orders_work", "workshop_id", "status", "id"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    status: Mapped[str] = mapped_column(default=WorkshopOrderStatus.TO_PACK)
    goods_fen: Mapped[int]
    """Before discounts."""
    discount_fen: Mapped[int] = mapped_column(default=0)
    freight_fen: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    first_shipped_at: Mapped[datetime | None]
    """When its first parcel left; others may still be here."""
    packing_began_at: Mapped[datetime | None]
    """When the first packet was put into its box; None while the box is empty."""

    order: Mapped[Order] = relationship()

    @property
    def is_cancellable(self) -> bool:
        """Whether the buyer may still give it up: none of it is packed."""
        return self.status == WorkshopOrderStatus.TO_PACK and self.packing_began_at is None

    @property
    def lines(self) -> list[OrderLine]:
        return [line for line in self.order.lines if line.workshop_id == self.workshop_id and not line.is_open]

    @property
    def lines_to_send(self) -> list[OrderLine]:
        return [line for line in self.lines if line.dropped_at is None]

    @property
    def pickup_code(self) -> str | None:
        """What the buyer shows when they fetch it; None when it is sent."""
        own = (freight for freight in self.order.freights if freight.carrier_id == self.workshop_id)
        return next((freight.pickup_code for freight in own), None)


class DispatchKind(StrEnum):
    """What was decided about a line: a workshop was chosen, it declined, the operator chose, nobody could be found."""

    CHOSEN = "chosen"
    DECLINED = "declined"
    ASSIGNED = "assigned"
    OPENED = "opened"


class Dispatch(Model, Keyed):
    """Who is to make a line (派单), and why. Append-only: the newest row of a line holds.

    `rule` names the rule that chose, `facts` what it looked at: each candidate with its stock, the capacity it had left
    today and its turns of late. `short`: packets that no lot had at that moment.
    """

    __tablename__ = "dispatches"
    __table_args__ = (CheckConstraint("(workshop_id IS NULL) = (kind = 'opened')", name="opened_without_workshop"),)

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    kind: Mapped[str]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    rule: Mapped[str] = mapped_column(default="")
    facts: Mapped[list[dict[str, int]]] = mapped_column(JSONB, default=list)
    reason: Mapped[str] = mapped_column(default="")
    short: Mapped[int] = mapped_column(default=0)


class MakerDay(Model):
    """How many packets of a variant a workshop was given to make on a day. What it declined counts: it had its turn."""

    __tablename__ = "maker_days"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class OrderHistory(Model, Keyed):
    """Every move of an order or of one of its parts. Append-only."""

    __tablename__ = "order_history"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    workshop_order_id: Mapped[int | None] = mapped_column(ForeignKey("workshop_orders.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")


class OrderRefund(Model, Keyed):
    """Money of an order that goes back, and what for. Whether it has arrived is known by the refund of the same number."""

    __tablename__ = "order_refunds"

    out_refund_no: Mapped[str] = mapped_column(ForeignKey("refunds.out_refund_no"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    asked_by: Mapped[str]
    given_back_at: Mapped[datetime | None]
    """When the amounts were given back to the lines, because WeChat closed the refund."""

    lines: Mapped[list[OrderRefundLine]] = relationship(order_by="OrderRefundLine.id", lazy="selectin")


class OrderRefundPiece(Model, Keyed):
    """What else WeChat was asked for: an order's refund over several merchants is one refund at WeChat for each.

    The first has the number of the order's refund itself, and no piece.
    """

    __tablename__ = "order_refund_pieces"

    order_refund_id: Mapped[int] = mapped_column(ForeignKey("order_refunds.id"), index=True)
    out_refund_no: Mapped[str] = mapped_column(ForeignKey("refunds.out_refund_no"), unique=True)
    given_back_at: Mapped[datetime | None]
    """As of an order's refund."""


class OrderRefundLine(Model, Keyed):
    """What of a refund belongs to one line, or (without a line) to a workshop's freight. Append-only."""

    __tablename__ = "order_refund_lines"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount_positive"),)

    order_refund_id: Mapped[int] = mapped_column(ForeignKey("order_refunds.id"), index=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_lines.id"))
    amount_fen: Mapped[int]
    out_refund_no: Mapped[str | None] = mapped_column(ForeignKey("refunds.out_refund_no"))
    """The piece that carries it; None: the refund of the order's own number."""
