"""A database whose file is damaged: set aside, made anew, and what can still be read of it taken over.

One whose file was removed or replaced under the running service is copied from what the service still has open.

Recordings are not in it: their index is told again by the nodes. What could not be read is lost and said.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as BusyError

from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.database.engine import Database
from web.database.failures import first_line, is_damage
from web.database.schema import Base

log = logging.getLogger(__name__)

#: The index is told again, with all that is still in the streams; numbers of events must not be given twice.
_NOT_TAKEN = frozenset(("segments", "gaps", "stream_cursors", "events", "meta"))


async def open_whole(environment: Environment, clock: Clock) -> tuple[Database, bool]:
    """The database, and whether it is a new one in the place of a damaged file, which was set aside."""
    path = environment.data / "vms.db"
    if environment.database_url is not None:
        return await Database.open(environment, clock), False
    if not await asyncio.to_thread(_suspected, path):
        try:
            return await Database.open(environment, clock), False
        except ConfigurationError as err:
            if not (isinstance(err.__cause__, DBAPIError) and is_damage(err.__cause__)):
                raise
    aside = await asyncio.to_thread(_set_aside, path, _stamp(clock))
    log.error(
        "database.damaged kept=%s remedy='a new one was begun; check accounts and configuration, "
        "then run: vms index rebuild'",
        aside.name,
    )
    database = await Database.open(environment, clock)
    await asyncio.to_thread(_take_over, aside, path)
    return database, True


async def put_back(database: Database, path: Path, clock: Clock) -> None:
    """Closes a database that is ``displaced``; its content is at ``path`` again, or beside what was put there."""
    copy = path.with_name(f"{path.name}.displaced-{_stamp(clock)}")
    try:
        try:
            await database.copy_to(copy)
        finally:
            await database.close()
        await asyncio.to_thread(_place, copy, path)
    except (DBAPIError, BusyError, sqlite3.Error, OSError) as err:
        log.error("database.lost error=%s remedy='check accounts, then run: vms index rebuild'", first_line(err))


def _place(copy: Path, path: Path) -> None:
    _sync(copy)
    if path.exists() and path.stat().st_size:
        log.error("database.replaced kept=%s remedy='what was written until now is in it'", copy.name)
        return
    copy.rename(path)
    _sync(path.parent)
    log.error("database.put_back path=%s", path.name)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def suspect(path: Path) -> None:
    """The running service met damage: its next start looks before it opens."""
    path.with_suffix(".suspect").write_bytes(b"")


def _stamp(clock: Clock) -> str:
    return f"{from_epoch(clock.utc()):%Y%m%dT%H%M%SZ}"


def _suspected(path: Path) -> bool:
    marker = path.with_suffix(".suspect")
    if not marker.exists():
        return False
    damaged = True
    if path.exists():
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                damaged = connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
        except sqlite3.Error:
            damaged = True
    if not damaged:
        marker.unlink()
    return damaged


def _set_aside(path: Path, stamp: str) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    path.with_suffix(".suspect").unlink(missing_ok=True)
    return aside


def _take_over(aside: Path, path: Path) -> None:
    with closing(sqlite3.connect(path)) as new:
        for table in Base.metadata.sorted_tables:
            if table.name in _NOT_TAKEN:
                continue
            taken, whole = 0, True
            # From both ends, for a damaged page in the middle.
            for order in ("ASC", "DESC"):
                try:
                    for columns, row in _rows(aside, table.name, order):
                        taken += _insert(new, table.name, columns, row)
                except sqlite3.Error:
                    whole = False
                if whole:
                    break
            new.commit()
            log.log(
                logging.INFO if whole else logging.ERROR,
                "database.taken_over table=%s rows=%d whole=%s", table.name, taken, whole,
            )  # fmt: skip


def _rows(aside: Path, table: str, order: str) -> Iterator[tuple[list[str], tuple[object, ...]]]:
    with closing(sqlite3.connect(aside)) as old:
        found = old.execute(f'SELECT * FROM "{table}" ORDER BY rowid {order}')  # noqa: S608  # names of our own schema
        columns = [one[0] for one in found.description]
        for row in found:
            yield columns, row


def _insert(new: sqlite3.Connection, table: str, columns: list[str], row: tuple[object, ...]) -> int:
    names, places = ", ".join(f'"{one}"' for one in columns), ", ".join("?" * len(columns))
    statement = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608
    return max(0, new.execute(statement, row).rowcount)
