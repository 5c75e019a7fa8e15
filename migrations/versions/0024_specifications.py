"""Specifications in up to two dimensions, variants that aren't sold for a while, English for banners and topics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0022"

TEXTS = postgresql.ARRAY(sa.Text())
ENGLISH = (("banners", "title_en"), ("topics", "title_en"), ("topics", "intro_en"))


def upgrade() -> None:
    op.add_column("products", sa.Column("specifications", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.alter_column("products", "specifications", server_default=None)
    op.create_check_constraint(
        op.f("ck_products_two_specifications_at_most"), "products", "jsonb_array_length(specifications) <= 2"
    )
    op.add_column("variants", sa.Column("specification_values", TEXTS))
    # A variant of one dimension: its name is its value. Of two with one name, the later is told apart by its SKU.
    op.execute(
        "UPDATE variants SET name = name || ' ' || sku WHERE EXISTS (SELECT FROM variants earlier "
        "WHERE earlier.product_id = variants.product_id AND earlier.name = variants.name AND earlier.id < variants.id)"
    )
    op.execute("UPDATE variants SET specification_values = ARRAY[name]")
    op.alter_column("variants", "specification_values", nullable=False)
    op.create_check_constraint(
        op.f("ck_variants_two_values_at_most"), "variants", "cardinality(specification_values) <= 2"
    )
    op.create_unique_constraint(
        op.f("uq_variants_product_id_specification_values"), "variants", ["product_id", "specification_values"]
    )
    op.add_column("variants", sa.Column("is_enabled", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("variants", "is_enabled", server_default=None)
    op.add_column("variants", sa.Column("picture", sa.Text(), nullable=False, server_default=""))
    op.alter_column("variants", "picture", server_default=None)
    for table, column in ENGLISH:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=False, server_default=""))
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    """A variant keeps its name, which names its values. Where one isn't sold, its whole product goes off sale: nobody
    could tell the two apart any more."""
    op.execute(
        """
        WITH gone AS (
            UPDATE products SET status = 'off_sale' WHERE status = 'on_sale'
            AND EXISTS (SELECT FROM variants v WHERE v.product_id = products.id AND NOT v.is_enabled) RETURNING id
        )
        INSERT INTO listing_history (product_id, at, by, from_status, to_status, reason)
        SELECT id, now(), 'migration', 'on_sale', 'off_sale', '有停售的规格' FROM gone
        """
    )
    for table, column in reversed(ENGLISH):
        op.drop_column(table, column)
    op.drop_column("variants", "picture")
    op.drop_column("variants", "is_enabled")
    op.drop_constraint(op.f("uq_variants_product_id_specification_values"), "variants")
    op.drop_constraint(op.f("ck_variants_two_values_at_most"), "variants")
    op.drop_column("variants", "specification_values")
    op.drop_constraint(op.f("ck_products_two_specifications_at_most"), "products")
    op.drop_column("products", "specifications")
