"""Profit sharing: shares of payments with requests, receivers, returns and history; merchants of workshops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = (
    "workshop_merchants",
    "profit_share_history",
    "profit_share_accounts",
    "profit_share_returns",
    "profit_share_receivers",
    "profit_share_requests",
    "profit_shares",
)
APPEND_ONLY = ("workshop_merchants", "profit_share_history")
_DUE = "due_fen = goods_fen - discount_fen - commission_fen + freight_fen - refund_fen + correction_fen"


def _key(table: str) -> tuple[sa.Column, sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _reference(table: str, column: str, target: str, *, nullable: bool = False) -> tuple[sa.Column, sa.Constraint]:
    return (
        sa.Column(column, sa.BigInteger(), nullable=nullable),
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}")),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _fen(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _looks() -> tuple[sa.Column, ...]:
    return (_at("created_at"), _at("look_at", nullable=True), _fen("looks"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    _shares()
    _parts_of_shares()
    _accounts()
    for table in ("profit_shares", "profit_share_returns", "profit_share_accounts"):
        op.create_index(f"ix_{table}_look_at", table, ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL"))
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    shared = sa.text("settlement_mode = 'profit_sharing'")
    op.create_index("ix_payments_shared", "payments", ["purpose"], postgresql_where=shared)
    op.add_column("refunds", _at("returns_planned_at", nullable=True))
    op.add_column("statements", sa.Column("shared_fen", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("statements", "shared_fen", server_default=None)
    op.drop_constraint(op.f("ck_statements_due_adds_up"), "statements")
    op.create_check_constraint(
        op.f("ck_statements_due_adds_up"), "statements", f"{_DUE} - shared_fen + carried_fen"
    )


def _shares() -> None:
    op.create_table(
        "profit_shares",
        *_key("profit_shares"),
        *_reference("profit_shares", "payment_id", "payments.id"),
        _unique("profit_shares", "payment_id"),
        _text("status"),
        _text("unfreeze_no", nullable=True),
        _unique("profit_shares", "unfreeze_no"),
        *_looks(),
    )
    op.create_index(op.f("ix_profit_shares_status"), "profit_shares", ["status"])
    op.create_table(
        "profit_share_requests",
        *_key("profit_share_requests"),
        *_reference("profit_share_requests", "share_id", "profit_shares.id"),
        _text("out_order_no"),
        _unique("profit_share_requests", "out_order_no"),
        _text("wechat_order_id", nullable=True),
        _unique("profit_share_requests", "wechat_order_id"),
        _text("status"),
        _at("asked_at"),
    )
    op.create_index(op.f("ix_profit_share_requests_share_id"), "profit_share_requests", ["share_id"])


def _parts_of_shares() -> None:
    table = "profit_share_receivers"
    op.create_table(
        table,
        *_key(table),
        *_reference(table, "request_id", "profit_share_requests.id"),
        *_reference(table, "workshop_id", "workshops.id"),
        _text("mchid"),
        _fen("amount_fen"),
        _fen("returned_fen"),
        _text("status"),
        _text("detail_id", nullable=True),
        _text("fail_reason", nullable=True),
        _at("settled_at", nullable=True),
        _unique(table, "request_id", "mchid"),
        sa.CheckConstraint("amount_fen > 0", name=op.f(f"ck_{table}_amount_positive")),
        sa.CheckConstraint("returned_fen BETWEEN 0 AND amount_fen", name=op.f(f"ck_{table}_return_within_amount")),
    )
    op.create_index(op.f(f"ix_{table}_workshop_id"), table, ["workshop_id"])
    table = "profit_share_returns"
    op.create_table(
        table,
        *_key(table),
        _text("out_return_no"),
        _unique(table, "out_return_no"),
        *_reference(table, "receiver_id", "profit_share_receivers.id"),
        *_reference(table, "refund_row_id", "refunds.id"),
        _unique(table, "receiver_id", "refund_row_id"),
        _fen("amount_fen"),
        _text("status"),
        _text("fail_reason", nullable=True),
        _at("settled_at", nullable=True),
        *_looks(),
        sa.CheckConstraint("amount_fen > 0", name=op.f(f"ck_{table}_amount_positive")),
    )
    op.create_index(op.f(f"ix_{table}_refund_row_id"), table, ["refund_row_id"])


def _accounts() -> None:
    table = "profit_share_accounts"
    op.create_table(
        table,
        *_key(table),
        *_reference(table, "workshop_id", "workshops.id"),
        _text("mchid"),
        _unique(table, "workshop_id", "mchid"),
        _text("name"),
        _text("status"),
        *_looks(),
    )
    table = "profit_share_history"
    op.create_table(
        table,
        *_key(table),
        *_reference(table, "share_id", "profit_shares.id", nullable=True),
        _text("subject"),
        _fen("subject_id"),
        _at("at"),
        _text("by"),
        _text("from_status", nullable=True),
        _text("to_status"),
        _text("reason"),
    )
    op.create_index(op.f(f"ix_{table}_share_id"), table, ["share_id"])
    table = "workshop_merchants"
    op.create_table(
        table,
        *_key(table),
        *_reference(table, "workshop_id", "workshops.id"),
        _text("mchid", nullable=True),
        _text("name"),
        _text("by"),
        _at("at"),
    )
    op.create_index(op.f(f"ix_{table}_workshop_id"), table, ["workshop_id"])


def downgrade() -> None:
    """What was shared is counted among the refunds of the statements, so that their figures still add up."""
    op.drop_constraint(op.f("ck_statements_due_adds_up"), "statements")
    op.execute("UPDATE statements SET refund_fen = refund_fen + shared_fen WHERE shared_fen <> 0")
    op.create_check_constraint(op.f("ck_statements_due_adds_up"), "statements", f"{_DUE} + carried_fen")
    op.drop_column("statements", "shared_fen")
    op.drop_column("refunds", "returns_planned_at")
    op.drop_index("ix_payments_shared", "payments")
    for table in TABLES:
        op.drop_table(table)
