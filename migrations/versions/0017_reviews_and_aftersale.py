"""Reviews with their checks and answers, product ratings, and after-sale cases with their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0017"
down_revision = "0016"

APPEND_ONLY = ("review_replies", "review_history", "aftersale_history")


def _key(table: str) -> tuple[sa.Column, sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _reference(table: str, column: str, target: str, *, nullable: bool = False) -> tuple[sa.Column, sa.Constraint]:
    return (
        sa.Column(column, sa.BigInteger(), nullable=nullable),
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}")),
    )


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("dropped_at", sa.DateTime(timezone=True)))
    _reviews()
    _parts_of_reviews()
    _aftersale()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _reviews() -> None:
    op.create_table(
        "reviews",
        *_key("reviews"),
        *_reference("reviews", "order_line_id", "order_lines.id"),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_reviews_order_line_id")),
        *_reference("reviews", "account_id", "accounts.id"),
        *_reference("reviews", "product_id", "products.id"),
        *_reference("reviews", "workshop_id", "workshops.id"),
        sa.Column("variant_name", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pictures", ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_reviews_stars_in_range")),
    )
    op.create_index(op.f("ix_reviews_account_id"), "reviews", ["account_id"])
    op.create_index("ix_reviews_product_shown", "reviews", ["product_id", "status", "id"])
    op.create_index("ix_reviews_workshop_newest", "reviews", ["workshop_id", "id"])
    op.create_table(
        "product_ratings",
        *_reference("product_ratings", "product_id", "products.id"),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_ratings")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "count >= 0 AND stars BETWEEN count AND 5 * count", name=op.f("ck_product_ratings_stars_in_range")
        ),
    )


def _parts_of_reviews() -> None:
    op.create_table(
        "review_follow_ups",
        *_reference("review_follow_ups", "review_id", "reviews.id"),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_follow_ups")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pictures", ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "review_replies",
        *_key("review_replies"),
        *_reference("review_replies", "review_id", "reviews.id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_table(
        "review_history",
        *_key("review_history"),
        *_reference("review_history", "review_id", "reviews.id"),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "review_picture_checks",
        *_key("review_picture_checks"),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.UniqueConstraint("trace_id", name=op.f("uq_review_picture_checks_trace_id")),
        *_reference("review_picture_checks", "review_id", "reviews.id"),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suggest", sa.Text()),
    )
    for table in ("review_replies", "review_history", "review_picture_checks"):
        op.create_index(op.f(f"ix_{table}_review_id"), table, ["review_id"])


def _aftersale() -> None:
    table = "aftersale_cases"
    op.create_table(
        table,
        *_key(table),
        sa.Column("number", sa.Text(), nullable=False),
        sa.UniqueConstraint("number", name=op.f("uq_aftersale_cases_number")),
        *_reference(table, "order_id", "orders.id"),
        *_reference(table, "order_line_id", "order_lines.id"),
        *_reference(table, "workshop_id", "workshops.id"),
        *_reference(table, "account_id", "accounts.id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("approved_fen", sa.BigInteger()),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("return_carrier", sa.Text(), nullable=False),
        sa.Column("return_number", sa.Text(), nullable=False),
        sa.Column("out_refund_no", sa.Text()),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_aftersale_cases_out_refund_no")),
        sa.CheckConstraint("quantity > 0 AND amount_fen > 0 AND freight_fen >= 0", name=op.f("ck_aftersale_cases_something_asked")),
        sa.CheckConstraint(
            "approved_fen BETWEEN 1 AND amount_fen", name=op.f("ck_aftersale_cases_approved_within_asked")
        ),
    )
    is_open = sa.text("status NOT IN ('refunded', 'withdrawn', 'closed')")
    op.create_index(
        "uq_aftersale_cases_open_line", table, ["order_line_id"], unique=True, postgresql_where=is_open
    )
    op.create_index(op.f("ix_aftersale_cases_order_line_id"), table, ["order_line_id"])
    op.create_index(op.f("ix_aftersale_cases_account_id"), table, ["account_id"])
    op.create_index("ix_aftersale_cases_workshop_status", table, ["workshop_id", "status", "id"])
    op.create_index("ix_aftersale_cases_due", table, ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "aftersale_history",
        *_key("aftersale_history"),
        *_reference("aftersale_history", "case_id", "aftersale_cases.id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pictures", ARRAY(sa.Text()), nullable=False),
        sa.Column("amount_fen", sa.BigInteger()),
    )
    op.create_index(op.f("ix_aftersale_history_case_id"), "aftersale_history", ["case_id"])


def downgrade() -> None:
    for table in (
        "aftersale_history",
        "aftersale_cases",
        "review_picture_checks",
        "review_history",
        "review_replies",
        "review_follow_ups",
        "product_ratings",
        "reviews",
    ):
        op.drop_table(table)
    op.drop_column("order_lines", "dropped_at")
