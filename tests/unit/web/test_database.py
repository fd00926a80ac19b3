"""The database: migrations, the order of events, revisions, accounts."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path

import pytest
import yaml
from alembic import command
from sqlalchemy import Connection, create_engine, func, insert, select, text

from tests.integration.web.rig import facility
from tests.support.audit_log import entries
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import Sessions
from web.cameras import past
from web.configuration import revisions
from web.database import migrate
from web.database.engine import Database
from web.database.schema import Alert, AlertSnapshot, AlertStep, CameraFirst, Event, User
from web.events import feed as module
from web.events.feed import EventFeed

CLOCK = SystemClock()


async def opened(folder: Path) -> Database:
    return await Database.open(Environment.read(folder, {}), CLOCK)


async def test_migrations_make_the_tables_of_the_schema(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    async with database.change() as change:
        await change.connection.run_sync(lambda connection: command.check(migrate.config(connection)))
    await database.close()
    again = await opened(tmp_path)
    assert await again.answers()
    await again.close()


async def test_an_older_database_learns_what_its_cameras_were_called(tmp_path: Path) -> None:
    def older(connection: Connection) -> None:
        command.upgrade(migrate.config(connection), "0003")
        for number, cameras in enumerate((2, 1), 1):  # the second one was taken out
            plain = json.dumps(revisions.dump(facility(cameras)))
            connection.execute(text("INSERT INTO config_revisions VALUES (:n, 0, 'a', :f)"), {"n": number, "f": plain})
        connection.execute(text("INSERT INTO camera_first VALUES ('cam-1', 7), ('cam-2', 7), ('lost', 7)"))

    engine = create_engine(f"sqlite:///{tmp_path / 'vms.db'}")
    with engine.begin() as connection:
        older(connection)
    engine.dispose()
    database = await opened(tmp_path)
    async with database.read() as read:
        rows = {row.camera: row for row in await read.execute(select(CameraFirst.__table__))}
        assert await past.find(read, "lost") is None
    assert [(rows[name].site, rows[name].name) for name in ("cam-1", "cam-2")] == [("s1", "Cổng 1"), ("s1", "Cổng 2")]
    await database.close()


async def test_who_is_logged_in_stays_so_and_can_be_revoked_by_a_name(tmp_path: Path) -> None:
    def older(connection: Connection) -> None:
        command.upgrade(migrate.config(connection), "0008")
        for number, name in ((1, "lan"), (2, "mai")):
            values = {"id": number, "name": name}
            connection.execute(text("INSERT INTO users VALUES (:id, :name, 'h', 'admin', 1, 0, NULL)"), values)
        for token, at in (("a", 5), ("b", 7)):
            values = {"token": token, "at": at}
            connection.execute(text("INSERT INTO sessions VALUES (:token, 1, 0, :at, 99, 'x')"), values)

    engine = create_engine(f"sqlite:///{tmp_path / 'vms.db'}")
    with engine.begin() as connection:
        older(connection)
    engine.dispose()
    database = await opened(tmp_path)
    async with database.read() as read:
        named = (await read.execute(text("SELECT id, agent FROM sessions ORDER BY token_hash"))).all()
        seen = (await read.execute(text("SELECT last_seen_at FROM users ORDER BY id"))).scalars().all()
    assert len({one.id for one in named}) == 2
    assert all(len(one.id) == 32 and one.agent == "" for one in named)
    assert seen == [7, None]
    async with database.change() as change:
        await change.connection.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0008"))
    await database.close()
    await (await opened(tmp_path)).close()


async def test_going_back_before_duty_keeps_what_belongs_to_an_alert(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    async with database.change() as change:
        row = {
            "id": "a", "site": "s1", "camera": "cam-1", "rule": "r", "kind": "zone_breach", "severity": "critical",
            "state": "open", "opened_at": change.now, "updated_at": change.now, "persons": 1, "boxes": [],
            "detail": {}, "has_snapshot": True, "chain": "running", "chain_at": change.now,
        }  # fmt: skip
        await change.connection.execute(insert(Alert).values(row))
        await change.connection.execute(insert(AlertStep).values(alert_id="a", at=change.now, kind="opened"))
        await change.connection.execute(insert(AlertSnapshot).values(alert_id="a", jpeg=b"jpeg"))
    async with database.change() as change:
        await change.connection.run_sync(lambda connection: command.downgrade(migrate.config(connection), "0012"))
        await change.connection.run_sync(lambda connection: command.upgrade(migrate.config(connection), "head"))
    async with database.read() as read:
        for table in (AlertStep, AlertSnapshot):
            assert await read.scalar(select(func.count()).select_from(table)) == 1
        assert (await read.execute(select(Alert.chain, Alert.quiet))).one() == (None, None)
    await database.close()


async def test_a_camera_keeps_its_first_moment_and_its_last_name(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    await revisions.seed(database, CLOCK, facility(2))
    async with database.read() as read:
        first = {row.camera: row.at for row in await read.execute(select(CameraFirst.__table__))}
    renamed = facility(1).model_dump(mode="json", exclude_none=True)
    renamed["sites"][0]["cameras"][0]["name"] = "Cổng mới"
    await revisions.import_facility(database, CLOCK, Facility.model_validate(renamed))
    async with database.read() as read:
        rows = {row.camera: row for row in await read.execute(select(CameraFirst.__table__))}
    assert {name: row.at for name, row in rows.items()} == first
    assert {name: row.name for name, row in rows.items()} == {"cam-1": "Cổng mới", "cam-2": "Cổng 2"}
    await database.close()


@pytest.mark.parametrize("content", [b"this is no database at all, whatever it says" * 100])
async def test_broken_database_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vms.db").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"vms\.db cannot be used: file is not a database"):
        await opened(tmp_path)


async def test_events_are_numbered_in_commit_order_and_rolled_back_ones_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await opened(tmp_path)
    feed = await EventFeed.open(database)

    async def write(i: int) -> None:
        async with database.change() as change:
            await change.record("alert.opened", {"i": i})
            if i % 3 == 0:
                raise RuntimeError("not this one")

    await asyncio.gather(*(write(i) for i in range(30)), return_exceptions=True)
    await feed.refresh()
    entries = await feed.after(0)
    assert [entry.seq for entry in entries] == list(range(1, 21))
    assert [json.loads(entry.text)["seq"] for entry in entries] == list(range(1, 21))
    assert feed.head == 20
    later = await EventFeed.open(database)  # a restart
    assert (later.epoch, later.head) == (feed.epoch, 20)
    assert await later.after(0) == entries
    assert not await later.can_resume(21, later.epoch)
    monkeypatch.setattr(module, "RING", 8)
    monkeypatch.setattr(module, "CATCH_UP", 5)
    short = await EventFeed.open(database)
    assert await short.after(12) == entries[12:]  # from memory
    assert await short.after(3) == entries[3:8]  # from the table
    monkeypatch.setattr(module, "RING_BYTES", 3 * len(entries[-1].text))
    least = await EventFeed.open(database)
    assert len(least._ring) == 3
    caught_up: list[module.Entry] = []
    while page := await least.after(caught_up[-1].seq if caught_up else 0):
        caught_up += page
    assert caught_up == entries
    await later.prune(CLOCK)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(Event)) == 20
    await database.close()


async def test_database_is_the_truth_once_it_is_seeded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = await opened(tmp_path)
    with pytest.raises(ConfigurationError, match="--config"):
        await revisions.seed(database, CLOCK, None)
    assert (await revisions.seed(database, CLOCK, facility(2))).revision == 1
    kept = await revisions.seed(database, CLOCK, facility(3))
    assert (kept.revision, len(list(kept.facility.cameras()))) == (1, 2)
    assert "vms config diff" in caplog.text
    lines = await revisions.diff(database, facility(3))
    assert any(line.startswith("+ sites[s1].cameras[cam-3].name") for line in lines)
    assert "u:" not in "".join(lines)
    assert await revisions.import_facility(database, CLOCK, facility(3)) == 2
    assert await revisions.import_facility(database, CLOCK, facility(3)) == 2  # nothing changed
    exported = yaml.safe_load(await revisions.export_yaml(database))
    assert Facility.model_validate(exported) == facility(3)
    assert await revisions.diff(database, facility(3)) == []
    await database.close()


async def test_first_administrator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = await opened(tmp_path)
    for given, why in (("short", "12"), ("Administrator", "first"), ("changeme-2026", "first"), ("a" * 12, "first")):
        with pytest.raises(ConfigurationError, match=rf"VMS_ADMIN_PASSWORD.*{why}"):
            await users.ensure_administrator(database, CLOCK, {"VMS_ADMIN_PASSWORD": given})
    await users.ensure_administrator(database, CLOCK, {})
    line = capsys.readouterr().out
    password = line.removeprefix("First login: admin / ").strip()
    assert len(password) >= 12
    await users.ensure_administrator(database, CLOCK, {})
    assert capsys.readouterr().out == ""
    await users.add_user(database, CLOCK, "minh", "another password", "viewer")
    made = [(one["object"], one["address"]) for one in await entries(database) if one["action"] == "user.create"]
    assert made == [("admin", "service"), ("minh", "command line")]
    sessions = Sessions(database, CLOCK)
    token = await sessions.login("Admin", password, "a")
    assert token is not None
    identity = await sessions.identify(token)
    assert identity is not None
    async with database.read() as connection:
        stored = await connection.scalar(select(User.password_hash))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    await users.set_password(database, "admin", "another password")
    assert await sessions.identify(token) is None
    assert await sessions.login("admin", password, "a") is None
    await users.add_user(database, CLOCK, "lan", "mat khau rat dai", "admin")
    for bad in ("lan", "Has Space", ""):
        with pytest.raises(ConfigurationError):
            await users.add_user(database, CLOCK, bad, "mat khau rat dai", "admin")
    await database.close()


async def test_sessions_slide_and_end(tmp_path: Path) -> None:
    @dataclasses.dataclass
    class Moving:
        now: float = 1_800_000_000.0

        def monotonic(self) -> float:
            return self.now

        def utc(self) -> float:
            return self.now

    clock = Moving()
    database = await opened(tmp_path)
    await users.add_user(database, clock, "lan", "mat khau rat dai", "admin")
    sessions = Sessions(database, clock)
    token = await sessions.login("lan", "mat khau rat dai", "a")
    assert token is not None
    for _ in range(3):
        clock.now += 11 * 3600
        assert await sessions.identify(token) is not None
        await asyncio.gather(*sessions._touching)
    clock.now += 12 * 3600 + 1
    assert await sessions.identify(token) is None
    await database.close()
