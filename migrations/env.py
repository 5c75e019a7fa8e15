"""How Alembic reaches the application's database and models. Runs inside `flask db …`."""

from __future__ import annotations

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def is_ours(_thing: object, name: str | None, kind: str, reflected: bool, _compared: object) -> bool:
    """Procrastinate brings its own tables; they are none of our models' business."""
    return not (kind == "table" and reflected and (name or "").startswith("procrastinate_"))


def run() -> None:
    """Apply migrations in one transaction each, one runner at a time."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(7264001)")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            include_object=is_ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: the job queue's schema is applied by its own script")
run()
