"""Pictures that waited in the socket are let go; a way that became longer is no reason to."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.sampling.lateness import LATE_S, SPAN_S, Lateness

FPS = 10


def life(start: float, seconds: float, delay: float = 0.02, drift: float = 0.0) -> Iterator[tuple[float, float]]:
    """Packets (arrival, stream time) as they come."""
    for n in range(round(seconds * FPS)):
        stream = start + n / FPS
        yield stream * (1 + drift) + delay, stream


def test_a_thread_that_decodes_too_long_lets_go_of_what_waits_and_is_never_much_late() -> None:
    lateness, now, worst, decoded = Lateness(), 0.0, 0.0, 0
    for n in range(600):
        came = n / FPS
        now = max(now, came)
        if lateness.late(now, came):
            now += 0.0001  # read, not decoded
            continue
        worst = max(worst, now - came)
        decoded += 1
        now += 0.15  # half as much again as there is time for
    assert worst <= LATE_S + 0.2
    assert decoded > 300


def test_a_burst_after_a_stall_is_read_to_its_end_before_anything_is_decoded() -> None:
    lateness = Lateness()
    assert not any(lateness.late(*packet) for packet in life(0, 10))
    burst = [(14.0 + n * 0.001, 10 + n / FPS) for n in range(40)]
    late = [lateness.late(*packet) for packet in burst]
    assert all(late[:29])
    assert not any(late[32:])  # of 4 s the last one is fresh enough
    assert not any(lateness.late(*packet) for packet in life(14.1, 10))


def test_a_longer_way_is_got_used_to_at_once() -> None:
    lateness = Lateness()
    list(map(lambda packet: lateness.late(*packet), life(0, 10)))
    late = [lateness.late(*packet) for packet in life(10, 60, delay=3.0)]
    assert sum(late) <= (SPAN_S + 0.2) * FPS
    assert not any(late[FPS:])


@settings(deadline=None)
@given(
    drift=st.floats(-3e-4, 3e-4),
    jitter=st.lists(st.floats(0, LATE_S * 0.9), min_size=200, max_size=200),
)
def test_drift_and_jitter_are_not_late(drift: float, jitter: list[float]) -> None:
    lateness = Lateness()
    packets = [(arrival + jitter[n % 200], stream) for n, (arrival, stream) in enumerate(life(0, 3600, drift=drift))]
    read = 0.0
    for arrival, stream in packets:
        read = max(read, arrival)
        assert not lateness.late(read, stream)
