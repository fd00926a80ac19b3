"""Commands that write into a data folder: only as the user who keeps it, and the refusal says how."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.support.shelves import MIDNIGHT, record
from vms.cli.configuration import config
from vms.cli.index import index
from vms.cli.recordings import recordings
from vms.cli.users import user


@pytest.fixture
def data(tmp_path: Path) -> Path:
    record(tmp_path / "recordings", "c", MIDNIGHT, 3)
    (tmp_path / "state").mkdir()
    (tmp_path / "vms.db").touch()
    return tmp_path


def everything(data: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in data.rglob("*")}


@pytest.mark.parametrize(
    ("group", "arguments"),
    [
        (index, ["rebuild"]),
        (index, ["audit"]),
        (recordings, ["adopt"]),
        (config, ["export"]),
        (user, ["add", "somebody", "--role", "viewer"]),
        (user, ["disable", "somebody"]),
        (user, ["list"]),
    ],
)
def test_another_user_is_told_what_to_do_and_nothing_is_written(
    data: Path, monkeypatch: pytest.MonkeyPatch, group: click.Group, arguments: list[str]
) -> None:
    before = everything(data)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)  # root may read and write everything: rights say nothing
    monkeypatch.setenv("VMS_PASSWORD", "a long enough one")
    done = CliRunner().invoke(group, [*arguments, "--data", str(data)])
    assert "run it as sudo -u " in str(done.exception)
    assert f"{arguments[0]} --data {data}" in str(done.exception)
    assert everything(data) == before


def test_who_keeps_it_is_let_through(data: Path) -> None:
    done = CliRunner().invoke(index, ["rebuild", "--data", str(data)])
    assert done.exit_code == 0, done.output
    assert (data / "outbox" / "index" / "s.c").exists()
