"""What a line was discounted, what goes back to the buyer, and the cluster's share, frozen when a line is sold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

AMOUNTS = {
    "orders": ("discount_fen",),
    "order_lines": ("discount_fen", "refunded_fen", "commission_basis_points"),
    "order_freights": ("refunded_fen",),
    "workshop_orders": ("discount_fen",),
    "payments": ("refunded_fen",),
}
APPEND_ONLY = ("order_line_discounts", "order_refund_lines", "refund_history")


def upgrade() -> None:
    for table, columns in AMOUNTS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default="0"))
            op.alter_column(table, column, server_default=None)
    op.add_column(
        "workshops", sa.Column("commission_basis_points", sa.BigInteger(), nullable=False, server_default="500")
    )
    op.alter_column("workshops", "commission_basis_points", server_default=None)
    _checks()
    _refunds()
    _indexes()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _checks() -> None:
    op.drop_constraint(op.f("ck_orders_total_adds_up"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_total_adds_up"),
        "orders",
        "total_fen = goods_fen - discount_fen + freight_fen AND total_fen > 0 AND freight_fen >= 0 "
        "AND discount_fen BETWEEN 0 AND goods_fen",
    )
    op.create_check_constraint(
        op.f("ck_order_lines_refund_within_paid"),
        "order_lines",
        "discount_fen BETWEEN 0 AND amount_fen AND refunded_fen BETWEEN 0 AND amount_fen - discount_fen",
    )
    op.drop_constraint(op.f("ck_order_freights_freight_positive"), "order_freights")
    op.create_check_constraint(
        op.f("ck_order_freights_refund_within_freight"),
        "order_freights",
        "freight_fen >= 0 AND refunded_fen BETWEEN 0 AND freight_fen",
    )
    op.create_check_constraint(
        op.f("ck_payments_refund_within_amount"), "payments", "refunded_fen BETWEEN 0 AND amount_fen"
    )


def _refunds() -> None:
    op.create_table(
        "order_line_discounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line_discounts")),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_order_line_discounts_order_line_id")
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["funded_by_workshop_id"], ["workshops.id"], name=op.f("fk_order_line_discounts_funded_by_workshop_id")
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_order_line_discounts_amount_positive")),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.Column("out_refund_no", sa.Text(), nullable=False),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_refunds_out_refund_no")),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text()),
        sa.UniqueConstraint("refund_id", name=op.f("uq_refunds_refund_id")),
        sa.Column("succeeded_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refunds_amount_positive")),
    )
    op.create_table(
        "refund_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_history")),
        sa.Column("refund_row_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["refund_row_id"], ["refunds.id"], name=op.f("fk_refund_history_refund_row_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "order_refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_refunds")),
        sa.Column("out_refund_no", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["out_refund_no"], ["refunds.out_refund_no"], name=op.f("fk_order_refunds_out_refund_no")
        ),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_order_refunds_out_refund_no")),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_refunds_order_id")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "order_refund_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_refund_lines")),
        sa.Column("order_refund_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_refund_id"], ["order_refunds.id"], name=op.f("fk_order_refund_lines_order_refund_id")
        ),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_order_refund_lines_workshop_id")),
        sa.Column("order_line_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_order_refund_lines_order_line_id")
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_order_refund_lines_amount_positive")),
    )


def _indexes() -> None:
    for table, column in (
        ("order_line_discounts", "order_line_id"),
        ("refunds", "payment_id"),
        ("refund_history", "refund_row_id"),
        ("order_refunds", "order_id"),
        ("order_refund_lines", "order_refund_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("order_refund_lines", "order_refunds", "refund_history", "refunds", "order_line_discounts"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_payments_refund_within_amount"), "payments")
    op.drop_constraint(op.f("ck_order_freights_refund_within_freight"), "order_freights")
    op.create_check_constraint(op.f("ck_order_freights_freight_positive"), "order_freights", "freight_fen >= 0")
    op.drop_constraint(op.f("ck_order_lines_refund_within_paid"), "order_lines")
    op.drop_constraint(op.f("ck_orders_total_adds_up"), "orders")
    op.create_check_constraint(
        op.f("ck_orders_total_adds_up"),
        "orders",
        "total_fen = goods_fen + freight_fen AND total_fen > 0 AND freight_fen >= 0",
    )
    op.drop_column("workshops", "commission_basis_points")
    for table, columns in AMOUNTS.items():
        for column in columns:
            op.drop_column(table, column)
