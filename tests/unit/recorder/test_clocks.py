"""The host's clock: what the kernel says, steps, and one alert that nobody hears twice."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest

from recorder.alarms import NodeAlarms
from recorder.clocks.host import _Timex, read_host_clock
from recorder.clocks.watch import LOOK_S, TOLD_S, UNSYNCHRONIZED_S, ClockWatch
from tests.support.clocks import ManualClock
from vms.bus.outbox import Outbox
from vms.domain.messages import AlertEvent
from vms.domain.node import HostClock

KEPT, LOST = HostClock(synchronized=True, max_error_s=0.02), HostClock(synchronized=False, max_error_s=16.0)


class Host:
    """A recorder's watch over a clock that the test sets; the alarms are real, with their notes on disk."""

    def __init__(self, data: Path, clock: ManualClock | None = None) -> None:
        self.data = data
        self.clock = clock or ManualClock()
        self.says = KEPT
        self.outbox = Outbox(data / "outbox.jsonl")
        alarms = NodeAlarms("local", "recorder", data / "alarms.json", self.outbox, self.clock)
        self.watch = ClockWatch(self.clock, alarms.tell, lambda: self.says)

    def look(self, seconds: float) -> None:
        for _ in range(int(seconds / LOOK_S)):
            self.clock.advance(LOOK_S)
            self.watch.look()

    def restarted(self) -> Host:
        self.outbox.close()
        again = Host(self.data, self.clock)
        again.says = self.says
        return again

    def told(self) -> list[tuple[str, Any, str]]:
        """Event, reason and severity of each alert, in order, over all restarts."""
        events = [AlertEvent.model_validate_json(item.payload) for item in self.outbox._items]
        assert {event.kind for event in events} <= {"clock"}
        return [(event.event, event.detail["reason"], event.severity) for event in events]


def test_the_kernel_answers() -> None:
    """The layout is the kernel's: an error bound of nonsense would tell."""
    assert (_Timex.status.offset, ctypes.sizeof(ctypes.c_long)) == (40, 8)
    told = read_host_clock()
    assert told.synchronized in (True, False)
    assert told.max_error_s is not None
    assert 0 <= told.max_error_s < 1e4
    assert told.frequency_ppm is not None
    assert abs(told.frequency_ppm) <= 500  # what the kernel allows


def test_a_clock_that_is_kept_says_nothing(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.look(2 * UNSYNCHRONIZED_S)
    assert host.told() == []
    assert host.watch.state == KEPT


def test_a_kernel_that_does_not_say_is_no_fault(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.says = HostClock()
    host.look(2 * UNSYNCHRONIZED_S)
    assert host.told() == []


def test_a_time_server_that_is_away_for_a_moment_wakes_nobody(tmp_path: Path) -> None:
    host = Host(tmp_path)
    for _ in range(3):
        host.says = LOST
        host.look(UNSYNCHRONIZED_S - 10)
        host.says = KEPT
        host.look(60)
    assert host.told() == []


def test_a_host_without_a_time_server_is_told_once_over_every_restart(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.says = LOST
    for _ in range(5):
        host.look(3 * UNSYNCHRONIZED_S)
        host = host.restarted()
        host.look(UNSYNCHRONIZED_S / 2)
    assert host.told() == [("opened", "unsynchronized", "warning")]
    host.says = KEPT
    host.look(10)
    assert host.told()[1:] == [("ended", "unsynchronized", "warning")]


@pytest.mark.parametrize("step", [-3600.0, -1.5, 1.5, 3600.0])
def test_a_step_is_told_and_kept(tmp_path: Path, step: float) -> None:
    host = Host(tmp_path)
    host.look(60)
    host.clock.step(step)
    host.look(10)
    assert host.watch.state.stepped_s == pytest.approx(step, abs=0.001)
    assert host.watch.state.stepped_at is not None
    assert host.told() == [("opened", "stepped", "warning")]
    host.look(TOLD_S)
    assert host.told() == [("opened", "stepped", "warning"), ("ended", "stepped", "warning")]
    assert host.watch.state.stepped_s == pytest.approx(step, abs=0.001)


def test_slewing_is_no_step(tmp_path: Path) -> None:
    host = Host(tmp_path)
    for _ in range(5000):
        host.look(LOOK_S)
        host.clock.step(500e-6 * LOOK_S)
    assert host.told() == []
    assert host.watch.state.stepped_s is None
