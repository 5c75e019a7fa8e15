"""Group buys (拼团): offers, groups with their seats, and orders that wait for their group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"

TABLES = ("group_buys", "group_buyers", "group_teams", "group_seats", "group_history")
NOW = sa.DateTime(timezone=True)


def upgrade() -> None:
    _offers()
    _buyers()
    _teams()
    _seats()
    _history()
    op.add_column("orders", sa.Column("held_for_group", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("orders", "held_for_group", server_default=None)


def _offers() -> None:
    op.create_table(
        "group_buys",
        _key(),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("per_person_limit", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", NOW, nullable=False),
        sa.Column("ends_at", NOW, nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_buys")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_group_buys_variant_id")),
        sa.ForeignKeyConstraint(
            ["funded_by_workshop_id"], ["workshops.id"], name=op.f("fk_group_buys_funded_by_workshop_id")
        ),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name=op.f("ck_group_buys_seats_never_oversold")),
        sa.CheckConstraint("price_fen > 0 AND per_person_limit > 0", name=op.f("ck_group_buys_amounts_positive")),
        sa.CheckConstraint("size BETWEEN 2 AND 20", name=op.f("ck_group_buys_size_in_range")),
        sa.CheckConstraint("hours BETWEEN 1 AND 24", name=op.f("ck_group_buys_hours_in_range")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_group_buys_lasts_a_while")),
    )
    op.create_index("ix_group_buys_variant_time", "group_buys", ["variant_id", "ends_at"])


def _buyers() -> None:
    op.create_table(
        "group_buyers",
        sa.Column("group_buy_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_buy_id", "account_id", name=op.f("pk_group_buyers")),
        sa.ForeignKeyConstraint(["group_buy_id"], ["group_buys.id"], name=op.f("fk_group_buyers_group_buy_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_group_buyers_account_id")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_group_buyers_taken_positive")),
    )


def _teams() -> None:
    op.create_table(
        "group_teams",
        _key(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("group_buy_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", NOW, nullable=False),
        sa.Column("closes_at", NOW),
        sa.Column("ended_at", NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_teams")),
        sa.ForeignKeyConstraint(["group_buy_id"], ["group_buys.id"], name=op.f("fk_group_teams_group_buy_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["accounts.id"], name=op.f("fk_group_teams_opened_by_id")),
        sa.UniqueConstraint("code", name=op.f("uq_group_teams_code")),
        sa.CheckConstraint(
            "size BETWEEN 2 AND 20 AND 0 <= paid AND paid <= taken AND taken <= size",
            name=op.f("ck_group_teams_never_too_many"),
        ),
        sa.CheckConstraint(
            "(status IN ('forming', 'dropped')) = (closes_at IS NULL)", name=op.f("ck_group_teams_closes_once_open")
        ),
    )
    op.create_index("ix_group_teams_offer", "group_teams", ["group_buy_id", "status", "closes_at"])
    op.create_index(
        "ix_group_teams_due", "group_teams", ["closes_at"], postgresql_where=sa.text("status = 'open'")
    )  # fmt: skip


def _seats() -> None:
    op.create_table(
        "group_seats",
        _key(),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", NOW, nullable=False),
        sa.Column("paid_at", NOW),
        sa.Column("released_at", NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_seats")),
        sa.ForeignKeyConstraint(["team_id"], ["group_teams.id"], name=op.f("fk_group_seats_team_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_group_seats_account_id")),
        sa.UniqueConstraint("order_number", name=op.f("uq_group_seats_order_number")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_group_seats_quantity_positive")),
    )
    op.create_index(op.f("ix_group_seats_account_id"), "group_seats", ["account_id"])
    op.create_index(
        "uq_group_seats_one_a_person", "group_seats", ["team_id", "account_id"], unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )  # fmt: skip


def _history() -> None:
    op.create_table(
        "group_history",
        _key(),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_history")),
        sa.ForeignKeyConstraint(["team_id"], ["group_teams.id"], name=op.f("fk_group_history_team_id")),
    )
    op.create_index(op.f("ix_group_history_team_id"), "group_history", ["team_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON group_history "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def downgrade() -> None:
    op.drop_column("orders", "held_for_group")
    for table in reversed(TABLES):
        op.drop_table(table)
