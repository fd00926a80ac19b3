"""Opening the database and writing to it: one writer at a time, so that events are numbered in commit order."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import MetaData, Table, event, false, insert, literal, select, union_all
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as BusyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vms.domain.clock import Clock, SystemClock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.database import (
    migrate,
    postgresql,
    schema_audit,  # noqa: F401  # its tables, too, are of Base
    schema_duty,  # noqa: F401
    schema_holds,  # noqa: F401
    schema_rooms,  # noqa: F401
)
from web.database.elsewhere import check_line
from web.database.failures import is_damage
from web.database.schema import Base, Event

log = logging.getLogger(__name__)

#: How long a statement waits for another process's lock; a route answers 503 after it.
BUSY_TIMEOUT_MS = 2000
#: It looks so often whether the file and its tables are there (seconds).
LOOK_S = 2.0
#: Connections for reading, each a thread: of the role's own, and as many for requests.
READERS = 8
#: How long one waits for the writers before it (seconds).
TURN_S = 5.0


_Identity = tuple[int, int]
#: For reading: of the role itself, and of requests; for writing.
_Engines = tuple[AsyncEngine, AsyncEngine, AsyncEngine]
_TABLES = (*Base.metadata.sorted_tables, Table("alembic_version", MetaData()))
_EVERY_TABLE = union_all(*(select(literal(1)).select_from(table).where(false()) for table in _TABLES))


class Change:
    """One write transaction; the events recorded in it are committed with it, or not at all."""

    def __init__(self, connection: AsyncConnection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock

    @property
    def now(self) -> datetime:
        """The present moment (UTC)."""
        return from_epoch(self._clock.utc())

    async def record(self, kind: str, data: dict[str, Any]) -> None:
        """Adds one event for the browsers."""
        await self.record_all(kind, [data])

    async def record_all(self, kind: str, told: Sequence[dict[str, Any]]) -> None:
        """Adds an event for each, in this order."""
        rows = [
            {"at": self.now, "type": kind, "data": json.dumps(data, ensure_ascii=False, separators=(",", ":"))}
            for data in told
        ]
        if rows:
            await self.connection.execute(insert(Event), rows)


class Database:
    """Readers run beside each other and beside the one writer. Create with ``await Database.open(...)``."""

    def __init__(self, engines: _Engines, clock: Clock, path: Path | None) -> None:
        self._path = path
        self._files: dict[str, _Identity | None] = {}
        self._engines = engines
        self._reads, _, writes = engines
        self._writes = writes
        self._clock = clock
        self._lock = asyncio.Lock()
        self._looking: asyncio.Task[bool] | None = None
        self._committed: list[Callable[[], None]] = []
        self.damaged = asyncio.Event()  # its file is: nothing but a new one helps
        self.displaced = asyncio.Event()  # its file was removed or replaced, and is whole as long as it is open here

    @classmethod
    async def open(cls, environment: Environment, clock: Clock | None = None) -> Database:
        """Opens and migrates; ``ConfigurationError`` names what is wrong with the folder, the file or the URL."""
        url, place = _address(environment)
        path = environment.data / "vms.db" if environment.database_url is None else None
        try:
            engines = _engines(url, path)
        except (SQLAlchemyError, ImportError) as err:
            raise ConfigurationError(f"VMS_DATABASE_URL is not usable: {type(err).__name__}: {err}") from err
        database = cls(engines, clock or SystemClock(), path)
        try:
            async with database._writes.begin() as connection:
                await connection.run_sync(migrate.upgrade)
                await connection.execute(_EVERY_TABLE)
                database._files = {suffix: database._there(suffix) for suffix in ("", "-wal", "-shm")}
        except DBAPIError as err:
            await database.close()
            remedy = "check the folder's rights and free space, or restore the file from a backup"
            if path is None:
                remedy = "check its address, user, password and rights, and that its server runs"
            raise ConfigurationError(f"the database {place} cannot be used: {err.orig}; {remedy}") from err
        return database

    def for_requests(self) -> Database:
        """The same, read by connections of its own: however many requests wait for one, the role's own work does not.

        It is closed with the first.
        """
        other = copy.copy(self)
        other._reads = self._engines[1]
        return other

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        with self._noticing():
            async with self._reads.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """A write transaction, alone; commits at the end, rolls back on an exception."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._lock.acquire()
        except TimeoutError as err:
            raise BusyError(f"no turn to write within {TURN_S:g} s") from err
        try:
            with self._noticing():
                async with self._writes.begin() as connection:
                    yield Change(connection, self._clock)
        finally:
            self._lock.release()
            # Also after a failure: a cancelled task may have committed, and only the table knows.
            for told in self._committed:
                told()

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as err:
            # Another server's database is not ours to set aside; of a row twice it says "already exists", too.
            if self._writes.dialect.name == "sqlite" and is_damage(err):
                self.damaged.set()
            raise

    def on_commit(self, told: Callable[[], None]) -> None:
        """Calls ``told`` after each write transaction."""
        self._committed.append(told)

    async def answers(self) -> bool:
        """Whether a statement gets through now, in a file that is where it belongs and has all its tables."""
        if self._looking is None or self._looking.done():  # one look for all who ask at once
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> bool:
        try:
            async with asyncio.timeout(2):
                if await asyncio.to_thread(self._there) != self._files[""]:
                    self.displaced.set()
                    self.damaged.set()
                    return False
                async with self.read() as connection:
                    await connection.execute(_EVERY_TABLE)
        except (DBAPIError, BusyError, TimeoutError):
            return False
        return True

    async def watch(self) -> None:
        """Returns when the database is ``damaged``."""
        while not self.damaged.is_set():
            await self.answers()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.damaged.wait()

    async def copy_to(self, target: Path) -> None:
        """All that was committed, as a new SQLite file; also when the old one has no name any more."""
        async with self._writes.connect() as connection:
            raw = await connection.get_raw_connection()
            await cast(Any, raw.driver_connection).execute("VACUUM INTO ?", (str(target),))

    def _there(self, suffix: str = "") -> _Identity | None:
        if self._path is None:
            return None
        try:
            found = self._path.with_name(self._path.name + suffix).stat()
        except FileNotFoundError:
            return None
        except OSError:  # says nothing of the file
            return self._files.get(suffix)
        return found.st_dev, found.st_ino

    async def close(self) -> None:
        """Closes every connection."""
        for engine in {id(e): e for e in self._engines}.values():
            await engine.dispose()
        if self.displaced.is_set() and self._path is not None:
            for suffix in ("-wal", "-shm"):  # by its name SQLite would take it for that of the file that is there now
                if self._files[suffix] is not None and self._there(suffix) == self._files[suffix]:
                    self._path.with_name(self._path.name + suffix).unlink()


