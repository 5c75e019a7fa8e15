"""The English name of what was ordered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("product_name_en", sa.Text(), nullable=False, server_default=""))
    op.alter_column("order_lines", "product_name_en", server_default=None)


def downgrade() -> None:
    op.drop_column("order_lines", "product_name_en")
