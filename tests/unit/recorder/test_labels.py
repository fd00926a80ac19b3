"""Where a run's labels may begin."""

from __future__ import annotations

from recorder.labels import Labels
from tests.support.clocks import ManualClock

T0 = 1_800_000_000.0


def test_labels_go_behind_footage_only_where_a_clock_was_set() -> None:
    clock = ManualClock(T0)
    labels = Labels(clock)
    assert labels.begin() == 0.0
    labels.end(T0 + 5)
    labels.end(None)
    assert labels.begin() == T0 + 5
    labels.end(T0 + 4)
    assert labels.begin() == T0 + 5
    clock.step(-2.0)
    labels.end(T0 + 12)
    assert labels.begin() == 0.0
    labels.end(T0 + 10)
    clock.step(0.2)
    assert labels.begin() == T0 + 10
    clock.step(-2.0)
    assert labels.begin() == 0.0


def test_what_was_told_only_grows() -> None:
    labels = Labels(ManualClock(T0))
    labels.tell(T0 + 5)
    labels.tell(T0 + 3)
    assert labels.told_until == T0 + 5
