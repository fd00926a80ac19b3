"""``vms config check``: every fault a line on standard error, exit code 2; one line when all is well."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from vms.cli.configuration import config
from vms.settings.complaints import MOST_FAULTS

HEAD = """\
facility: {name: F}
sites:
  - id: s
    name: S
    cameras:
      - id: c
        name: C
        placement: gate
        streams: {main: "rtsp://h/x"}
"""
CROSSED = "        zones: [{id: z, polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]}]\n"
ALL_DAY = '        rules: [{id: r, kind: tamper, schedule: "10:00-10:00"}]\n'


def test_every_fault_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "facility.yaml"
    file.write_text(HEAD + CROSSED + ALL_DAY, encoding="utf-8")
    done = CliRunner().invoke(config, ["check", str(file)])
    first, second, last = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (2, "")
    assert first.startswith(f"vms: {file}:10: sites.0.cameras.0.zones.0 (camera 'c'): zone 'z': its edges cross")
    assert second.startswith(
        f"vms: {file}:11: sites.0.cameras.0.rules.0 (camera 'c'): rule 'r': schedule '10:00-10:00'"
    )
    assert last == f"vms: {file}: 2 faults"


def test_an_address_that_no_camera_has_is_named(tmp_path: Path) -> None:
    file = tmp_path / "facility.yaml"
    file.write_text(HEAD.replace("rtsp://h/x", "rtsp://u:geheim@169.254.169.254/x"), encoding="utf-8")
    done = CliRunner().invoke(config, ["check", str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"vms: {file}:9: sites.0.cameras.0.streams.main (site 's', camera 'c'): 169.254.169.254 is link-local or a "
        "cloud's metadata service: no camera is there; write the camera's own address\n"
    )


def test_a_good_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "facility.yaml"
    file.write_text(HEAD, encoding="utf-8")
    done = CliRunner().invoke(config, ["check", str(file)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{file}: good. 1 site, 1 camera, 0 rules.\n"


def test_of_very_many_faults_the_first_are_told(tmp_path: Path) -> None:
    """Six thousand of them, which took time with their square."""
    file = tmp_path / "facility.yaml"
    rules = "".join(f"          - {{id: r{n}, kind: zone_breach}}\n" for n in range(6000))
    file.write_text(HEAD + "        rules:\n" + rules, encoding="utf-8")
    done = CliRunner().invoke(config, ["check", str(file)])
    lines = done.stderr.splitlines()
    assert len(lines) == MOST_FAULTS + 1
    assert lines[0].startswith(f"vms: {file}:11: ")
    assert lines[-1] == f"vms: {file}: 6000 faults, the first {MOST_FAULTS} of them above"
