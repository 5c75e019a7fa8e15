"""Stock by lot and what of it belongs to which order; several makers of one variant, and who was chosen for a line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _columns()
    _lots()
    _makers()
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispatches "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # What lies there already is one lot without a batch, at the product's own workshop.
    op.execute(
        "INSERT INTO stock_lots (variant_id, workshop_id, on_hand, allocated, is_on_sale, created_at) "
        "SELECT stock.variant_id, products.workshop_id, stock.on_hand, 0, true, now() FROM stock "
        "JOIN variants ON variants.id = stock.variant_id JOIN products ON products.id = variants.product_id "
        "WHERE stock.on_hand > 0"
    )


def _columns() -> None:
    op.add_column("products", sa.Column("sale_cutoff_days", sa.BigInteger()))
    op.create_index("ix_batches_withheld", "batches", ["id"], postgresql_where=sa.text("status <> 'released'"))
    _add("stock", "short", sa.BigInteger(), "0")
    op.drop_constraint(op.f("ck_stock_never_oversold"), "stock")
    op.create_check_constraint(
        op.f("ck_stock_never_oversold"),
        "stock",
        "reserved >= 0 AND on_hand >= 0 AND short >= 0 AND on_hand + short >= reserved",
    )
    _add("reservations", "short", sa.BigInteger(), "0")
    _add("reservations", "is_by_lot", sa.Boolean(), "false")
    op.create_check_constraint(
        op.f("ck_reservations_short_within_quantity"), "reservations", "short BETWEEN 0 AND quantity"
    )
    _add("order_lines", "is_open", sa.Boolean(), "false")
    op.add_column("order_freights", sa.Column("carried_by_workshop_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_order_freights_carried_by_workshop_id"),
        "order_freights",
        "workshops",
        ["carried_by_workshop_id"],
        ["id"],
    )


def _lots() -> None:
    op.create_table(
        "stock_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_lots")),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_lots_variant_id")),
        sa.Column("batch_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_stock_lots_batch_id")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_stock_lots_batch_id")),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_stock_lots_workshop_id")),
        sa.Column("best_before_on", sa.Date()),
        sa.Column("sell_until_on", sa.Date()),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=False),
        sa.Column("is_on_sale", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "allocated >= 0 AND on_hand >= allocated", name=op.f("ck_stock_lots_allocated_within_on_hand")
        ),
    )
    op.create_index(op.f("ix_stock_lots_workshop_id"), "stock_lots", ["workshop_id"])
    op.create_index(
        "uq_stock_lots_without_batch",
        "stock_lots",
        ["variant_id", "workshop_id"],
        unique=True,
        postgresql_where=sa.text("batch_id IS NULL"),
    )
    op.create_index(
        "ix_stock_lots_unsold", "stock_lots", ["variant_id"], postgresql_where=sa.text("on_hand > allocated")
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_allocations_variant_id")),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["stock_lots.id"], name=op.f("fk_allocations_lot_id")),
        sa.UniqueConstraint("order_number", "lot_id", name=op.f("uq_allocations_order_number_lot_id")),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("packed_quantity", sa.BigInteger(), nullable=False),
        sa.Column("shipped_quantity", sa.BigInteger(), nullable=False),
        sa.Column("returned_quantity", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "packed_quantity BETWEEN 0 AND quantity AND shipped_quantity >= 0 AND returned_quantity >= 0",
            name=op.f("ck_allocations_quantities_fit"),
        ),
    )
    op.create_index(op.f("ix_allocations_lot_id"), "allocations", ["lot_id"])
    op.add_column("stock_movements", sa.Column("lot_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_stock_movements_lot_id"), "stock_movements", "stock_lots", ["lot_id"], ["id"])
    op.create_index(op.f("ix_stock_movements_lot_id"), "stock_movements", ["lot_id"])
    _add("stock_movements", "is_on_sale", sa.Boolean(), "true")


def _makers() -> None:
    op.create_table(
        "variant_makers",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_variant_makers_variant_id")),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_variant_makers_workshop_id")),
        sa.PrimaryKeyConstraint("variant_id", "workshop_id", name=op.f("pk_variant_makers")),
        sa.Column("daily_capacity", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("daily_capacity > 0", name=op.f("ck_variant_makers_capacity_positive")),
    )
    op.create_index(op.f("ix_variant_makers_workshop_id"), "variant_makers", ["workshop_id"])
    op.create_table(
        "maker_days",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_maker_days_variant_id")),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_maker_days_workshop_id")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("variant_id", "workshop_id", "day", name=op.f("pk_maker_days")),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_maker_days_quantity_positive")),
    )
    op.create_table(
        "dispatches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_lines.id"], name=op.f("fk_dispatches_order_line_id")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("workshop_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_dispatches_workshop_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("short", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(workshop_id IS NULL) = (kind = 'opened')", name=op.f("ck_dispatches_opened_without_workshop")
        ),
    )
    op.create_index(op.f("ix_dispatches_order_line_id"), "dispatches", ["order_line_id"])


def _add(table: str, column: str, kind: sa.types.TypeEngine[object], default: str) -> None:
    op.add_column(table, sa.Column(column, kind, nullable=False, server_default=default))
    op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    """Packets held for unpaid orders whose lot was taken off sale count as there: people will see that they are short."""
    op.execute(
        "INSERT INTO stock_movements (variant_id, is_on_sale, at, kind, change, reference, by, reason) "
        "SELECT s.variant_id, true, now(), 'recount', greatest(s.on_hand, s.reserved) - m.packets, '0012', 'downgrade', '' "
        "FROM stock s CROSS JOIN LATERAL (SELECT COALESCE(sum(change), 0)::bigint AS packets FROM stock_movements "
        "WHERE variant_id = s.variant_id) m WHERE greatest(s.on_hand, s.reserved) <> m.packets"
    )
    op.execute("UPDATE stock SET on_hand = reserved WHERE on_hand < reserved")
    op.drop_column("stock_movements", "is_on_sale")
    op.drop_column("stock_movements", "lot_id")
    for table in ("dispatches", "maker_days", "variant_makers", "allocations", "stock_lots"):
        op.drop_table(table)
    op.drop_column("order_freights", "carried_by_workshop_id")
    op.drop_column("order_lines", "is_open")
    op.drop_constraint(op.f("ck_reservations_short_within_quantity"), "reservations")
    op.drop_column("reservations", "is_by_lot")
    op.drop_column("reservations", "short")
    op.drop_constraint(op.f("ck_stock_never_oversold"), "stock")
    op.drop_column("stock", "short")
    op.create_check_constraint(
        op.f("ck_stock_never_oversold"), "stock", "reserved >= 0 AND on_hand >= reserved"
    )
    op.drop_index("ix_batches_withheld", "batches")
    op.drop_column("products", "sale_cutoff_days")
