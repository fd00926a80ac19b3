"""One of a node's recorders looks after what they share, and another when that one is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
        [sys.executable, "-c", OTHER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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


def test_where_no_lock_can_be_made_everybody_speaks(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the folder's place")
    assert Keeper(tmp_path / "state" / "keeper.lock").holds()
    assert Keeper(tmp_path / "state" / "keeper.lock").holds()
