"""Who is a suspect: the page that outlives a process, what is forgotten when, and who hangs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Queue

import pytest

from detectors.suspects import FOR_S, GIVEN_UP_S, HUNG_S, MOST_ERRING, MOST_HUNG, MOST_INSIDE, Suspects
from tests.support.clocks import ManualClock

DIES = """
import contextlib, os, sys
from pathlib import Path
from detectors.suspects import Suspects
from vms.domain.clock import SystemClock
suspects = Suspects(Path(sys.argv[1]), SystemClock())
for camera in ("before", "gate-1", "gate-2", "behind"):
    with suspects.door(camera):
        pass
if sys.argv[2] == "told":
    suspects.stopping()
with contextlib.ExitStack() as inside:
    for camera in sys.argv[4:]:
        inside.enter_context(suspects.door(camera))
    os.kill(os.getpid(), int(sys.argv[3]))
"""


def die(
    folder: Path,
    ending: str = "suddenly",
    by: signal.Signals = signal.SIGSEGV,
    inside: Sequence[str] = ("gate-1", "gate-2"),
) -> None:
    ended = subprocess.run([sys.executable, "-c", DIES, str(folder), ending, str(int(by)), *inside], check=False)
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


def test_of_many_who_were_inside_a_few_are_suspects_and_the_guilty_one_is_found(tmp_path: Path) -> None:
    cameras = [f"c{n}" for n in range(4 * MOST_INSIDE)]
    apart: list[str] = []
    for deaths in range(1, 5):
        die(tmp_path, inside=[camera for camera in cameras if camera not in apart])
        clock = ManualClock(utc=time.time())
        suspects = Suspects(tmp_path, clock)
        apart = [camera for camera in cameras if suspects.why(camera) == "inside"]
        assert len(apart) == MOST_INSIDE
        assert (cameras[-1] in apart) == (deaths == 4), "at worst they take turns"
    clock.advance(FOR_S["inside"] + 1)
    assert not [camera for camera in cameras if suspects.why(camera) is not None]


def test_who_was_inside_at_two_deaths_is_likelier_than_who_was_at_one(tmp_path: Path) -> None:
    for crowd in "ab":
        die(tmp_path, inside=[*(f"{crowd}{n}" for n in range(3 * MOST_INSIDE)), "guilty"])
    suspects = Suspects(tmp_path, ManualClock(utc=time.time()))
    assert suspects.why("guilty") == "inside"


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
    suspects.close()
    assert [Suspects(tmp_path, clock).why(camera) for camera in ("gate-1", "c20", "c1")] == ["died", "errors", None]


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    suspects = Suspects(tmp_path, ManualClock())
    tube = tmp_path / "suspects.json.tmp"
    os.mkfifo(tube)  # to open it for writing lasts until somebody reads
    suspects.accuse("gate-1", "died")
    suspects.accuse("gate-2", "errors")
    with suspects.door("gate-1"):
        assert apart(suspects) == {"gate-1", "gate-2"}
    suspects.close()
    assert set(json.loads(tube.read_bytes())) >= {"gate-1"}


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
    assert suspects.stuck(started) == []
    clock.advance(0.2)
    assert suspects.stuck(started) == ["gate-1"]
    assert suspects.stuck(clock.monotonic()) == []
    with suspects.door("gate-1"):  # the one that took over comes and goes
        pass
    assert suspects.stuck(started) == ["gate-1"]
    leave.set()
    thread.join()
    assert suspects.stuck(started) == []


def test_a_thread_that_was_given_up_gets_its_time_back_when_it_returns(tmp_path: Path) -> None:
    clock = ManualClock()
    suspects = Suspects(tmp_path, clock)
    entered, leave, policies = threading.Event(), threading.Event(), Queue[int]()
    started = clock.monotonic()

    def hang() -> None:
        with suspects.door("gate-1"):
            entered.set()
            leave.wait()
        policies.put(os.sched_getscheduler(0))

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait()
    assert thread.native_id is not None
    clock.advance(GIVEN_UP_S - 1)
    suspects.spare(started)
    assert os.sched_getscheduler(thread.native_id) == os.SCHED_OTHER
    clock.advance(2)
    suspects.spare(started)
    assert os.sched_getscheduler(thread.native_id) == os.SCHED_IDLE
    leave.set()
    thread.join()
    assert policies.get() == (os.SCHED_OTHER if may_take_back() else os.SCHED_IDLE)


def may_take_back() -> bool:
    """Whether this host lets a thread of ours be an ordinary one again."""
    found = Queue[bool]()

    def attempt() -> None:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        found.put(os.sched_getscheduler(0) == os.SCHED_OTHER)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return found.get()


def test_when_many_hang_at_once_it_is_not_their_pictures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    suspects = Suspects(tmp_path, clock)
    cameras = [f"c{n}" for n in range(MOST_HUNG + 1)]
    with contextlib.ExitStack() as inside:
        for camera in cameras:
            inside.enter_context(suspects.door(camera))
        clock.advance(HUNG_S + 1)
        for _ in range(3):  # nor when it lasts
            for camera in cameras:
                suspects.accuse(camera, "hung")
            assert [suspects.why(camera) for camera in cameras] == [None] * len(cameras)
            clock.advance(2 * GIVEN_UP_S)
        assert sum("decoder.unaccused" in line for line in caplog.messages) == 1
        suspects.door("c1").__exit__()
        suspects.accuse("c0", "hung")
        assert suspects.why("c0") == "hung"


def test_who_has_hung_for_weeks_keeps_nobody_from_being_accused(tmp_path: Path) -> None:
    clock = ManualClock()
    suspects = Suspects(tmp_path, clock)
    with contextlib.ExitStack() as inside:
        for n in range(2 * MOST_HUNG):
            inside.enter_context(suspects.door(f"c{n}"))
            clock.advance(2 * GIVEN_UP_S)
            for camera in suspects.stuck(0.0):
                suspects.accuse(camera, "hung")
        assert [suspects.why(f"c{n}") for n in range(2 * MOST_HUNG)] == ["hung"] * 2 * MOST_HUNG
