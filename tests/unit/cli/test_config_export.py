"""``vms config export``: everything is written, and what of it no check takes any more is said beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.cli.test_config_check import ALL_DAY, CROSSED, HEAD
from vms.cli.configuration import config
from vms.domain.clock import SystemClock
from vms.settings.environment import Environment
from vms.settings.facility_file import parse
from web.configuration.revisions import import_facility
from web.database.engine import Database


@pytest.mark.parametrize("odd", ["", CROSSED + ALL_DAY])
def test_what_no_check_takes_is_written_and_said(tmp_path: Path, odd: str) -> None:
    facility = parse(HEAD + odd, "old", stored=True)

    async def store() -> None:
        database = await Database.open(Environment.read(tmp_path, {}))
        await import_facility(database, SystemClock(), facility)
        await database.close()

    asyncio.run(store())
    done = CliRunner().invoke(config, ["export", "--data", str(tmp_path)])
    assert done.exit_code == 0
    assert parse(done.stdout, "exported", stored=True) == facility
    file = tmp_path / "exported"
    file.write_text(done.stdout, encoding="utf-8")
    checked = CliRunner().invoke(config, ["check", str(file)])
    # Line for line what a check of it says, with the same numbers.
    told = [line.replace(str(file), "exported") for line in checked.stderr.splitlines()]
    assert done.stderr.splitlines()[:-1] == told
    if odd:
        assert "(camera 'c'): zone 'z': its edges cross" in told[0]
        assert (checked.exit_code, len(told)) == (2, 3)
        assert "redrawn" in done.stderr.splitlines()[-1]
    else:
        assert (checked.exit_code, done.stderr) == (0, "")
