"""A product's tagline in English."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("products", sa.Column("tagline_en", sa.Text(), nullable=False, server_default=""))
    op.alter_column("products", "tagline_en", server_default=None)


def downgrade() -> None:
    op.drop_column("products", "tagline_en")
