"""The end of a process with a thread inside a model's library: waited for, but by a stop no longer than it may."""

from __future__ import annotations

import subprocess
import sys

from detectors.inference import native
from vms.supervisor.host import STOP_S

NEVER_BACK = """
import sys, threading
from detectors.inference import native
begun, never = threading.Event(), threading.Event()
@native.at_work()
def work():
    begun.set()
    never.wait()
threading.Thread(target=work, daemon=True).start()
begun.wait()
sys.stdout.write("last words")
"""


def ended(*lines: str) -> tuple[int, str, str]:
    script = "\n".join([NEVER_BACK, *lines])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def test_a_stop_is_over_before_the_supervisor_kills_and_nothing_that_was_said_is_lost() -> None:
    assert native.STOPPED_S < STOP_S
    assert ended("native.LONGEST_S = 1e6", "native.stopping()") == (0, "last words", "")


def test_an_end_that_was_no_stop_keeps_its_code() -> None:
    assert ended("native.LONGEST_S = 0.1", "sys.exit(3)") == (3, "last words", "")
