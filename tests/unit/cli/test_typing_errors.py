"""A mistyped --data is refused, and nothing is made where it points."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vms.cli.configuration import config
from vms.cli.options import counted
from vms.cli.recordings import recordings
from vms.domain.errors import ConfigurationError

FACILITY = "facility: {name: F}\nsites: []\n"


def test_nothing_is_imported_into_a_new_folder(tmp_path: Path) -> None:
    file, typo = tmp_path / "facility.yaml", tmp_path / "tpyo"
    file.write_text(FACILITY, encoding="utf-8")
    done = CliRunner().invoke(config, ["import", str(file), "--data", str(typo)])
    assert isinstance(done.exception, ConfigurationError)
    assert "--data" in str(done.exception)
    assert not typo.exists()


def test_no_disk_is_adopted_for_a_service_that_never_recorded(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    done = CliRunner().invoke(recordings, ["adopt", "--data", str(tmp_path)])
    assert isinstance(done.exception, ConfigurationError)
    assert "--data" in str(done.exception)
    assert list((tmp_path / "recordings").iterdir()) == []


@pytest.mark.parametrize("site", ["../elsewhere", "mistyped"])
def test_no_disk_is_adopted_for_a_site_that_has_no_folder(tmp_path: Path, site: str) -> None:
    for folder in ("state", "recordings", "elsewhere"):
        (tmp_path / folder).mkdir()
    done = CliRunner().invoke(recordings, ["adopt", "--data", str(tmp_path), "--site", site])
    assert isinstance(done.exception, ConfigurationError)
    assert [path for path in tmp_path.glob("*/*")] == []


def test_one_is_one() -> None:
    assert [counted(number, "problem") for number in (0, 1, 2)] == ["0 problems", "1 problem", "2 problems"]
