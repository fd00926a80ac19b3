"""``vms user``: who there is, adding, disabling; what is refused is one line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.integration.web.rig import facility
from vms.cli.users import user
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from web.accounts import users
from web.accounts.sessions import Sessions
from web.configuration import revisions
from web.database.engine import Database

PASSWORD = "mat khau rat dai"
CLOCK = SystemClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    async def fill() -> None:
        database = await Database.open(Environment.read(tmp_path, {}), CLOCK)
        await revisions.seed(database, CLOCK, facility())
        await users.add_user(database, CLOCK, "sep", PASSWORD, "admin")
        await database.close()

    asyncio.run(fill())
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"VMS_PASSWORD": PASSWORD}).invoke(user, [*arguments, "--data", str(data)])


def login(data: Path, name: str) -> str | None:
    async def attempt() -> str | None:
        database = await Database.open(Environment.read(data, {}), CLOCK)
        try:
            return await Sessions(database, CLOCK).login(name, PASSWORD, "-")
        finally:
            await database.close()

    return asyncio.run(attempt())


def test_a_site_that_is_not_there_is_said(data: Path) -> None:
    done = run(data, "add", "lan", "--role", "duty", "--sites", "s1,s9")
    assert done.exit_code == 0
    assert "there is no site 's9' in the configuration in force" in done.stderr
    assert "'s1'" not in done.stderr
    assert "lan may sign in as duty, for s1, s9" in done.stdout
    assert run(data, "add", "mai", "--role", "duty", "--sites", "s1").stderr == ""


def test_who_there_is(data: Path) -> None:
    run(data, "add", "lan", "--role", "duty", "--sites", "s1,s9")
    login(data, "sep")
    run(data, "disable", "lan")
    head, lan, sep = [line.split() for line in run(data, "list").stdout.splitlines()]
    assert head == ["NAME", "ROLE", "STATE", "LAST", "SEEN", "SESSIONS", "TOKENS", "SITES"]
    assert lan == ["lan", "duty", "disabled", "never", "0", "0", "s1,s9"]
    assert [*sep[:3], *sep[4:]] == ["sep", "admin", "enabled", "1", "0", "all"]


def test_who_is_disabled_signs_in_no_more_until_he_is_enabled(data: Path) -> None:
    run(data, "add", "lan", "--role", "duty")
    assert login(data, "lan") is not None
    assert run(data, "disable", "LAN").exit_code == 0
    assert login(data, "lan") is None
    assert run(data, "enable", "lan").exit_code == 0
    assert login(data, "lan") is not None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["disable", "sep"], "'sep' is the last administrator"),
        (["disable", "ai"], "there is no user 'ai'"),
        (["enable", "ai"], "there is no user 'ai'"),
        (["add", "sep", "--role", "viewer"], "the user 'sep' exists"),
    ],
)
def test_what_is_refused_says_why(data: Path, arguments: list[str], why: str) -> None:
    refused = run(data, *arguments).exception
    assert isinstance(refused, ConfigurationError)
    assert str(refused).startswith(why)
    assert login(data, "sep") is not None
