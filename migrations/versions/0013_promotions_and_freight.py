"""Freight by region, fetching with a code, coupons, flash sales and bundles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

TABLES = (
    "coupons", "coupon_holdings", "coupon_redemptions", "flash_sales", "flash_buyers", "flash_seats", "bundles",
    "bundle_items", "promotion_history",
)  # fmt: skip


def upgrade() -> None:
    _templates()
    _rules()
    op.add_column("order_freights", sa.Column("pickup_code", sa.Text()))
    _coupons()
    _flash_sales()
    _bundles()
    _history()


def _templates() -> None:
    op.create_table(
        "freight_templates",
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("pickup_place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", name=op.f("pk_freight_templates")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_freight_templates_workshop_id")),
    )
    op.execute(
        "INSERT INTO freight_templates (workshop_id, unit, pickup_place) SELECT workshop_id, 'weight', '' FROM freight_rules"
    )


def _rules() -> None:
    """What was a workshop's one rule becomes the default rule of its template."""
    op.execute("ALTER TABLE freight_rules RENAME TO old_freight_rules")
    op.execute("ALTER TABLE old_freight_rules RENAME CONSTRAINT pk_freight_rules TO pk_old_freight_rules")
    op.create_table(
        "freight_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("regions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_served", sa.Boolean(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("base_units", sa.BigInteger(), nullable=False),
        sa.Column("extra_fen", sa.BigInteger(), nullable=False),
        sa.Column("extra_units", sa.BigInteger(), nullable=False),
        sa.Column("free_over_fen", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freight_rules")),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["freight_templates.workshop_id"], name=op.f("fk_freight_rules_workshop_id")
        ),
        sa.CheckConstraint(
            "base_fen >= 0 AND extra_fen >= 0 AND base_units > 0 AND extra_units > 0",
            name=op.f("ck_freight_rules_amounts_positive"),
        ),
        sa.CheckConstraint("free_over_fen > 0", name=op.f("ck_freight_rules_free_over_positive")),
    )
    op.create_index(op.f("ix_freight_rules_workshop_id"), "freight_rules", ["workshop_id"])
    op.create_index(
        "uq_freight_rules_default", "freight_rules", ["workshop_id"], unique=True,
        postgresql_where=sa.text("regions = '{}'::text[]"),
    )  # fmt: skip
    op.execute(
        "INSERT INTO freight_rules "
        "(workshop_id, regions, is_served, base_fen, base_units, extra_fen, extra_units, free_over_fen) "
        "SELECT workshop_id, '{}', true, base_fen, base_weight_grams, extra_kilogram_fen, 1000, "
        "CASE WHEN free_over_fen IS NULL THEN NULL ELSE greatest(free_over_fen, 1) END "
        "FROM old_freight_rules"
    )
    op.drop_table("old_freight_rules")


