"""Workshops with a merchant number of their own; the settlement mode that held when a payment was opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("workshops", sa.Column("wechat_mchid", sa.Text()))
    op.create_unique_constraint(op.f("uq_workshops_wechat_mchid"), "workshops", ["wechat_mchid"])
    op.add_column("workshops", sa.Column("wechat_mch_name", sa.Text(), nullable=False, server_default=""))
    op.alter_column("workshops", "wechat_mch_name", server_default=None)
    op.add_column("payments", sa.Column("settlement_mode", sa.Text(), nullable=False, server_default="payouts"))
    op.alter_column("payments", "settlement_mode", server_default=None)


def downgrade() -> None:
    op.drop_column("payments", "settlement_mode")
    op.drop_column("workshops", "wechat_mch_name")
    op.drop_constraint(op.f("uq_workshops_wechat_mchid"), "workshops")
    op.drop_column("workshops", "wechat_mchid")
