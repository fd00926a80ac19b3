"""No start with a secret that anybody would try: one line, exit code 2, and nothing is made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.unit.cli.test_config_check import HEAD


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "admin",
        "admin1234567890",
        "Password-2026!",
        "changeme-2026",
        "Mật-khẩu-2026",
        "QuảnTrịViên123",
        "1" * 40,
    ],
)
def test_no_start_with_a_password_that_anybody_would_try(tmp_path: Path, password: str) -> None:
    config = tmp_path / "facility.yaml"
    config.write_text(HEAD, encoding="utf-8")
    arguments = ["up", "--config", str(config), "--data", str(tmp_path / "data"), "--port", str(free_port())]
    done = subprocess.run(
        [sys.executable, "-m", "vms", *arguments], env={**os.environ, "VMS_ADMIN_PASSWORD": password},
        check=False, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("vms: VMS_ADMIN_PASSWORD: the password")
    assert done.stderr.count("\n") == 1
    assert password not in done.stderr
    assert not (tmp_path / "data").exists()
