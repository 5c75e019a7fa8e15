"""Indexes for the operator's list of orders, listings that are approved, the shop's banners and topics, search, favorites."""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _order_indexes()
    _approval()
    _search_terms()
    _showcase()
    _browsing()


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
    op.create_index(op.f("ix_order_lines_product"), "order_lines", ["product_id", "order_id"])
    op.create_index(op.f("ix_order_freights_workshop"), "order_freights", ["workshop_id", "order_id"])


def _search_terms() -> None:
    """Filled for what there is as `domain/products/terms.py` did when this was written."""
    op.add_column(
        "products", sa.Column("search_terms", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.add_column("products", sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
    op.alter_column("products", "search_text", server_default=None)
    connection = op.get_bind()
    texts = (
        "SELECT p.id, array[p.name, p.name_en, p.tagline, CASE p.brand WHEN 'hong' THEN '坂里红' ELSE '坂里鲜' END, "
        "w.name, w.name_en, c.name, c.name_en] || p.ingredients FROM products p "
        "JOIN workshops w ON w.id = p.workshop_id JOIN categories c ON c.id = p.category_id"
    )
    for key, found in connection.execute(sa.text(texts)).fetchall():
        plain = [unicodedata.normalize("NFKC", text).lower() for text in found]
        connection.execute(
            sa.text("UPDATE products SET search_text = :text, search_terms = :terms WHERE id = :id"),
            {"id": key, "text": "\n".join(plain), "terms": sorted({term for text in plain for term in _terms(text)})},
        )
    op.alter_column("products", "search_terms", server_default=None)
    op.create_index(op.f("ix_products_search_terms"), "products", ["search_terms"], postgresql_using="gin")


def _terms(text: str) -> set[str]:
    terms: set[str] = set()
    for run in re.findall(r"[\u3400-\u9fff]+|[a-z0-9]+", text):
        if run[0] > "z":
            terms |= {*run, *(run[place : place + 2] for place in range(len(run) - 1))}
        else:
            terms |= {run, *(run[:length] for length in range(1, min(len(run), 8) + 1))}
    return terms


def _showcase() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.UniqueConstraint("slug", name=op.f("uq_topics_slug")),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "topic_products",
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "product_id", name=op.f("pk_topic_products")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_topic_products_topic_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_topic_products_product_id")),
        sa.Column("position", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "banners",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banners")),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("product_id", sa.BigInteger()),
        sa.Column("workshop_id", sa.BigInteger()),
        sa.Column("topic_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_banners_product_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_banners_workshop_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_banners_topic_id")),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("shown_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nonnulls(product_id, workshop_id, topic_id) = 1", name=op.f("ck_banners_one_target")),
        sa.CheckConstraint(
            "shown_until IS NULL OR shown_until > shown_from", name=op.f("ck_banners_ends_after_start")
        ),
    )
    op.create_index(op.f("ix_banners_shown"), "banners", ["position", "id"])


def _browsing() -> None:
    for table in ("favorites", "product_views"):
        op.create_table(
            table,
            sa.Column("account_id", sa.BigInteger(), nullable=False),
            sa.Column("product_id", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("account_id", "product_id", name=op.f(f"pk_{table}")),
            sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id")),
            sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f(f"fk_{table}_product_id")),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        )
        op.create_index(op.f(f"ix_{table}_newest"), table, ["account_id", "at"])
    op.create_table(
        "searches",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "words", name=op.f("pk_searches")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_searches_account_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(op.f("ix_searches_newest"), "searches", ["account_id", "at"])
    op.create_index(op.f("ix_searches_at"), "searches", ["at"])


def downgrade() -> None:
    for table in ("searches", "product_views", "favorites", "banners", "topic_products", "topics"):
        op.drop_table(table)
    # Before, nobody was asked: what waits for an answer or was returned is the owner's draft.
    op.execute("UPDATE products SET status = 'draft' WHERE status IN ('submitted', 'returned')")
    op.drop_index(op.f("ix_products_search_terms"), "products")
    op.drop_column("products", "search_text")
    op.drop_column("products", "search_terms")
    op.drop_index(op.f("ix_products_status"), "products")
    op.drop_column("variants", "approved_price_fen")
    op.drop_column("products", "revision")
    op.drop_column("products", "approved_at")
    op.drop_index(op.f("ix_order_freights_workshop"), "order_freights")
    op.drop_index(op.f("ix_order_lines_product"), "order_lines")
    for name in ("phone_end", "total", "status_placed", "paid", "placed"):
        op.drop_index(op.f(f"ix_orders_{name}"), "orders")
