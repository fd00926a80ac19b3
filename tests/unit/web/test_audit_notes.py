"""What only looks and what is refused: put together, bounded, counted when it is too much, and written in time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError

from tests.support.audit_log import GUEST, LAN, entries, opened
from tests.support.clocks import ManualClock
from tests.support.waiting import until
from vms.domain.clock import from_epoch, rfc3339
from web.audit import notes
from web.audit.entry import Actor, Outcome, made
from web.audit.log import AuditLog
from web.audit.notes import BURST, LOSS_S, MOST_OBJECTS, WINDOW_S, Notes
from web.database.engine import Database

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def look(some: Notes, clock: ManualClock, by: Actor, minute: int, camera: str = "cam-1") -> None:
    at = START + timedelta(minutes=minute)
    span = {"from": rfc3339(at), "to": rfc3339(at + timedelta(minutes=1))}
    some.add(by, made(from_epoch(clock.utc()), by, "recording.play", site="s1", camera=camera, detail=span))


def refuse(some: Notes, clock: ManualClock, by: Actor, path: str) -> None:
    entry = made(
        from_epoch(clock.utc()), by, "request.refuse", object=path, detail={"status": 401}, outcome="refused"
    )  # fmt: skip
    some.add(by, entry)


def test_the_hundreds_of_pieces_of_a_playback_are_two_entries(clock: ManualClock) -> None:
    some = Notes(clock)
    for number in range(600):
        look(some, clock, LAN, number % 20)
        clock.advance(0.4)
    (first,) = some.take(100)
    assert first.detail == {"from": "2026-03-01T12:00:00.000Z", "to": "2026-03-01T12:01:00.000Z"}
    assert some.take(100) == []
    clock.advance(WINDOW_S)
    (rest,) = some.take(100)
    assert rest.detail == {
        "from": "2026-03-01T12:00:00.000Z", "to": "2026-03-01T12:20:00.000Z", "count": 599, "since": rfc3339(first.at),
    }  # fmt: skip
    assert rest.at - first.at == timedelta(seconds=599 * 0.4)
    look(some, clock, LAN, 0)
    assert len(some.take(100)) == 1, "and the next is a first one again"


def test_another_login_camera_or_user_is_another_look(clock: ManualClock) -> None:
    some = Notes(clock)
    for by, camera in (
        (LAN, "cam-1"), (LAN, "cam-2"), (Actor("lan", "supervisor", "192.0.2.7", "s2"), "cam-1"),
        (Actor("hoa", "duty", "192.0.2.7", "s3"), "cam-1"),
    ):  # fmt: skip
        look(some, clock, by, 0, camera)
    assert len(some.take(100)) == 4


def test_one_who_tries_many_paths_is_one_who_tries(clock: ManualClock) -> None:
    some = Notes(clock)
    for number in range(5000):
        refuse(some, clock, GUEST, f"GET /api/cameras/cam-{number:04}")
    (first,) = some.take(100)
    assert first.object == "GET /api/cameras/cam-0000"
    clock.advance(WINDOW_S)
    (rest,) = some.take(100)
    assert rest.detail["count"] == 4999
    assert len(rest.detail["objects"]) == MOST_OBJECTS


def test_a_flood_from_everywhere_is_counted_and_users_are_still_noted(clock: ManualClock) -> None:
    some = Notes(clock)
    for number in range(100_000):
        refuse(some, clock, Actor(None, None, f"2001:db8::{number:x}"), "GET /api/system")
    refuse(some, clock, LAN, "GET /api/users")
    taken = some.take(100_000)
    assert len([one for one in taken if one.user is None and one.action == "request.refuse"]) == BURST
    assert [one.user for one in taken if one.action == "request.refuse"][-1] == "lan"
    (loss,) = (one for one in taken if one.action == "audit.lose")
    assert loss.detail["lost"] == {"request.refuse": 100_000 - BURST}
    assert some.lost == 100_000 - BURST
    refuse(some, clock, Actor(None, None, "2001:db9::"), "GET /api/system")
    assert some.take(100) == [], "a loss is said now and then"
    clock.advance(LOSS_S)
    assert [one.detail["lost"] for one in some.take(100)] == [{"request.refuse": 1}]


def test_memory_is_bounded_and_what_does_not_fit_is_counted(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST_PENDING", 50)
    monkeypatch.setattr(notes, "MOST_WINDOWS", 20)
    some = Notes(clock)
    for number in range(80):
        look(some, clock, LAN, 0, f"cam-{number}")
    taken = some.take(1000)
    assert [one.camera for one in taken[:-1]] == [f"cam-{number}" for number in range(50)]
    assert (taken[-1].action, taken[-1].detail["lost"]) == ("audit.lose", {"recording.play": 30})
    for number in range(100, 125):  # a window that is ended before its time tells of its looks
        look(some, clock, LAN, 0, f"cam-{number}")
        look(some, clock, LAN, 1, f"cam-{number}")
    assert [one.camera for one in some.take(1000) if "count" in one.detail] == [f"cam-{n}" for n in range(100, 105)]


@pytest_asyncio.fixture
async def database(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    async with opened(tmp_path, clock) as one:
        yield one


def note(audit: AuditLog, camera: str, outcome: Outcome = "done") -> None:
    audit.note(LAN, "camera.view", site="s1", camera=camera, detail={"what": "live"}, outcome=outcome)


async def test_what_is_noted_is_written_and_the_rest_of_a_look_when_the_service_ends(
    database: Database, clock: ManualClock
) -> None:
    audit = AuditLog(database, clock)
    for _ in range(3):
        note(audit, "cam-1")
    await audit.flush()
    assert [one["detail"] for one in await entries(database)] == [{"what": "live"}]
    await audit.close()
    assert [one["detail"].get("count") for one in await entries(database)] == [None, 2]


async def test_a_database_that_is_locked_holds_up_nobody_and_loses_nothing(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    audit = AuditLog(database, clock)
    with closing(sqlite3.connect(tmp_path / "vms.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        note(audit, "cam-1")
        flushing = asyncio.create_task(audit.flush())
        await asyncio.sleep(0)
        for number in range(2, 20):
            note(audit, f"cam-{number}")  # while it waits for the lock
        with pytest.raises(OperationalError, match="locked"):
            await flushing
        other.execute("ROLLBACK")
    await audit.flush()
    assert [one["camera"] for one in await entries(database)] == [f"cam-{number}" for number in range(1, 20)]
    assert audit.lost == 0


async def test_who_ends_it_while_it_writes_neither_loses_nor_doubles(database: Database, clock: ManualClock) -> None:
    audit = AuditLog(database, clock)
    for number in range(700):
        note(audit, f"cam-{number}")
    flushing = asyncio.create_task(audit.flush())
    await until(audit._writing.locked)
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await audit.close()
    found: list[Any] = [one["camera"] for one in await entries(database)]
    assert found == [f"cam-{number}" for number in range(700)]
