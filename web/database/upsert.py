"""INSERT … ON CONFLICT DO UPDATE: the one statement that SQLAlchemy spells per database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from web.database.schema import Base

Excluded = Any
Condition = Callable[[Table, Excluded], ColumnElement[bool]]
Merge = Callable[[Table, Excluded], dict[str, ColumnElement[Any]]]


async def upsert(
    connection: AsyncConnection,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    key: Sequence[str],
    only_if: Condition | None = None,
    merge: Merge | None = None,
) -> None:
    """Writes ``rows``; one with a known ``key`` replaces the old (where ``only_if(table, new)`` holds).

    ``merge(table, new)`` names the columns that are made of both.
    """
    if not rows:
        return
    table = cast(Table, model.__table__)
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    if merge is not None:
        changed |= merge(table, statement.excluded)
    condition = None if only_if is None else only_if(table, statement.excluded)
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=condition)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    await connection.execute(statement, list(rows))
