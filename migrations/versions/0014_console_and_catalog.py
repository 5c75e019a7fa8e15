"""Indexes for the operator's list of orders, listings that are approved, the shop's banners and topics, search, favorites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"


def upgrade() -> None:
    _order_indexes()
    _approval()


def _approval() -> None:
    """What was on sale before there was anybody to ask counts as approved."""
    op.add_column("products", sa.Column("approved_at", sa.DateTime(timezone=True)))
    op.add_column("products", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("products", "revision", server_default=None)
    op.add_column("variants", sa.Column("approved_price_fen", sa.BigInteger()))
    op.execute("UPDATE products SET approved_at = now() WHERE status IN ('on_sale', 'off_sale')")
    op.execute(
        "UPDATE variants SET approved_price_fen = price_fen "
        "FROM products WHERE products.id = product_id AND approved_at IS NOT NULL"
    )
    op.create_index(op.f("ix_products_status"), "products", ["status", "id"])


def _order_indexes() -> None:
    op.create_index(op.f("ix_orders_placed"), "orders", ["placed_at", "id"])
    op.create_index(op.f("ix_orders_paid"), "orders", ["paid_at"])
    op.create_index(op.f("ix_orders_status_placed"), "orders", ["status", "placed_at", "id"])
    op.create_index(op.f("ix_orders_total"), "orders", ["total_fen", "id"])
    op.create_index(op.f("ix_orders_phone_end"), "orders", [sa.text("right(phone, 4)"), "placed_at"])
    op.create_index(op.f("ix_order_freights_workshop"), "order_freights", ["workshop_id", "order_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_products_status"), "products")
    op.drop_column("variants", "approved_price_fen")
    op.drop_column("products", "revision")
    op.drop_column("products", "approved_at")
    op.drop_index(op.f("ix_order_freights_workshop"), "order_freights")
    for name in ("phone_end", "total", "status_placed", "paid", "placed"):
        op.drop_index(op.f(f"ix_orders_{name}"), "orders")
