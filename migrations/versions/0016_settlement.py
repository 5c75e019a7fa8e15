"""Settlement: a double-entry journal, statements and payouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

APPEND_ONLY = (
    "journal_entries",
    "journal_postings",
    "settlement_corrections",
    "statement_history",
    "payees",
    "payout_history",
)
TABLES = (
    "payout_history",
    "payouts",
    "payout_files",
    "payees",
    "statement_history",
    "statement_entries",
    "statements",
    "settlement_corrections",
    "journal_postings",
    "journal_entries",
)
# One look at all rows of a statement: a hundred thousand postings are checked as fast as they are written.
BALANCED = """
CREATE FUNCTION refuse_unbalanced_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT f.entry_id, f.fen, e.id AS found INTO wrong
    FROM (SELECT entry_id, sum(amount_fen) AS fen, min(id) AS first FROM fresh GROUP BY entry_id) f
    LEFT JOIN journal_entries e ON e.id = f.entry_id
    WHERE f.fen <> 0 OR e.id IS NULL
    OR EXISTS (SELECT FROM journal_postings p WHERE p.entry_id = f.entry_id AND p.id < f.first) LIMIT 1;
    IF wrong.fen <> 0 THEN
        RAISE EXCEPTION 'entry % does not sum to zero', wrong.entry_id USING ERRCODE = 'check_violation';
    ELSIF wrong.entry_id IS NOT NULL AND wrong.found IS NULL THEN
        RAISE EXCEPTION 'there is no entry %', wrong.entry_id USING ERRCODE = 'foreign_key_violation';
    ELSIF wrong.entry_id IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is complete: a correction is a new entry', wrong.entry_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""
# What foreign keys would say row by row, about all rows of a statement at once.
KNOWN = """
CREATE FUNCTION refuse_unknown_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
    SELECT f.{column} INTO wrong FROM fresh f LEFT JOIN {table} t ON t.id = f.{column}
    WHERE f.{column} IS NOT NULL AND t.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'there is no {column} %', wrong USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$
"""
KEYS = (
    ("journal_entries", "order", "order_id", "orders"),
    ("journal_entries", "workshop", "workshop_id", "workshops"),
    ("statement_entries", "entry", "entry_id", "journal_entries"),
    ("statement_entries", "statement", "statement_id", "statements"),
    ("journal_postings", "order_line", "order_line_id", "order_lines"),
)


def upgrade() -> None:
    _journal()
    _statements()
    _payouts()
    _indexes()
    op.execute(BALANCED)
    op.execute(
        "CREATE TRIGGER balanced AFTER INSERT ON journal_postings REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_entry()"
    )
    for table, name, column, target in KEYS:
        op.execute(KNOWN.format(name=name, column=column, table=target))
        op.execute(
            f"CREATE TRIGGER known_{name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_unknown_{name}()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _journal() -> None:
    op.create_table(
        "journal_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("workshop_id", sa.BigInteger()),
        sa.Column("order_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sa.UniqueConstraint(
            "kind", "source_type", "source_id", name=op.f("uq_journal_entries_kind_source_type_source_id")
        ),
    )
    op.create_table(
        "journal_postings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger()),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "id", name=op.f("pk_journal_postings")),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_journal_postings_amount_not_zero")),
    )
    op.create_table(
        "settlement_corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_corrections")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_settlement_corrections_workshop_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_settlement_corrections_request_key")),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_settlement_corrections_amount_not_zero")),
    )


def _statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("goods_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_fen", sa.BigInteger(), nullable=False),
        sa.Column("commission_fen", sa.BigInteger(), nullable=False),
        sa.Column("freight_fen", sa.BigInteger(), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("correction_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_fen", sa.BigInteger(), nullable=False),
        sa.Column("carried_from_id", sa.BigInteger()),
        sa.Column("due_fen", sa.BigInteger(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.ForeignKeyConstraint(["carried_from_id"], ["statements.id"], name=op.f("fk_statements_carried_from_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_statements_workshop_id")),
        sa.UniqueConstraint("number", name=op.f("uq_statements_number")),
        sa.CheckConstraint(
            "due_fen = goods_fen - discount_fen - commission_fen + freight_fen - refund_fen + correction_fen + carried_fen",
            name=op.f("ck_statements_due_adds_up"),
        ),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_statements_period_runs_forward")),
        sa.CheckConstraint(
            "carried_fen <= 0 AND (carried_fen = 0) = (carried_from_id IS NULL)",
            name=op.f("ck_statements_carried_is_named"),
        ),
    )
    op.create_table(
        "statement_entries",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_statement_entries")),
    )
    op.create_table(
        "statement_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_history")),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("fk_statement_history_statement_id")),
    )


def _payouts() -> None:
    op.create_table(
        "payees",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("account_encrypted", sa.Text(), nullable=False),
        sa.Column("account_tail", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payees")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_payees_workshop_id")),
    )
    op.create_table(
        "payout_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_files")),
        sa.UniqueConstraint("number", name=op.f("uq_payout_files_number")),
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("workshop_id", sa.BigInteger(), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text()),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.ForeignKeyConstraint(["file_id"], ["payout_files.id"], name=op.f("fk_payouts_file_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["payees.id"], name=op.f("fk_payouts_payee_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("fk_payouts_statement_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_payouts_workshop_id")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_payouts_bank_reference")),
        sa.UniqueConstraint("number", name=op.f("uq_payouts_number")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payouts_amount_positive")),
        sa.CheckConstraint(
            "(status = 'paid') = (bank_reference IS NOT NULL)", name=op.f("ck_payouts_paid_by_the_bank")
        ),
    )
    op.create_table(
        "payout_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payout_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text()),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_history")),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_payout_history_payout_id")),
    )


def _indexes() -> None:
    op.create_index(op.f("ix_journal_entries_order_id"), "journal_entries", ["order_id"])
    op.create_index(op.f("ix_journal_entries_workshop_order"), "journal_entries", ["workshop_id", "order_id"])
    op.create_index(op.f("ix_settlement_corrections_workshop_id"), "settlement_corrections", ["workshop_id"])
    op.create_index(op.f("ix_statements_status"), "statements", ["status"])
    op.create_index(op.f("ix_statements_workshop_newest"), "statements", ["workshop_id", "id"])
    op.create_index(
        op.f("uq_statements_carried_from_id"),
        "statements",
        ["carried_from_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_index(
        op.f("uq_statements_period"),
        "statements",
        ["workshop_id", "from_on", "until_on"],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_index(op.f("ix_statement_entries_statement_id"), "statement_entries", ["statement_id"])
    op.create_index(op.f("ix_statement_history_statement_id"), "statement_history", ["statement_id"])
    op.create_index(op.f("ix_payees_workshop_id"), "payees", ["workshop_id"])
    op.create_index(op.f("ix_payouts_file_id"), "payouts", ["file_id"])
    op.create_index(op.f("ix_payouts_statement_id"), "payouts", ["statement_id"])
    op.create_index(op.f("ix_payouts_status"), "payouts", ["status"])
    op.create_index(op.f("ix_payouts_workshop_id"), "payouts", ["workshop_id"])
    op.create_index(
        op.f("uq_payouts_alive"),
        "payouts",
        ["statement_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed'"),
    )
    op.create_index(op.f("ix_payout_history_payout_id"), "payout_history", ["payout_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_unbalanced_entry()")
    for _, name, _, _ in KEYS:
        op.execute(f"DROP FUNCTION refuse_unknown_{name}()")
