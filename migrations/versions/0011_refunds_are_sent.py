"""When a payment is asked about and a refund looked at next, alarms about money, and orders that were given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

APPEND_ONLY = ("payment_alarms",)


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
