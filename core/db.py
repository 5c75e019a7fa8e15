"""The database: PostgreSQL through Flask-SQLAlchemy, with typed models.

Only `core.web.session` and `core.jobs` commit. Everything else flushes when it needs an id.
"""

from __future__ import annotations

import select
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Date, DateTime, Identity, MetaData, Table, Text, bindparam
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from core.clock import now, today


class Base(DeclarativeBase):
    """Columns: `str` is text, `datetime` is timestamptz, `int` is bigint (fen, bytes and ids all fit)."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    registry = registry(
        metadata=metadata, type_annotation_map={str: Text, datetime: DateTime(timezone=True), int: BigInteger}
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Keyed:
    """A numeric key made by the database."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)


class Timestamped:
    """The instant a row was made."""

    created_at: Mapped[datetime] = mapped_column(default=now)


# The moment and the day on which a statement runs, so that it can be made once.
NOW = bindparam("now", callable_=now, type_=DateTime(timezone=True))
TODAY = bindparam("today", callable_=today, type_=Date)


def table_of(model: type[Base]) -> Table:
    """The table under a model: for statements that are made once, by keys and values, without objects."""
    return cast(Table, model.__table__)


def engine_options(pool_size: int) -> dict[str, Any]:
    """How the pool is kept: small, tested before use, the last one back goes out first, in UTC."""
    return {
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "pool_use_lifo": True,
        "pool_events": [(_refuse_closed, "checkout")],
        "connect_args": {"options": "-c timezone=UTC -c lock_timeout=10000 -c statement_timeout=60000"},
    }


def _refuse_closed(connection: Any, *_: Any) -> None:
    """A kept connection that has something to say says that the server closed it: it and its like are replaced.

    It costs no round trip; nobody here listens on a connection of the pool.
    """
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if line.poll(0):
        raise InvalidatePoolError
