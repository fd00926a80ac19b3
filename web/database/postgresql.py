"""PostgreSQL as ``web`` uses it: connections whose failures are the database's, and one writer at a time.

What is done with them is ``engine``'s business, and the same as for SQLite.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

#: A server that does not take a connection within this is away (seconds).
CONNECT_S = 5.0
#: Whoever writes holds this: numbers of events are given in the order in which they are committed, also beside the
#: command line. The number means nothing.
_WRITER = 0x766D73


def engine_of(url: str, most: int, *, writes: bool = False, busy_ms: int = 2000) -> AsyncEngine:
    """At most ``most`` connections; ``postgresql://`` is enough. A writer waits ``busy_ms`` for another one."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        parsed, pool_pre_ping=True, pool_size=most, max_overflow=0, pool_timeout=5,
        connect_args={"timeout": CONNECT_S}, hide_parameters=True,
    )  # fmt: skip
    if parsed.get_dialect().driver == "asyncpg":
        _wrap_failures(engine)
    if writes:

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {busy_ms}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

    return engine


def _wrap_failures(engine: AsyncEngine) -> None:
    """Who cannot connect gets the library's own error; of a server that is away the driver says ``OSError``."""
    import asyncpg

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*arguments, **named)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as err:
            raise dialect.loaded_dbapi.OperationalError(str(err) or type(err).__name__) from err
