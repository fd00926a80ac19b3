"""A process whose reading hangs, and one that only stood still: the one ends, the other goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.support.scripted_rtsp import good, scripted

HANGING = """
import sys, threading, time
from tests.support.sinks import RecordingSink
from vms.domain.clock import SystemClock
from vms.ingest import loop
from vms.ingest.reader import StreamReader, Watchdog

class Hanging(RecordingSink):
    def packet(self, run, packet):
        print("hangs", flush=True)
        threading.Event().wait()

loop.HUNG_S = 0.5
reading = loop.ReadingLoop(SystemClock())
reading.start()
watchdog = Watchdog(SystemClock(), reading, interval_s=0.1)
watchdog.start()
StreamReader("c", "main", sys.argv[1], Hanging(), SystemClock(), reading).start()
time.sleep(600)
"""


def test_a_process_whose_reading_hangs_ends_so_that_it_is_started_again() -> None:
    with scripted(good) as (camera,):
        words = [sys.executable, "-c", HANGING, camera.url]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
            try:
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
    assert process.returncode == 1
    assert "hangs" in out
    assert "ingest.hung" in err


STANDING = """
import sys, time
from tests.support.sinks import RecordingSink
from vms.domain.clock import SystemClock
from vms.ingest import connection, loop, reader
from vms.ingest.reader import StreamReader, Watchdog

class Slow(RecordingSink):
    def packet(self, run, packet):
        super().packet(run, packet)
        time.sleep(0.005)

loop.HUNG_S = reader.SILENCE_S = connection.SILENCE_S = 2.0
reader.GRACE_S = 0.5
clock = SystemClock()
reading = None if sys.argv[2] == "alone" else loop.ReadingLoop(clock)
if reading is not None:
    reading.start()
watchdog = Watchdog(clock, reading, interval_s=0.1)
watchdog.start()
sink = Slow()
one = StreamReader("c", "main", sys.argv[1], sink, clock, reading)
watchdog.add(one)
one.start()
told = 0
while True:
    time.sleep(0.05)
    if len(sink.packets) // 25 > told:
        told = len(sink.packets) // 25
        print(one.abandoned, len(sink.ends), flush=True)
"""


@pytest.mark.parametrize("how", ["alone", "in the loop"])
def test_a_process_that_stood_still_takes_nobody_for_dead(how: str) -> None:
    """Its own clock says that nothing came for seconds; what came waits in the kernel."""
    with scripted(good) as (camera,):
        words = [sys.executable, "-c", STANDING, camera.url, how]
        with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == "0 0\n"
                for _ in range(3):
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(4)  # what is tested is that time passes
                    process.send_signal(signal.SIGCONT)
                    assert [process.stdout.readline() for _ in range(3)] == ["0 0\n"] * 3
                assert process.poll() is None
            finally:
                process.kill()
