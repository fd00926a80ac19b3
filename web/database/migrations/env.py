"""Alembic's entry: the connection is given, the tables are ``web.database.schema``."""

from __future__ import annotations

from alembic import context

from web.database import schema_audit, schema_rooms  # noqa: F401  # their tables, too, are of Base
from web.database.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
