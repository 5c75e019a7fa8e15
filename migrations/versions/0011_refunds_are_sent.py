"""When a payment is asked about and a refund looked at next, alarms about money, orders given up, and the daily bill."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

APPEND_ONLY = ("payment_alarms", "bill_difference_notes", "bill_differences", "trade_bill_rows", "trade_bills")


def upgrade() -> None:
    _columns()
    op.create_table(
        "payment_alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_alarms")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.UniqueConstraint("kind", "reference", "detail", name=op.f("uq_payment_alarms_kind_reference_detail")),
    )
    _bills()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _columns() -> None:
    op.add_column("payments", sa.Column("ask_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE payments SET ask_at = now() WHERE status = 'open' AND prepay IS NOT NULL")
    _index("payments", "ask_at")
    for column in ("accepted_at", "sent_at", "look_at"):
        op.add_column("refunds", sa.Column(column, sa.DateTime(timezone=True)))
    op.add_column("refunds", sa.Column("looks", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("refunds", "looks", server_default=None)
    _index("refunds", "look_at")
    op.add_column("order_refunds", sa.Column("given_back_at", sa.DateTime(timezone=True)))
    op.add_column("workshop_orders", sa.Column("packing_began_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE workshop_orders AS part SET packing_began_at = box.began_at FROM (SELECT workshop_order_id, "
        "min(packed_at) AS began_at FROM packed_packages GROUP BY workshop_order_id) AS box "
        "WHERE box.workshop_order_id = part.id"
    )


def _bills() -> None:
    op.create_table(
        "trade_bills",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_bills")),
        sa.Column("bill_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("bill_on", "digest", name=op.f("uq_trade_bills_bill_on_digest")),
    )
    op.create_table(
        "trade_bill_rows",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade_bill_rows")),
        sa.Column("trade_bill_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trade_bill_id"], ["trade_bills.id"], name=op.f("fk_trade_bill_rows_trade_bill_id")),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("traded_at", sa.Text(), nullable=False),
        sa.Column("is_refund", sa.Boolean(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("out_trade_no", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("out_refund_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.UniqueConstraint("trade_bill_id", "line", name=op.f("uq_trade_bill_rows_trade_bill_id_line")),
    )
    op.create_table(
        "bill_differences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_differences")),
        sa.Column("bill_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("ours_fen", sa.BigInteger(), nullable=False),
        sa.Column("bill_fen", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "bill_on", "kind", "reference", "ours_fen", "bill_fen",
            name=op.f("uq_bill_differences_bill_on_kind_reference_ours_fen_bill_fen"),
        ),
    )  # fmt: skip
    op.create_table(
        "bill_difference_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_difference_notes")),
        sa.Column("bill_difference_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bill_difference_id"], ["bill_differences.id"], name=op.f("fk_bill_difference_notes_bill_difference_id")
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    for table, column in (
        ("trade_bill_rows", "out_trade_no"),
        ("trade_bill_rows", "out_refund_no"),
        ("bill_difference_notes", "bill_difference_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _index(table: str, column: str) -> None:
    where = sa.text(f"{column} IS NOT NULL")
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column], postgresql_where=where)


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.drop_table(table)
    op.drop_column("workshop_orders", "packing_began_at")
    op.drop_column("order_refunds", "given_back_at")
    for column in ("looks", "look_at", "sent_at", "accepted_at"):
        op.drop_column("refunds", column)
    op.drop_column("payments", "ask_at")
