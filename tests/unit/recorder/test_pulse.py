"""The pulse: a short wait that took long is a stall; the last sign of life is there for the next start."""

from __future__ import annotations

from pathlib import Path

from recorder.pulse import BEAT_S, STALL_S, Pulse
from tests.support.clocks import ManualClock


def test_a_wait_that_took_long_is_a_stall(tmp_path: Path) -> None:
    clock = ManualClock(utc=1000.0)
    told: list[tuple[float, float]] = []
    pulse = Pulse(tmp_path / "pulse", clock, lambda start, end: told.append((start, end)))
    pulse.slept(BEAT_S, BEAT_S + STALL_S)
    assert told == []
    pulse.slept(BEAT_S, 30.0)
    assert told == [(970.0, 1000.0)]


def test_the_next_start_knows_the_last_sign_of_life(tmp_path: Path) -> None:
    clock = ManualClock(utc=1000.0)
    first = Pulse(tmp_path / "state" / "pulse", clock, lambda *_: None)
    assert first.alive_until is None
    first.start()
    clock.advance(60)
    first.stop()
    assert Pulse(tmp_path / "state" / "pulse", clock, lambda *_: None).alive_until == 1060.0
    (tmp_path / "state" / "pulse").write_text("torn", encoding="utf-8")
    assert Pulse(tmp_path / "state" / "pulse", clock, lambda *_: None).alive_until is None
