"""Buyers' advances in the journal, withdrawals, packets given up before packing, shared certificates, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

APPEND_ONLY = ("withdrawals", "payment_alarm_sightings", "maker_history", "cutoff_history")


def upgrade() -> None:
    _order_lines()
    _journal()
    _payments()
    _history()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _order_lines() -> None:
    """What was sold is as perishable as its product is now; what was dropped was dropped whole."""
    for column, kind, default in (("dropped_quantity", sa.BigInteger(), "0"), ("is_perishable", sa.Boolean(), "false")):
        op.add_column("order_lines", sa.Column(column, kind, nullable=False, server_default=default))
        op.alter_column("order_lines", column, server_default=None)
    op.execute(
        "UPDATE order_lines SET dropped_quantity = CASE WHEN dropped_at IS NULL THEN 0 ELSE quantity END, "
        "is_perishable = products.is_perishable FROM products WHERE products.id = product_id"
    )
    op.create_check_constraint(
        op.f("ck_order_lines_dropped_within_quantity"),
        "order_lines",
        "dropped_quantity BETWEEN 0 AND quantity AND (dropped_at IS NOT NULL) = (dropped_quantity = quantity)",
    )


def _journal() -> None:
    """Sales and refunds are booked against buyers' advances from now on; the payments themselves are posted next."""
    _rename_side("wechat", "advances")
    _rename_side("own_merchants", "advances")
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_withdrawals_bank_reference")),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_withdrawals_amount_positive")),
    )


def _payments() -> None:
    op.create_index(op.f("ix_refunds_status"), "refunds", ["status", "id"])
    op.drop_constraint(op.f("uq_trade_bills_bill_on_digest"), "trade_bills")
    op.create_index(op.f("ix_trade_bills_newest"), "trade_bills", ["bill_on", "id"])
    op.create_table(
        "payment_alarm_sightings",
        sa.Column("alarm_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_payment_alarm_sightings")),
        sa.ForeignKeyConstraint(["alarm_id"], ["payment_alarms.id"], name=op.f("fk_payment_alarm_sightings_alarm_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_table(
        "wechat_pay_certificates",
        sa.Column("mchid", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mchid", "serial", name=op.f("pk_wechat_pay_certificates")),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def _history() -> None:
    op.create_table(
        "maker_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maker_history")),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_maker_history_variant_id")),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_maker_history_workshop_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_capacity", sa.BigInteger()),
        sa.Column("to_capacity", sa.BigInteger(), nullable=False),
        sa.Column("from_active", sa.Boolean()),
        sa.Column("to_active", sa.Boolean(), nullable=False),
    )
    op.create_index(op.f("ix_maker_history_variant_id"), "maker_history", ["variant_id"])
    op.create_table(
        "cutoff_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cutoff_history")),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_cutoff_history_product_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_days", sa.BigInteger()),
        sa.Column("to_days", sa.BigInteger()),
    )
    op.create_index(op.f("ix_cutoff_history_product_id"), "cutoff_history", ["product_id"])


def _rename_side(was: str, to: str) -> None:
    """The chart of accounts changes, no amount does; nobody else may change a posting."""
    op.execute("ALTER TABLE journal_postings DISABLE TRIGGER append_only")
    op.execute(
        f"UPDATE journal_postings p SET account = '{to}' FROM journal_entries e "  # noqa: S608
        f"WHERE e.id = p.entry_id AND e.kind IN ('sale', 'refund') AND p.account = '{was}'"
    )
    op.execute("ALTER TABLE journal_postings ENABLE TRIGGER append_only")


def downgrade() -> None:
    """Withdrawals stay in the journal; payments leave it, as sales and refunds speak for WeChat again."""
    for table in ("cutoff_history", "maker_history", "wechat_pay_certificates", "payment_alarm_sightings"):
        op.drop_table(table)
    op.drop_index(op.f("ix_trade_bills_newest"), "trade_bills")
    _one_of_each_bill()
    op.create_unique_constraint(op.f("uq_trade_bills_bill_on_digest"), "trade_bills", ["bill_on", "digest"])
    op.drop_index(op.f("ix_refunds_status"), "refunds")
    op.drop_table("withdrawals")
    for table in ("journal_postings", "journal_entries"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    receipts = "SELECT id FROM journal_entries WHERE kind IN ('receipt', 'repayment')"
    op.execute(f"DELETE FROM journal_postings WHERE entry_id IN ({receipts})")  # noqa: S608
    op.execute("DELETE FROM journal_entries WHERE kind IN ('receipt', 'repayment')")
    for table in ("journal_postings", "journal_entries"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
    _rename_side("advances", "wechat")
    op.drop_constraint(op.f("ck_order_lines_dropped_within_quantity"), "order_lines")
    op.drop_column("order_lines", "is_perishable")
    op.drop_column("order_lines", "dropped_quantity")


def _one_of_each_bill() -> None:
    """A version that came back is marked as another, as the older step keeps each only once."""
    op.execute("ALTER TABLE trade_bills DISABLE TRIGGER append_only")
    op.execute(
        "UPDATE trade_bills b SET digest = digest || '-' || id WHERE EXISTS (SELECT FROM trade_bills earlier "
        "WHERE earlier.bill_on = b.bill_on AND earlier.digest = b.digest AND earlier.id < b.id)"
    )
    op.execute("ALTER TABLE trade_bills ENABLE TRIGGER append_only")
