"""Real streams, damaged at random, in the service's own decoder: a picture, or a word that the stream is corrupt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.figures import Figures
from tests.support.poison import DAMAGES

SEED = 2026
#: Memory above what the process had before (MiB): the largest picture that is decoded takes 50, and is kept thrice.
MOST_MIB = 1024


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_damaged_streams_give_pictures_or_are_called_corrupt(tmp_path: Path, figure: Figures, long: bool) -> None:
    seconds = 600 if long else 20
    command = [sys.executable, "-m", "tests.support.poison_fuzz", str(seconds), str(SEED), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"case {(tmp_path / 'case').read_text(encoding='utf-8')}: {done.stderr[-2000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found["damages"]) == {*DAMAGES, "none"}
    assert min(found["damages"].values()) >= 20
    assert found["pictures"] > found["cases"]  # the streams were real ones
    assert found["errors"] > 0
    assert found["rss_mib"] < MOST_MIB
    damaged = found["units"] - found["damages"]["none"]
    figure(
        24,
        "fuzzed bitstreams in one process",
        f"{damaged} of {found['units']} units damaged in {len(DAMAGES)} ways: {found['pictures']} pictures, "
        f"{found['errors']} errors, {found['corrupt']} × corrupt, no crash; slowest {found['slowest_s']} s, "
        f"memory + {found['rss_mib']} MiB",
        "a picture or an error, memory bounded",
        f"{found['cases']} streams, seed {SEED}",
    )
