"""The table of holds: what recorders are told of it, and what comes back from the bus after it was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from tests.support.audit_log import entries
from tests.support.clocks import ManualClock
from vms.bus.holds import cached
from vms.domain.clock import SystemClock
from vms.domain.holds import Hold as Told
from vms.domain.holds import HoldList
from vms.settings.environment import Environment
from web.database.engine import Database
from web.database.schema import Alert, CameraFirst
from web.database.schema_holds import Hold, HoldCamera
from web.holds import store
from web.holds.publisher import HoldsPublisher
from web.holds.untold import AFTER_S, UntoldHolds
from web.problems import Problem

NOW = datetime(2027, 1, 15, tzinfo=UTC)
WANTED = store.Wanted(("a", "b"), NOW - timedelta(hours=2), NOW - timedelta(hours=1), "r", NOW + timedelta(days=1))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    one = await Database.open(Environment.read(tmp_path, {}), SystemClock())
    async with one.change() as change:
        await change.connection.execute(insert(CameraFirst), [{"camera": name, "at": NOW} for name in "ab"])
    yield one
    await one.close()


async def put(database: Database) -> str:
    async with database.change() as change:
        return str((await store.put(change, WANTED, "admin", NOW))["id"])


async def told(database: Database, now: datetime = NOW) -> tuple[Told, ...]:
    async with database.read() as connection:
        return await store.told(connection, now)


async def mended(database: Database, known: tuple[Told, ...]) -> int:
    async with database.read() as connection:
        lost = await store.lost(connection, known)
    async with database.change() as change:
        await store.recover(change, lost, NOW)
    return len(lost)


async def test_a_hold_that_comes_back_is_written_as_the_services(database: Database) -> None:
    hold = await put(database)
    known = await told(database)
    async with database.change() as change:
        await change.connection.execute(delete(HoldCamera))
        await change.connection.execute(delete(Hold))
    assert await mended(database, known) == 1
    assert await mended(database, known) == 0
    (found,) = [one for one in await entries(database) if one["action"] == "hold.put"]
    assert (found["user"], found["address"], found["object"]) == (None, "service", hold)
    assert found["detail"] == {"reason": store.RECOVERED, "cameras": ["a", "b"]}


async def test_a_clock_ahead_lets_go_of_nothing_and_a_release_does(database: Database) -> None:
    ids = sorted([await put(database), await put(database)])
    known = await told(database)
    assert [hold.id for hold in known] == ids
    assert await told(database, NOW + timedelta(days=3650)) == known
    async with database.change() as change:
        await store.release(change, ids[0], "admin", NOW)
    assert [hold.id for hold in await told(database)] == ids[1:]


async def test_the_list_of_expired_holds_does_not_grow_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "EXPIRED", 2)
    for _ in range(3):
        await put(database)
    assert len(await told(database)) == 3
    assert len(await told(database, NOW + timedelta(days=2))) == 2


async def test_holds_without_a_row_or_without_cameras_come_back_and_released_ones_do_not(database: Database) -> None:
    whole, bare, part, released = [await put(database) for _ in range(4)]
    known = await told(database)
    assert await mended(database, known) == 0
    async with database.change() as change:
        await store.release(change, released, "admin", NOW)
        await change.connection.execute(delete(HoldCamera).where(HoldCamera.hold_id.in_([whole, bare])))
        await change.connection.execute(delete(HoldCamera).where(HoldCamera.hold_id == part, HoldCamera.camera == "a"))
        await change.connection.execute(delete(Hold).where(Hold.id == whole))
    assert await mended(database, known) == 3
    assert await told(database) == tuple(hold for hold in known if hold.id != released)
    async with database.read() as connection:
        assert (await store.fetch(connection, whole, NOW))["owner"] == store.RECOVERED
        assert (await store.fetch(connection, bare, NOW))["owner"] == "admin"
    assert await mended(database, known) == 0


def test_the_newest_list_that_a_recorder_cached_counts_and_a_torn_one_does_not(tmp_path: Path) -> None:
    assert cached(tmp_path) is None
    folder = tmp_path / "cache"
    folder.mkdir()
    hold = Told(id="h", cameras=("a",), start=WANTED.start, end=WANTED.end)
    older, newer = (HoldList(revision=n, at=NOW, holds=holds) for n, holds in ((1, (hold, hold)), (2, (hold,))))
    (folder / "holds-recorder-1.json").write_bytes(newer.encode())
    (folder / "holds-recorder-2.json").write_bytes(older.encode())
    (folder / "holds-recorder-3.json").write_bytes(newer.encode()[:-9])
    assert cached(tmp_path) == newer


async def test_no_more_is_held_than_recorders_can_be_told_of(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await put(database) for _ in range(3)]
    known = await told(database)
    async with database.read() as connection:
        said = await store.told_bytes(connection, NOW)
    found = len(HoldList(revision=10**13, at=NOW, holds=known).encode()) - len(
        HoldList(revision=10**13, at=NOW, holds=()).encode()
    )
    assert found <= said <= 1.2 * found
    monkeypatch.setattr(store, "MOST_BYTES", said)
    with pytest.raises(Problem) as refused:
        await put(database)
    assert (refused.value.status, refused.value.word) == (409, "holds-full")
    assert await told(database) == known, "nothing was written that nobody hears of"
    async with database.change() as change:
        await store.release(change, ids[0], "admin", NOW)
    await put(database)


async def test_holds_that_cannot_be_told_for_a_minute_are_an_alert_over_a_restart_too(database: Database) -> None:
    clock = ManualClock(NOW.timestamp())

    async def alerts() -> list[tuple[str, bool]]:
        async with database.read() as connection:
            rows = await connection.execute(select(Alert.kind, Alert.detail, Alert.ended_at))
            return [(f"{row.kind} {row.detail['reason']}", row.ended_at is None) for row in rows]

    publisher = HoldsPublisher(database, clock)
    watch = UntoldHolds(database, clock, publisher)
    await watch.look()
    assert not await publisher.tell()
    clock.advance(AFTER_S - 1)
    await watch.look()
    assert await alerts() == []
    clock.advance(1)
    await watch.look()
    await watch.look()
    assert await alerts() == [("storage holds_untold", True)]
    anew = HoldsPublisher(database, clock)
    await UntoldHolds(database, clock, anew).look()
    await anew.tell()
    clock.advance(AFTER_S)
    await UntoldHolds(database, clock, anew).look()
    assert await alerts() == [("storage holds_untold", True)]
