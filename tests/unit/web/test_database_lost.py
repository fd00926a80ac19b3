"""A database whose file or tables go away under the running service, or while it is stopped."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.clocks import ManualClock
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.accounts import users
from web.database import damaged
from web.database.engine import Database
from web.database.schema import User

CLOCK = ManualClock()


async def opened(folder: Path) -> Database:
    return await Database.open(Environment.read(folder, {}), CLOCK)


async def opened_whole(folder: Path) -> tuple[Database, bool]:
    return await damaged.open_whole(Environment.read(folder, {}), CLOCK)


async def add(database: Database, name: str) -> None:
    await users.add_user(database, CLOCK, name, "mat khau rat dai", "admin")


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(await connection.scalars(select(User.username).order_by(User.id)))


def files(folder: Path) -> list[Path]:
    return list(folder.glob("vms.db*"))


def execute(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "vms.db", isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm")])
async def test_a_file_that_is_deleted_under_the_service_is_put_back_with_what_was_written_since(
    tmp_path: Path, suffixes: tuple[str, ...]
) -> None:
    folder = tmp_path / "odd #? %41 name"
    database = await opened(folder)
    await add(database, "before")
    assert await database.answers()
    for suffix in suffixes:
        (folder / f"vms.db{suffix}").unlink()
    await add(database, "after")
    async with asyncio.timeout(30):
        await database.watch()
    assert database.displaced.is_set()
    assert not await database.answers()
    await damaged.put_back(database, folder / "vms.db", CLOCK)
    assert [path.name for path in files(folder)] == ["vms.db"]
    database, is_new = await opened_whole(folder)
    assert (await names(database), is_new) == (["before", "after"], False)
    assert await database.answers()
    await database.close()


async def test_no_empty_file_is_begun_in_the_place_of_a_deleted_one(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    (tmp_path / "vms.db").unlink()
    await asyncio.gather(*(names(database) for _ in range(8)), return_exceptions=True)
    assert not (tmp_path / "vms.db").exists()
    await database.close()


async def test_a_file_that_was_put_in_its_place_stays_and_what_was_open_is_kept_beside_it(tmp_path: Path) -> None:
    other = await opened(tmp_path / "other")
    await add(other, "restored")
    await other.close()
    database = await opened(tmp_path / "data")
    await add(database, "before")
    (tmp_path / "other" / "vms.db").replace(tmp_path / "data" / "vms.db")
    assert not await database.answers()
    await damaged.put_back(database, tmp_path / "data" / "vms.db", CLOCK)
    database, _ = await opened_whole(tmp_path / "data")
    assert await names(database) == ["restored"]
    await database.close()
    (kept,) = (path for path in files(tmp_path / "data") if "displaced" in path.name)
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT username FROM users").fetchall() == [("before",)]


@pytest.mark.parametrize("table", ["holds", "segments", "alembic_version"])
async def test_a_dropped_table_is_damage_and_the_others_are_taken_over(tmp_path: Path, table: str) -> None:
    database = await opened(tmp_path)
    await add(database, "lan")
    execute(tmp_path, f"DROP TABLE {table}")
    assert not await database.answers()
    assert database.damaged.is_set()
    assert not database.displaced.is_set()
    await database.close()
    with pytest.raises(ConfigurationError, match=r"vms\.db cannot be used"):
        await opened(tmp_path)
    database, is_new = await opened_whole(tmp_path)
    assert (await names(database), is_new) == (["lan"], True)
    assert await database.answers()
    await database.close()
    assert any(path.name.startswith("vms.db.damaged-") for path in files(tmp_path))
