"""The web role on PostgreSQL: migrations both ways, the audit log's triggers, each role on each route, its loss."""

from __future__ import annotations

import asyncio
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from alembic import command
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from tests.integration.web.rig import facility
from tests.support.audit_log import LAN, entries, write
from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.support.escalating import Escalating, ScriptedCourier
from tests.support.postgres import Postgres, postgres
from tests.unit.web.walking import OF_ALL_SITES, filled, requests, rows, signed_in, two_sites
from vms.cli.audit import audit
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.accounts.roles import OF_SITES, ROLES
from web.audit import chain
from web.audit.verify import check
from web.channels.push import Answer
from web.configuration import revisions
from web.database import migrate
from web.database.engine import Database
from web.database.failures import passes
from web.database.schema import CameraFirst, Event


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="vms-pg-") as folder, postgres(Path(folder)) as one:
        yield one


@pytest_asyncio.fixture
async def url(server: Postgres) -> str:
    return await server.make(f"t{secrets.token_hex(6)}")


@pytest_asyncio.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    one = await opened(tmp_path, url)
    yield one
    await one.close()


async def opened(folder: Path, url: str) -> Database:
    return await Database.open(Environment.read(folder, {"VMS_DATABASE_URL": url}), ManualClock())


def _versions(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(migrate.config(connection))
    return [one.revision for one in script.walk_revisions()][::-1]


async def test_every_migration_goes_up_and_down_and_makes_the_tables_of_the_schema(database: Database) -> None:
    def walk(connection: Connection) -> int:
        known = _versions(connection)
        for revision in [*known[-2::-1], "base"]:
            command.downgrade(migrate.config(connection), revision)
        left = connection.execute(text("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname <> "
                                       "'alembic_version' AND relnamespace = 'public'::regnamespace"))  # fmt: skip
        assert left.scalar() == 0
        for revision in known:
            command.upgrade(migrate.config(connection), revision)
        command.check(migrate.config(connection))
        return len(known)

    async with database.change() as change:
        assert await change.connection.run_sync(walk) >= 11
    assert await database.answers()


async def test_what_older_versions_wrote_is_taken_along(database: Database) -> None:
    def older(connection: Connection) -> None:
        command.downgrade(migrate.config(connection), "0003")
        plain = json.dumps(revisions.dump(facility(2)))
        connection.execute(text("INSERT INTO config_revisions VALUES (1, 0, 'a', :f)"), {"f": plain})
        connection.execute(text("INSERT INTO camera_first VALUES ('cam-1', 7), ('lost', 7)"))
        command.upgrade(migrate.config(connection), "0008")
        connection.execute(text("INSERT INTO users VALUES (1, 'lan', 'h', 'admin', true, 0, NULL)"))
        connection.execute(text("INSERT INTO sessions VALUES ('a', 1, 0, 5, 99, 'x'), ('b', 1, 0, 7, 99, 'x')"))
        command.upgrade(migrate.config(connection), "head")

    async with database.change() as change:
        await change.connection.run_sync(older)
    async with database.read() as read:
        named = {row.camera: row.name for row in await read.execute(select(CameraFirst.__table__))}
        sessions = (await read.execute(text("SELECT id FROM sessions"))).scalars().all()
        assert await read.scalar(text("SELECT last_seen_at FROM users")) == 7
    assert named["cam-1"] == "Cổng 1"
    assert len({*sessions}) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET address = 'x' WHERE seq = 1",
        "UPDATE audit_entries SET address = 'x' WHERE seq = 77",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (seq) DO UPDATE SET address = 'x'",
    ],
)
async def test_the_database_refuses_to_alter_the_audit_log(database: Database, statement: str) -> None:
    await write(database, 3)
    with pytest.raises(DBAPIError, match="entries of the audit log are not changed"):
        async with database.change() as change:
            await change.connection.execute(text(statement))
    async with database.read() as connection:
        assert await check(connection) == (3, None)


async def test_who_takes_the_triggers_out_is_found(url: str, database: Database, tmp_path: Path) -> None:
    await write(database, 3)
    verify = ["verify", "--data", str(tmp_path)]
    environment = {"VMS_DATABASE_URL": url}
    whole = await asyncio.to_thread(CliRunner().invoke, audit, verify, env=environment)
    assert (whole.exit_code, whole.output.splitlines()[0]) == (0, "The audit log is whole: 3 entries, 0 day roots.")
    async with database.change() as change:
        await change.connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        await change.connection.execute(text("UPDATE audit_entries SET address = 'x' WHERE seq = 2"))
    altered = await asyncio.to_thread(CliRunner().invoke, audit, verify, env=environment)
    assert altered.exit_code == 1
    assert altered.output.startswith("entry 2: changed")


