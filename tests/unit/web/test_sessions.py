"""Who a token belongs to, while strangers flood: what is asked of the database, and that what is revoked has ended."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.support.clocks import ManualClock
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import REREAD_S, Sessions
from web.audit.entry import SERVICE
from web.database.engine import READERS, Database

PASSWORD = "mat khau rat dai"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    one = await Database.open(Environment.read(tmp_path, {}), clock)
    await users.add_user(one, clock, "lan", PASSWORD, "admin")
    yield one
    await one.close()


@pytest.fixture
def asked(database: Database) -> list[str]:
    """Every statement that reads of the role's own."""
    statements: list[str] = []

    @event.listens_for(database._reads.sync_engine, "before_cursor_execute")
    def _seen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            statements.append(statement)

    return statements


async def login(sessions: Sessions) -> str:
    token = await sessions.login("lan", PASSWORD, "a")
    assert token is not None
    return token


def strangers(sessions: Sessions, count: int) -> list[Any]:
    return [sessions.identify(secrets.token_urlsafe(32)) for _ in range(count)]


async def test_a_flood_of_tokens_that_nobody_has_asks_the_database_once_a_second(
    database: Database, clock: ManualClock, asked: list[str]
) -> None:
    sessions = Sessions(database, clock)
    token = await login(sessions)
    for _ in range(2):
        asked.clear()
        assert await asyncio.gather(*strangers(sessions, 300)) == [None] * 300
        assert await asyncio.gather(*strangers(sessions, 300)) == [None] * 300
        assert len(asked) == 1
        assert await sessions.identify(token) is not None
        clock.advance(REREAD_S)


async def test_a_crowd_of_one_session_asks_the_database_once(
    database: Database, clock: ManualClock, asked: list[str]
) -> None:
    sessions = Sessions(database, clock)
    token = await login(sessions)
    asked.clear()
    first = asyncio.create_task(sessions.identify(token))
    crowd = [asyncio.create_task(sessions.identify(token)) for _ in range(1000)]
    await asyncio.sleep(0)
    first.cancel()  # a browser that leaves takes the answer from nobody else
    found = await asyncio.gather(*crowd)
    assert {one.username for one in found if one} == {"lan"}
    assert None not in found
    assert len(asked) == 1
    assert await sessions.identify(token) is not None
    assert len(asked) == 2, "nothing is remembered: another process may have revoked it"


async def test_what_is_revoked_has_ended(database: Database, clock: ManualClock, tmp_path: Path) -> None:
    sessions = Sessions(database, clock)
    out, changed = await login(sessions), await login(sessions)
    identity = await sessions.identify(out)
    assert identity is not None
    await asyncio.gather(*(sessions.identify(out) for _ in range(20)), sessions.logout(identity.session, SERVICE))
    assert await sessions.identify(out) is None
    assert await sessions.identify(changed) is not None
    other = await Database.open(Environment.read(tmp_path, {}), clock)  # vms user passwd
    await users.set_password(other, "lan", "another password")
    await other.close()
    assert await sessions.identify(changed) is None


async def test_a_session_of_before_the_start_and_one_that_another_process_opened_count(
    database: Database, clock: ManualClock
) -> None:
    other = Sessions(database, clock)
    before = await login(other)
    sessions = Sessions(database, clock)
    assert await sessions.identify(before) is not None
    later = await login(other)
    clock.advance(REREAD_S)
    assert await sessions.identify(later) is not None


async def test_requests_that_take_every_connection_leave_the_roles_own(database: Database, clock: ManualClock) -> None:
    sessions = Sessions(database, clock)
    token = await login(sessions)
    requests = database.for_requests()
    async with contextlib.AsyncExitStack() as taken:
        for _ in range(READERS):
            connection = await taken.enter_async_context(requests.read())
            await connection.execute(text("SELECT 1"))
        assert not await requests.answers()
        async with asyncio.timeout(4):
            assert await sessions.identify(token) is not None
            assert await database.answers()
    assert await requests.answers()
    assert not database.damaged.is_set()
