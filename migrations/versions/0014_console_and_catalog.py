"""Indexes for the operator's list of orders, listings that are approved, the shop's banners and topics, search, favorites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"


def upgrade() -> None:
    _order_indexes()


def _order_indexes() -> None:
    op.create_index(op.f("ix_orders_placed"), "orders", ["placed_at", "id"])
    op.create_index(op.f("ix_orders_paid"), "orders", ["paid_at"])
    op.create_index(op.f("ix_orders_status_placed"), "orders", ["status", "placed_at", "id"])
    op.create_index(op.f("ix_orders_total"), "orders", ["total_fen", "id"])
    op.create_index(op.f("ix_orders_phone_end"), "orders", [sa.text("right(phone, 4)"), "placed_at"])
    op.create_index(op.f("ix_order_freights_workshop"), "order_freights", ["workshop_id", "order_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_order_freights_workshop"), "order_freights")
    for name in ("phone_end", "total", "status_placed", "paid", "placed"):
        op.drop_index(op.f(f"ix_orders_{name}"), "orders")
