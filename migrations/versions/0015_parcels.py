"""Several parcels for a workshop's part: what lies in each, and a number that was put right."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

APPEND_ONLY = ("shipment_lines", "shipment_corrections", "tracking_events", "message_sendings")


def upgrade() -> None:
    op.add_column("workshop_orders", sa.Column("first_shipped_at", sa.DateTime(timezone=True)))
    _parcels()
    _tracking()
    _reports()
    _notifications()
    _carry_over()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _parcels() -> None:
    op.add_column("shipments", sa.Column("place", sa.BigInteger(), nullable=False, server_default="1"))
    op.alter_column("shipments", "place", server_default=None)
    # A database that comes back from a later step has several parcels of some parts.
    op.execute(
        "UPDATE shipments s SET place = counted.place FROM (SELECT id, row_number() OVER "
        "(PARTITION BY workshop_order_id ORDER BY id) AS place FROM shipments) counted WHERE counted.id = s.id"
    )
    op.create_unique_constraint(op.f("uq_shipments_workshop_order_id_place"), "shipments", ["workshop_order_id", "place"])
    op.add_column("packed_packages", sa.Column("shipment_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_packed_packages_shipment_id"), "packed_packages", "shipments", ["shipment_id"], ["id"]
    )
    op.create_index(op.f("ix_packed_packages_shipment_id"), "packed_packages", ["shipment_id"])
    op.create_table(
        "shipment_lines",
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shipment_id", "order_line_id", name=op.f("pk_shipment_lines")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_lines_shipment_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_lines.id"], name=op.f("fk_shipment_lines_order_line_id")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_lines_quantity_positive")),
    )
    op.create_index(op.f("ix_shipment_lines_order_line_id"), "shipment_lines", ["order_line_id"])
    op.create_table(
        "shipment_corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_corrections")),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_shipment_corrections_shipment_id")),
        sa.UniqueConstraint("shipment_id", name=op.f("uq_shipment_corrections_shipment_id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("wrong_carrier_code", sa.Text(), nullable=False),
        sa.Column("wrong_tracking_number", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
    )


def _tracking() -> None:
    op.add_column("shipments", sa.Column("tracking_state", sa.Text(), nullable=False, server_default="unknown"))
    op.alter_column("shipments", "tracking_state", server_default=None)
    op.add_column("shipments", sa.Column("delivered_at", sa.DateTime(timezone=True)))
    op.add_column("shipments", sa.Column("next_look_at", sa.DateTime(timezone=True)))
    op.add_column("shipments", sa.Column("looks_in_vain", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("shipments", "looks_in_vain", server_default=None)
    op.create_index(
        "ix_shipments_to_look_at", "shipments", ["next_look_at"], postgresql_where=sa.text("next_look_at IS NOT NULL")
    )
    op.create_table(
        "tracking_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_events")),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_tracking_events_shipment_id")),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "shipment_id", "tracking_number", "happened_at", "state", "text",
            name=op.f("uq_tracking_events_shipment_id_tracking_number_happened_at_state_text"),
        ),
    )


def _reports() -> None:
    op.create_table(
        "shipping_reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_reports")),
        sa.Column("out_trade_no", sa.Text(), nullable=False),
        sa.UniqueConstraint("out_trade_no", name=op.f("uq_shipping_reports_out_trade_no")),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipping_reports_order_id")),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_split", sa.Boolean(), nullable=False),
        sa.Column("corrections", sa.BigInteger(), nullable=False),
        sa.Column("parcels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("errcode", sa.BigInteger()),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )
    op.create_index(op.f("ix_shipping_reports_order_id"), "shipping_reports", ["order_id"])


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.Column("key", sa.Text(), nullable=False),
        sa.UniqueConstraint("key", name=op.f("uq_notifications_key")),
        sa.Column("account_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id")),
        sa.Column("workshop_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_notifications_workshop_id")),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (workshop_id IS NULL)", name=op.f("ck_notifications_one_reader")
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_notifications_account", "notifications", ["account_id", "id"])
    op.create_index("ix_notifications_workshop", "notifications", ["workshop_id", "id"])
    op.create_table(
        "subscribe_quotas",
        sa.Column("openid", sa.Text(), nullable=False),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("openid", "template_id", name=op.f("pk_subscribe_quotas")),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("remaining >= 0", name=op.f("ck_subscribe_quotas_remaining_not_negative")),
    )
    op.create_table(
        "message_sendings",
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_message_sendings")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notifications.id"], name=op.f("fk_message_sendings_notification_id")
        ),
        sa.Column("template_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("errcode", sa.BigInteger()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _carry_over() -> None:
    """Each part's first parcel held the whole of it."""
    op.execute(
        "INSERT INTO shipment_lines (shipment_id, order_line_id, quantity) SELECT s.id, l.id, l.quantity "
        "FROM shipments s JOIN workshop_orders w ON w.id = s.workshop_order_id "
        "JOIN order_lines l ON l.order_id = w.order_id AND l.workshop_id = w.workshop_id WHERE s.place = 1"
    )
    op.execute(
        "UPDATE packed_packages p SET shipment_id = s.id FROM shipments s WHERE s.workshop_order_id = p.workshop_order_id "
        "AND s.place = 1"
    )
    op.execute(
        "UPDATE workshop_orders w SET first_shipped_at = s.shipped_at FROM shipments s WHERE s.workshop_order_id = w.id "
        "AND s.place = 1"
    )


def downgrade() -> None:
    for table in ("message_sendings", "subscribe_quotas", "notifications"):
        op.drop_table(table)
    op.drop_table("shipping_reports")
    op.drop_table("tracking_events")
    op.drop_index("ix_shipments_to_look_at", "shipments")
    for column in ("tracking_state", "delivered_at", "next_look_at", "looks_in_vain"):
        op.drop_column("shipments", column)
    op.drop_table("shipment_corrections")
    op.drop_table("shipment_lines")
    op.drop_index(op.f("ix_packed_packages_shipment_id"), "packed_packages")
    op.drop_column("packed_packages", "shipment_id")
    op.drop_constraint(op.f("uq_shipments_workshop_order_id_place"), "shipments")
    op.drop_column("shipments", "place")
    op.drop_column("workshop_orders", "first_shipped_at")
