"""Who is a suspect: the page that outlives a process, what is forgotten when, and who hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

from detectors.suspects import FOR_S, HUNG_S, MOST_ERRING, Suspects
from tests.support.clocks import ManualClock

DIES = """
import os, sys
from pathlib import Path
from detectors.suspects import Suspects
from vms.domain.clock import SystemClock
suspects = Suspects(Path(sys.argv[1]), SystemClock())
for camera in ("before", "gate-1", "gate-2", "behind"):
    with suspects.door(camera):
        pass
if sys.argv[2] == "told":
    suspects.stopping()
with suspects.door("gate-1"), suspects.door("gate-2"):
    os.kill(os.getpid(), int(sys.argv[3]))
"""


def die(folder: Path, ending: str = "suddenly", by: signal.Signals = signal.SIGSEGV) -> None:
    ended = subprocess.run([sys.executable, "-c", DIES, str(folder), ending, str(int(by))], check=False)
    assert ended.returncode == -by


def apart(suspects: Suspects) -> set[str]:
    return {camera for camera in ("before", "gate-1", "gate-2", "behind") if suspects.why(camera) is not None}


def test_who_was_inside_when_the_process_died_is_a_suspect_for_an_hour(tmp_path: Path) -> None:
    clock = ManualClock()
    die(tmp_path)
    suspects = Suspects(tmp_path, clock)
    assert apart(suspects) == {"gate-1", "gate-2"}
    assert suspects.why("gate-1") == "inside"
    clock.advance(FOR_S["inside"] - 1)
    assert apart(Suspects(tmp_path, clock)) == {"gate-1", "gate-2"}  # though nobody was inside at that end
    clock.advance(2)
    assert apart(suspects) == apart(Suspects(tmp_path, clock)) == set()


def test_nobody_is_to_blame_for_an_end_that_was_wanted_nor_for_another_boot(tmp_path: Path) -> None:
    die(tmp_path, "told")
    assert apart(Suspects(tmp_path, ManualClock())) == set()
    die(tmp_path, by=signal.SIGKILL)
    page = tmp_path / "inside"
    data = page.read_bytes()
    page.write_bytes(data[:12] + b"another-boot".ljust(36) + data[48:])
    assert apart(Suspects(tmp_path, ManualClock())) == set()
    page.write_bytes(data)
    assert apart(Suspects(tmp_path, ManualClock())) == {"gate-1", "gate-2"}


def test_a_page_or_a_list_that_cannot_be_read_or_written_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "inside").write_bytes(b"\xff" * 100)
    (tmp_path / "suspects.json").write_bytes(b'{"gate-1": ["x"]}')
    assert apart(Suspects(tmp_path, ManualClock())) == set()
    nowhere = tmp_path / "file"
    nowhere.touch()
    suspects = Suspects(nowhere / "state", ManualClock())
    with suspects.door("gate-1"):
        assert suspects.door("gate-1").inside_since()
    suspects.accuse("gate-1", "died")
    assert apart(suspects) == {"gate-1"}


def test_more_cameras_than_the_page_has_room_for_decode_all_the_same(tmp_path: Path) -> None:
    suspects = Suspects(tmp_path, ManualClock())
    for n in range(1100):
        with suspects.door(f"c{n}"):
            assert suspects.door(f"c{n}").inside_since()


def test_the_graver_word_stays_and_errors_alone_bring_only_a_few_apart(tmp_path: Path) -> None:
    clock = ManualClock()
    suspects = Suspects(tmp_path, clock)
    suspects.accuse("gate-1", "died")
    suspects.accuse("gate-1", "errors")
    assert suspects.why("gate-1") == "died"
    for n in range(3 * MOST_ERRING):
        suspects.accuse(f"c{n}", "errors")
    assert sum(suspects.why(f"c{n}") == "errors" for n in range(3 * MOST_ERRING)) == MOST_ERRING
    clock.advance(FOR_S["errors"] - 60)
    suspects.accuse("c0", "errors")  # goes on
    clock.advance(120)
    assert [suspects.why(f"c{n}") for n in range(2)] == ["errors", None]
    assert suspects.why("gate-1") == "died"
    suspects.accuse("c20", "errors")  # there is room again
    assert suspects.why("c20") == "errors"


def test_a_thread_that_does_not_come_back_is_found_unless_all_stood_still(tmp_path: Path) -> None:
    clock = ManualClock()
    suspects = Suspects(tmp_path, clock)
    leave, entered = threading.Event(), threading.Event()
    started = clock.monotonic()

    def hang() -> None:
        with suspects.door("gate-1"):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait()
    clock.advance(HUNG_S - 0.1)
    assert suspects.stuck(started) == {}
    clock.advance(0.2)
    assert suspects.stuck(started) == {"gate-1": [thread.native_id]}
    assert suspects.stuck(clock.monotonic()) == {}
    with suspects.door("gate-1"):  # the one that took over comes and goes
        pass
    assert suspects.stuck(started) == {"gate-1": [thread.native_id]}
    leave.set()
    thread.join()
    assert suspects.stuck(started) == {}
