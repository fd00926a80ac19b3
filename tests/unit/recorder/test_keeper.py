"""One of a node's recorders looks after what they share, and another when that one is gone."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recorder.keeper import Keeper

OTHER = """
import sys, pathlib
from recorder.keeper import Keeper
keeper = Keeper(pathlib.Path(sys.argv[1]))
print(keeper.holds(), flush=True)
sys.stdin.read()
"""


def test_one_holds_it_until_its_process_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "keeper.lock"
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "True"
        mine = Keeper(lock)
        assert not mine.holds()
        other.kill()
        other.wait()
        assert mine.holds()
        assert mine.holds()
        assert not Keeper(lock).holds()
        mine.close()
        assert Keeper(lock).holds()


def test_where_no_lock_can_be_made_everybody_speaks_and_nobody_has_it(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the folder's place", encoding="utf-8")
    for _ in range(2):
        assert Keeper(tmp_path / "state" / "keeper.lock").speaks()
        assert not Keeper(tmp_path / "state" / "keeper.lock").holds()


def test_a_lock_that_is_refused_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    keeper = Keeper(tmp_path / "keeper.lock")
    before = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", refuses)
        for _ in range(3):
            assert (keeper.holds(), keeper.speaks()) == (False, True)
    assert len(os.listdir("/proc/self/fd")) == before
    assert keeper.holds()
    assert not Keeper(tmp_path / "keeper.lock").speaks()
    keeper.close()
