"""The database to look at: nothing is written to it, and one of another version stays as it is."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.database import migrate, postgresql


@contextlib.asynccontextmanager
async def looked_at(environment: Environment) -> AsyncIterator[AsyncConnection]:
    """A connection that cannot write; ``ConfigurationError`` for a database that is away, or of another version."""
    try:
        engine = _engine(environment)
    except (SQLAlchemyError, ImportError) as err:
        raise ConfigurationError(f"VMS_DATABASE_URL is not usable: {type(err).__name__}: {err}") from err
    try:
        async with contextlib.AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.connect())
                await connection.run_sync(_check_version)
            except DBAPIError as err:
                place = environment.data / "vms.db" if environment.database_url is None else "of VMS_DATABASE_URL"
                raise ConfigurationError(f"the database {place} cannot be read: {err.orig}") from err
            yield connection
    finally:
        await engine.dispose()


def _engine(environment: Environment) -> AsyncEngine:
    stated = environment.database_url
    if stated is not None and make_url(stated).get_backend_name() != "sqlite":
        return postgresql.engine_of(stated, 1).execution_options(postgresql_readonly=True)
    path = environment.data / "vms.db" if stated is None else Path(make_url(stated).database or "").absolute()
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=path.as_uri(), query={"mode": "ro", "uri": "true"})
    )


def _check_version(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(migrate.config(connection)).get_current_head()
    if found != wanted:
        raise ConfigurationError(
            f"the database is of version {found or 'none'}, this program is for {wanted}: use the program that wrote "
            "it, or start the service, which brings an older one up to date"
        )
