"""Without a facility file the doctor looks at what is in force in the database, and leaves the database as it is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.support.clocks import ManualClock
from vms.doctor import examine, in_force
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web.configuration import revisions
from web.database.engine import Database

MAIN = "rtsp://u:${PASS}@127.0.0.1:9/x"


def facility(zones: list[dict[str, object]] | None = None) -> Facility:
    camera = {"id": "a", "name": "a", "placement": "gate", "streams": {"main": MAIN}, "zones": zones or []}
    return Facility.model_validate(
        {"facility": {"name": "x"}, "sites": [{"id": "s", "name": "s", "cameras": [camera]}]},
    )


async def keep(data: Path, one: Facility) -> None:
    database = await Database.open(Environment.read(data, {}), ManualClock())
    await revisions.seed(database, ManualClock(), one)
    await database.close()


async def test_what_is_in_force_is_checked_with_its_cameras(tmp_path: Path) -> None:
    await keep(tmp_path, facility())
    found = {one.subject: one for one in examine(None, tmp_path, {"PASS": "x"})}
    assert "1 sites, 1 cameras" in found["configuration"].text
    assert found["camera a"].level == "problem"  # nobody answers there: it was asked
    unset = {one.subject: one for one in examine(None, tmp_path, {})}
    assert "PASS" in unset["environment"].text
    assert os.listdir(tmp_path) == ["vms.db"]


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_database_that_cannot_be_read_is_said_to_be_unchecked(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vms.db").write_bytes(content)
    _, known, found = in_force.read(tmp_path, {})
    assert known is None
    assert [one.level for one in found] == ["warning"]
    assert "not checked" in found[0].text
    assert "--config" in found[0].remedy


def test_a_database_elsewhere_is_said_to_be_unchecked(tmp_path: Path) -> None:
    _, known, found = in_force.read(tmp_path, {"VMS_DATABASE_URL": "postgresql+asyncpg://u:secret@db/x"})
    assert known is None
    assert "not checked" in found[0].text
    assert "secret" not in found[0].text + found[0].remedy


async def test_what_a_check_refuses_by_now_is_named(tmp_path: Path) -> None:
    await keep(tmp_path, facility([{"id": "z", "kind": "restricted", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}]))
    with sqlite3.connect(tmp_path / "vms.db") as connection:
        connection.execute(
            "update config_revisions set facility = json_set(facility, ?, json(?))",
            [
                "$.sites[0].cameras[0].zones[0].polygon",
                "[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]",
            ],  # its sides cross
        )
    _, known, found = in_force.read(tmp_path, {})
    assert known is not None
    assert [(one.level, one.subject) for one in found] == [("problem", "configuration")]
    assert "cross" in found[0].text
