"""Secrets from files: what is taken, what is refused in one line that shows no value, and who is told of them."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.web.rig import facility
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment
from vms.settings.secrets import MOST_BYTES, secret
from vms.settings.templates import resolve
from vms.supervisor.host import HostSpec, _children
from web.accounts.users import given_password

VALUE = "hunter2-or-longer"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{VALUE}\n", encoding="utf-8")
    path.chmod(0o400)
    return path


def test_the_file_is_as_good_as_the_variable(file: Path) -> None:
    assert secret({"X": VALUE}, "X") == secret({"X_FILE": str(file)}, "X") == VALUE
    assert secret({"X": "", "X_FILE": str(file)}, "X") == VALUE
    assert secret({"X": ""}, "X") == secret({"X": "", "X_FILE": ""}, "X") == ""  # a password may be none
    assert secret({}, "X") is None


@pytest.mark.parametrize("written", ["p a\n", "p a\r\n", "p a"])
def test_one_newline_at_the_end_is_not_part_of_it(file: Path, written: str) -> None:
    file.chmod(0o600)
    file.write_bytes(written.encode())
    assert secret({"X_FILE": str(file)}, "X") == "p a"


def test_both_are_refused_and_named(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^X and X_FILE are both set") as refused:
        secret({"X": "another", "X_FILE": str(file)}, "X")
    assert "another" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff" + VALUE.encode(), "no text in UTF-8"),
        (VALUE.encode() + b"\nmore\n", "more than one line"),
        (VALUE.encode() + b"\x00", "more than one line, or characters"),
        (b"x" * (MOST_BYTES + 1), "larger than"),
    ],
)
def test_what_gives_no_secret_is_refused_without_showing_it(file: Path, written: bytes, why: str) -> None:
    file.chmod(0o600)
    file.write_bytes(written)
    with pytest.raises(ConfigurationError, match=rf"^X_FILE={file} .*{why}") as refused:
        secret({"X_FILE": str(file)}, "X")
    assert VALUE not in str(refused.value)


def test_a_path_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # nobody ever writes to it
    for path, why in (
        (tmp_path / "pipe", "no regular file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "no", "No such file"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            secret({"X_FILE": str(path)}, "X")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        secret({"X_FILE": "a\x00b"}, "X")


def test_a_file_that_everybody_may_read_is_said_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        secret({"X_FILE": str(file)}, "X")
        assert not caplog.records
        file.chmod(0o644)
        assert secret({"X_FILE": str(file)}, "X") == secret({"X_FILE": str(file)}, "X") == VALUE
    (said,) = caplog.records
    assert said.getMessage().startswith(f"secret.open file={file}")


def test_every_secret_of_the_service_may_come_from_a_file(file: Path, tmp_path: Path) -> None:
    assert given_password({"VMS_ADMIN_PASSWORD_FILE": str(file)}) == VALUE
    assert resolve("rtsp://u:${CAM_PASS}@h/x", {"CAM_PASS_FILE": str(file)}) == f"rtsp://u:{VALUE}@h/x"
    bus, database = tmp_path / "bus", tmp_path / "database"
    bus.write_text("nats://u:p@h:4222\n", encoding="utf-8")
    database.write_text("sqlite+aiosqlite:////x\n", encoding="utf-8")
    names = {"VMS_NATS_URL_FILE": bus, "VMS_NATS_BULK_URL_FILE": bus, "VMS_DATABASE_URL_FILE": database}
    read = Environment.read(tmp_path, {name: str(path) for name, path in names.items()})
    assert (read.nats_url, read.nats_bulk_url) == ("nats://u:p@h:4222", "nats://u:p@h:4222")
    assert read.database_url == "sqlite+aiosqlite:////x"


def test_the_roles_are_told_of_no_file_that_is_not_theirs(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_web = {"VMS_ADMIN_PASSWORD_FILE", "VMS_DATABASE_URL_FILE", "VMS_SMTP_URL_FILE", "VMS_NOTIFY_MAIL_FILE"}
    for name in (*of_web, "VMS_NATS_URL_FILE", "CAM_PASS_FILE"):
        monkeypatch.setenv(name, str(file))
    environment = Environment.read(tmp_path, {"VMS_NATS_URL": "nats://h:1"})
    spec = HostSpec(environment, facility(), tmp_path / "facility.yaml", "127.0.0.1", 1)
    told = {child.name: child.env for child in _children(spec)}
    assert of_web <= set(told["web"])
    assert not of_web & (set(told["recorder"]) | set(told["detector"]) | set(told["renderer"]))
    assert told["recorder"]["CAM_PASS_FILE"] == str(file)
    assert "CAM_PASS_FILE" not in told["renderer"]
    assert {Environment.read(tmp_path, env).nats_url for env in told.values()} == {"nats://h:1"}  # not refused as two


@pytest.mark.parametrize("command", ["web", "recorder"])
def test_a_role_says_in_one_line_what_is_wrong_with_the_file(command: str, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VMS_")}
    done = subprocess.run(
        [sys.executable, "-m", "vms", command, "--data", str(tmp_path)],
        env=env | {"VMS_NATS_URL_FILE": str(tmp_path / "no")}, capture_output=True, encoding="utf-8",
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"vms: VMS_NATS_URL_FILE={tmp_path}/no cannot be read: No such file or directory; correct the path or the "
        "file's rights"
    ]