def _coupons() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("threshold_fen", sa.BigInteger(), nullable=False),
        sa.Column("off_fen", sa.BigInteger(), nullable=False),
        sa.Column("off_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("cap_fen", sa.BigInteger()),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_ref", sa.Text(), nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.Column("code", sa.Text()),
        sa.Column("total_limit", sa.BigInteger(), nullable=False),
        sa.Column("per_person_limit", sa.BigInteger(), nullable=False),
        sa.Column("claimed_count", sa.BigInteger(), nullable=False),
        sa.Column("used_count", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code", name=op.f("uq_coupons_code")),
        _to_workshop("coupons"),
        sa.CheckConstraint(
            "off_fen >= 0 AND off_basis_points BETWEEN 0 AND 9900 AND threshold_fen >= 0",
            name=op.f("ck_coupons_amounts_in_range"),
        ),
        sa.CheckConstraint("claimed_count BETWEEN 0 AND total_limit", name=op.f("ck_coupons_claimed_within_limit")),
        sa.CheckConstraint("used_count BETWEEN 0 AND claimed_count", name=op.f("ck_coupons_used_within_claimed")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_coupons_valid_for_a_while")),
    )
    op.create_index(op.f("ix_coupons_funded_by_workshop_id"), "coupons", ["funded_by_workshop_id"])
    op.create_table(
        "coupon_holdings",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("claimed_count", sa.BigInteger(), nullable=False),
        sa.Column("used_count", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "coupon_id", name=op.f("pk_coupon_holdings")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_coupon_holdings_account_id")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_holdings_coupon_id")),
        sa.CheckConstraint(
            "used_count BETWEEN 0 AND claimed_count", name=op.f("ck_coupon_holdings_used_within_claimed")
        ),
    )
    op.create_index(op.f("ix_coupon_holdings_coupon_id"), "coupon_holdings", ["coupon_id"])
    op.create_table(
        "coupon_redemptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_redemptions")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_redemptions_coupon_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_coupon_redemptions_account_id")),
        _to_workshop("coupon_redemptions"),
        sa.UniqueConstraint("order_number", "coupon_id", name=op.f("uq_coupon_redemptions_order_number_coupon_id")),
        sa.UniqueConstraint(
            "order_number", "funded_by_workshop_id", name=op.f("uq_coupon_redemptions_one_a_funder"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_coupon_redemptions_amount_positive")),
    )  # fmt: skip
    op.create_index(op.f("ix_coupon_redemptions_coupon_id"), "coupon_redemptions", ["coupon_id"])


def _flash_sales() -> None:
    op.create_table(
        "flash_sales",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("per_person_limit", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_sales")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_flash_sales_variant_id")),
        _to_workshop("flash_sales"),
        sa.CheckConstraint("taken BETWEEN 0 AND seats", name=op.f("ck_flash_sales_seats_never_oversold")),
        sa.CheckConstraint("price_fen > 0 AND per_person_limit > 0", name=op.f("ck_flash_sales_amounts_positive")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_flash_sales_lasts_a_while")),
    )
    op.create_index("ix_flash_sales_variant_time", "flash_sales", ["variant_id", "ends_at"])
    op.create_table(
        "flash_buyers",
        sa.Column("flash_sale_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("flash_sale_id", "account_id", name=op.f("pk_flash_buyers")),
        sa.ForeignKeyConstraint(["flash_sale_id"], ["flash_sales.id"], name=op.f("fk_flash_buyers_flash_sale_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_flash_buyers_account_id")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_flash_buyers_taken_positive")),
    )
    op.create_table(
        "flash_seats",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("flash_sale_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flash_seats")),
        sa.ForeignKeyConstraint(["flash_sale_id"], ["flash_sales.id"], name=op.f("fk_flash_seats_flash_sale_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_flash_seats_account_id")),
        sa.UniqueConstraint("order_number", "flash_sale_id", name=op.f("uq_flash_seats_order_number_flash_sale_id")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_flash_seats_quantity_positive")),
    )
    op.create_index(op.f("ix_flash_seats_flash_sale_id"), "flash_seats", ["flash_sale_id"])


def _bundles() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("funded_by_workshop_id", sa.BigInteger()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
        _to_workshop("bundles"),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_bundles_price_positive")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_bundles_lasts_a_while")),
    )
    op.create_table(
        "bundle_items",
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id", "variant_id", name=op.f("pk_bundle_items")),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name=op.f("fk_bundle_items_bundle_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_bundle_items_variant_id")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bundle_items_quantity_positive")),
    )
    op.create_index(op.f("ix_bundle_items_variant_id"), "bundle_items", ["variant_id"])


def _history() -> None:
    op.create_table(
        "promotion_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("promotion_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_history")),
    )
    op.create_index("ix_promotion_history_promotion", "promotion_history", ["kind", "promotion_id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON promotion_history "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _to_workshop(table: str) -> sa.ForeignKeyConstraint:
    """Who bears it."""
    return sa.ForeignKeyConstraint(
        ["funded_by_workshop_id"], ["workshops.id"], name=op.f(f"fk_{table}_funded_by_workshop_id")
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("order_freights", "pickup_code")
    op.execute("ALTER TABLE freight_rules RENAME TO new_freight_rules")
    op.execute("ALTER TABLE new_freight_rules RENAME CONSTRAINT pk_freight_rules TO pk_new_freight_rules")
    op.create_table(
        "freight_rules",
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("base_weight_grams", sa.BigInteger(), nullable=False),
        sa.Column("extra_kilogram_fen", sa.BigInteger(), nullable=False),
        sa.Column("free_over_fen", sa.BigInteger()),
        sa.PrimaryKeyConstraint("workshop_id", name=op.f("pk_freight_rules")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_freight_rules_workshop_id")),
        sa.CheckConstraint(
            "base_fen >= 0 AND extra_kilogram_fen >= 0 AND base_weight_grams > 0",
            name=op.f("ck_freight_rules_amounts_positive"),
        ),
    )
    # The default rule is the workshop's one rule, by the kilogram, rounded up; a packet counts as a kilogram.
    op.execute(
        "INSERT INTO freight_rules SELECT workshop_id, base_fen, base_units * units.grams, "
        "(extra_fen * 1000 + extra_units * units.grams - 1) / (extra_units * units.grams), free_over_fen "
        "FROM new_freight_rules JOIN freight_templates t USING (workshop_id) "
        "CROSS JOIN LATERAL (SELECT CASE t.unit WHEN 'pieces' THEN 1000 ELSE 1 END AS grams) units WHERE regions = '{}'"
    )
    op.drop_table("new_freight_rules")
    op.drop_table("freight_templates")
