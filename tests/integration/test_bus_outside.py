"""``vms bus config``: a server of its own that lets each role in with its own file, to what is its own."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from tests.support.ports import free_port
from tests.support.role_bus import running
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.subjects import BusRole
from vms.cli.bus import bus
from vms.domain.errors import BusError, ConfigurationError
from vms.settings.environment import Environment
from vms.supervisor.broker import find_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    where = [
        "--listen",
        "127.0.0.1",
        "--host",
        "127.0.0.1",
        "--port",
        str(free_port()),
        "--store",
        str(tmp_path / "js"),
    ]
    done = CliRunner().invoke(bus, ["config", str(made), *where])
    assert done.exit_code == 0, done.output
    assert sorted(Path(line).name for line in done.output.splitlines()) == sorted(one.name for one in made.iterdir())
    return made


def address(folder: Path, role: str) -> BusAddress:
    """As the role finds it."""
    core = folder / f"{role}-core.url"
    env = {"VMS_NATS_BULK_URL_FILE": str(folder / f"{role}-bulk.url")}
    env["VMS_NATS_URL_FILE"] = str(core) if core.exists() else env["VMS_NATS_BULK_URL_FILE"]
    read = Environment.read(folder, env)
    return BusAddress(read.nats_url or "", read.nats_bulk_url or "")


async def test_each_role_gets_in_with_its_own_file_and_may_what_is_its_own(folder: Path) -> None:
    roles: tuple[BusRole, ...] = get_args(BusRole)
    with running((find_server(), "--config", str(folder / "nats.conf"))):
        found = await asyncio.gather(*(Bus.connect(address(folder, one), one, role=one) for one in roles))
        buses = dict(zip(roles, found, strict=True))
        try:
            await buses["web"].keep_storage()
            await buses["web"].put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, b"web's")
            with pytest.raises(BusError):
                await buses["recorder"].put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, b"not web's")
            assert await buses["recorder"].get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY) == b"web's"
        finally:
            for one in buses.values():
                await one.close()


def test_its_files_are_the_owners_alone_and_not_made_over(folder: Path) -> None:
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {one: one.read_bytes() for one in folder.iterdir()}
    again = CliRunner().invoke(bus, ["config", str(folder)])
    assert isinstance(again.exception, ConfigurationError)
    assert {one: one.read_bytes() for one in folder.iterdir()} == before
