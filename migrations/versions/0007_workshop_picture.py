"""A workshop's picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("workshops", sa.Column("picture", sa.Text(), nullable=False, server_default=""))
    op.alter_column("workshops", "picture", server_default=None)


def downgrade() -> None:
    op.drop_column("workshops", "picture")