async def test_two_processes_number_entries_and_events_in_the_order_of_their_commits(
    url: str, database: Database, tmp_path: Path
) -> None:
    other = await opened(tmp_path, url)

    async def writes(one: Database, count: int) -> None:
        for number in range(count):
            async with one.change() as change:
                await change.record("alert.opened", {"n": number})
                await chain.write(change, LAN, "hold.put")

    await asyncio.gather(writes(database, 20), writes(other, 20))
    async with database.read() as connection:
        assert await check(connection) == (40, None)
        assert await connection.scalar(select(func.count()).select_from(Event)) == 40
    await other.close()


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_each_role_on_each_route(url: str, tmp_path: Path, role: str) -> None:
    env = {"VMS_DATABASE_URL": url}
    async with bare_web(tmp_path, two_sites(), SystemClock(), env) as app:
        context = app.state.context
        async with context.database.change() as change:
            for table, row in rows():
                await change.connection.execute(insert(table).values(**row))
        async with browser(app, await signed_in(app, role, ["s1"] if role in OF_SITES else None)) as client:
            for method, path, needed, asked in requests(app):
                if (method, path) == ("DELETE", "/api/session"):
                    continue
                answer = await client.request(method, filled(path), **asked)
                refused = not ROLES[role] >= needed or (role in OF_SITES and (method, path) in OF_ALL_SITES)
                assert (answer.status_code == 403) is refused, (method, path, answer.text)
                assert answer.status_code not in (401, 422, 500), (method, path, answer.text)
            twice = [await client.request("POST", "/api/users", json={"username": "u", "role": "viewer", "sites": None})
                     for _ in range(2)]  # fmt: skip
            assert [one.status_code for one in twice] == ([201, 409] if role == "admin" else [403, 403])
        await context.audit.flush()
        assert {one["action"] for one in await entries(context.database)} >= {"session.open", "user.create"}
        assert await context.database.answers()
        assert not context.database.damaged.is_set()  # a row twice is no damage


async def test_a_server_that_goes_is_waited_for(server: Postgres, database: Database) -> None:
    await write(database, 1)
    server.kill()
    try:
        for _ in range(2):  # a connection that was broken, and one that is refused
            with pytest.raises(DBAPIError) as lost:
                await write(database, 1)
            assert passes(lost.value)
        assert not await database.answers()
        assert not database.damaged.is_set()
    finally:
        server.start()
    await write(database, 1)
    assert await database.answers()
    assert len(await entries(database)) == 2


@pytest.mark.parametrize("wrong", ["password", "database", "port", "driver"])
async def test_a_database_that_cannot_be_used_is_one_line_without_its_password(
    server: Postgres, url: str, tmp_path: Path, wrong: str
) -> None:
    stated = {
        "password": url.replace(server.password, "hunter2"), "database": f"{url}x",
        "port": url.replace(f":{server.port}/", ":1/"), "driver": url.replace("postgresql", "oracle+nothing"),
    }[wrong]  # fmt: skip
    with pytest.raises(ConfigurationError, match="VMS_DATABASE_URL") as refused:
        await opened(tmp_path, stated)
    assert "\n" not in str(refused.value)
    assert not any(one in str(refused.value) for one in (server.password, "hunter2"))


async def test_an_alert_climbs_and_is_taken_on(url: str, tmp_path: Path) -> None:
    clock, courier = ManualClock(), ScriptedCourier()
    database = await Database.open(Environment.read(tmp_path, {"VMS_DATABASE_URL": url}), clock)
    rig = Escalating(database, clock, courier)
    await rig.roster()
    await rig.quiet("maintenance", rule="crowd", minutes=600)
    courier.answers["ntfy"] = lambda: Answer("failed", "with a \x00 in it", 3)
    for name, rule in (("a", "breach"), ("b", "breach"), ("still", "crowd")):
        await rig.tell(name, rule=rule)
    await rig.run()
    for seconds, step in ((3, 0), (10, 0), (77, 3600)):
        clock.step(step)
        await rig.run()
        clock.advance(seconds)
        await rig.run()
    assert [await rig.chain(name) for name in ("a", "b", "still")] == ["running", "joined", "quiet"]
    assert await rig.duties("a") == [("officer", 0), ("site_lead", 0)]
    assert [len(courier.to(name)) for name in ("lan-ntfy", "lan-mail", "huong-web")] == [3, 1, 1]
    await rig.take("b", group=True)
    await rig.run()
    assert [await rig.chain(name) for name in ("a", "b")] == ["stopped", "stopped"]
    assert [push.silent for push in courier.to("huong-web")] == [False, True]
    await rig.escalation._deliveries.close()
    await database.close()