def _address(environment: Environment) -> tuple[str, str]:
    if environment.database_url is not None:
        check_line(environment.database_url)
        return environment.database_url, "of VMS_DATABASE_URL"
    path = environment.data / "vms.db"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigurationError(
            f"{path.parent} cannot be created: {err.strerror}; name another folder with --data"
        ) from err
    return _sqlite_url(path), str(path)


def _sqlite_url(path: Path) -> str:
    return make_url("sqlite+aiosqlite://").set(database=str(path)).render_as_string(hide_password=False)


def _engines(url: str, path: Path | None) -> _Engines:
    if not url.startswith("sqlite"):
        reads, of_requests = (postgresql.engine_of(url, READERS) for _ in range(2))
        return reads, of_requests, postgresql.engine_of(url, 1, writes=True, busy_ms=BUSY_TIMEOUT_MS)
    if path is not None:
        with contextlib.suppress(OSError):  # SQLite says what is wrong
            path.touch(0o600)

    def made(most: int, begin: str) -> AsyncEngine:
        engine = create_async_engine(url, pool_size=most, max_overflow=0, pool_timeout=5, hide_parameters=True)
        if path is not None:
            _never_anew(engine, path)
        _tune_sqlite(engine, begin)
        return engine

    # IMMEDIATE takes the lock at once: an upgrade in the middle can only fail.
    return made(READERS, "BEGIN"), made(READERS, "BEGIN"), made(1, "BEGIN IMMEDIATE")


def _never_anew(engine: AsyncEngine, path: Path) -> None:
    """A connection that is opened when the file is gone must not begin an empty one in its place."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def _open(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> None:
        arguments[0] = f"{path.absolute().as_uri()}?mode=rw"
        named["uri"] = True


def _tune_sqlite(engine: AsyncEngine, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver must not begin transactions of its own
        cursor = dbapi.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
