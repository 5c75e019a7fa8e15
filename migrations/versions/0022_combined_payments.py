"""Combined payments (合单): parts of a payment by merchant, workshops' own credentials, refunds by sub-order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_DUE = "due_fen = goods_fen - discount_fen - commission_fen + freight_fen - refund_fen + correction_fen "


def upgrade() -> None:
    _payments()
    _orders()
    op.add_column("trade_bill_rows", sa.Column("workshop_mchid", sa.Text()))
    op.add_column("statements", sa.Column("received_fen", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("statements", "received_fen", server_default=None)
    op.drop_constraint(op.f("ck_statements_due_adds_up"), "statements")
    op.create_check_constraint(op.f("ck_statements_due_adds_up"), "statements", _DUE + "- shared_fen - received_fen + carried_fen")


def _payments() -> None:
    op.create_table(
        "payment_parts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("workshop_id", sa.BigInteger()),
        sa.Column("mchid", sa.Text(), nullable=False),
        sa.Column("out_trade_no", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_parts")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_payment_parts_payment_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_payment_parts_workshop_id")),
        sa.UniqueConstraint("payment_id", "place", name=op.f("uq_payment_parts_payment_id_place")),
        sa.UniqueConstraint("out_trade_no", name=op.f("uq_payment_parts_out_trade_no")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payment_parts_transaction_id")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_parts_amount_positive")),
        sa.CheckConstraint(
            "refunded_fen BETWEEN 0 AND amount_fen", name=op.f("ck_payment_parts_refund_within_amount")
        ),
    )
    op.create_table(
        "merchants",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mchid", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("private_key_encrypted", sa.Text(), nullable=False),
        sa.Column("apiv3_key_encrypted", sa.Text(), nullable=False),
        sa.Column("public_key_id", sa.Text(), nullable=False),
        sa.Column("public_key_pem", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchants")),
        sa.UniqueConstraint("mchid", name=op.f("uq_merchants_mchid")),
    )
    op.add_column("refunds", sa.Column("payment_part_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_refunds_payment_part_id"), "refunds", "payment_parts", ["payment_part_id"], ["id"])
    op.create_index(op.f("ix_refunds_payment_part_id"), "refunds", ["payment_part_id"])


def _orders() -> None:
    for table in ("order_lines", "order_freights"):
        op.add_column(table, sa.Column("paid_to_workshop_id", sa.BigInteger()))
        name = op.f(f"fk_{table}_paid_to_workshop_id")
        op.create_foreign_key(name, table, "workshops", ["paid_to_workshop_id"], ["id"])
    op.create_table(
        "order_refund_pieces",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_refund_id", sa.BigInteger(), nullable=False),
        sa.Column("out_refund_no", sa.Text(), nullable=False),
        sa.Column("given_back_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_refund_pieces")),
        sa.ForeignKeyConstraint(
            ["order_refund_id"], ["order_refunds.id"], name=op.f("fk_order_refund_pieces_order_refund_id")
        ),
        sa.ForeignKeyConstraint(
            ["out_refund_no"], ["refunds.out_refund_no"], name=op.f("fk_order_refund_pieces_out_refund_no")
        ),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_order_refund_pieces_out_refund_no")),
    )
    op.create_index(op.f("ix_order_refund_pieces_order_refund_id"), "order_refund_pieces", ["order_refund_id"])
    op.add_column("order_refund_lines", sa.Column("out_refund_no", sa.Text()))
    op.create_foreign_key(
        op.f("fk_order_refund_lines_out_refund_no"), "order_refund_lines", "refunds", ["out_refund_no"],
        ["out_refund_no"],
    )  # fmt: skip


def downgrade() -> None:
    op.drop_constraint(op.f("ck_statements_due_adds_up"), "statements")
    # What workshops received themselves stays in what they are due: it becomes part of the corrections.
    op.execute("UPDATE statements SET correction_fen = correction_fen - received_fen")
    op.drop_column("statements", "received_fen")
    op.create_check_constraint(op.f("ck_statements_due_adds_up"), "statements", _DUE + "- shared_fen + carried_fen")
    op.drop_column("trade_bill_rows", "workshop_mchid")
    op.drop_column("order_refund_lines", "out_refund_no")
    op.drop_table("order_refund_pieces")
    for table in ("order_lines", "order_freights"):
        op.drop_column(table, "paid_to_workshop_id")
    op.drop_column("refunds", "payment_part_id")
    op.drop_table("merchants")
    op.drop_table("payment_parts")
