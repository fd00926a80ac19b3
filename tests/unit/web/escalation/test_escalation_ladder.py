"""The ladder: no deadline is skipped, and every climb comes to its end, whatever the policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from web.duty.policy import DEFAULT, DUTIES, MOST_ROUNDS, Duty, Ladder, Rung
from web.escalation.carrying import HANG_S, NEXT_CHANNEL_S, RETRIES_S, again_at
from web.escalation.ladder import Called, Place, climb, first_at

NOW = datetime(2027, 1, 15, tzinfo=UTC)


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    duties = draw(st.lists(st.sampled_from(DUTIES), min_size=1, max_size=4, unique=True))
    rungs = tuple(Rung(duty=duty, after_s=draw(st.integers(0, 86400))) for duty in duties)
    repeat_s = draw(st.none() | st.integers(60, 86400))
    return Ladder(rungs=rungs, repeat_s=repeat_s, cooldown_s=draw(st.integers(0, 3600)))


def climbed(ladder: Ladder, reached: frozenset[Duty]) -> list[tuple[datetime, Called]]:
    """Every call until the ladder is exhausted, each when it is due."""
    at: datetime | None = first_at(ladder, NOW, NOW)
    place: Place | None = None
    calls: list[tuple[datetime, Called]] = []
    while at is not None:
        step = climb(ladder, place, at, reached.__contains__)
        calls += [(at, one) for one in step.calls]
        assert step.next_at is None or step.next_at >= at
        at, place = step.next_at, step.calls[-1].place if step.calls else place
    return calls


@given(ladders(), st.frozensets(st.sampled_from(DUTIES)))
def test_every_rung_is_called_once_in_order_and_the_last_one_again(ladder: Ladder, reached: frozenset[Duty]) -> None:
    calls = climbed(ladder, reached)
    last = len(ladder.rungs) - 1
    rounds = 0 if ladder.repeat_s is None else MOST_ROUNDS
    assert [one.place for _, one in calls] == [
        *(Place(rung) for rung in range(last + 1)),
        *(Place(last, number) for number in range(1, rounds + 1)),
    ]
    assert all(one.duty == ladder.rungs[one.place.rung].duty for _, one in calls)


@given(ladders(), st.frozensets(st.sampled_from(DUTIES)))
def test_who_is_reached_has_his_time_and_nobody_else_is_waited_for(ladder: Ladder, reached: frozenset[Duty]) -> None:
    calls = climbed(ladder, reached)
    for (at, one), (then, after) in pairwise(calls):
        if after.place.round:
            assert then - at == timedelta(seconds=ladder.repeat_s or 0)
        elif one.duty in reached:
            assert then == one.deadline == at + timedelta(seconds=ladder.rungs[after.place.rung].after_s)
        else:
            assert (then, one.deadline) == (at, None)


def test_by_default_a_critical_breach_is_at_the_second_rung_within_two_minutes() -> None:
    ladder = DEFAULT.security["critical"]
    assert ladder is not None
    calls = climbed(ladder, frozenset(DUTIES))
    assert [(one.duty, (at - NOW).total_seconds()) for at, one in calls[:4]] == [
        ("officer", 0), ("site_lead", 90), ("province", 270), ("province", 570),
    ]  # fmt: skip


@given(st.floats(-7200, 7200))
def test_an_opening_in_the_future_postpones_nothing(offset: float) -> None:
    ladder = Ladder(rungs=(Rung(duty="technician", after_s=30),))
    assert first_at(ladder, NOW + timedelta(seconds=offset), NOW) <= NOW + timedelta(seconds=30)


def test_a_ladder_that_was_shortened_meanwhile_goes_on_with_its_last_rung() -> None:
    ladder = Ladder(rungs=(Rung(duty="officer"),), repeat_s=60)
    (call,) = climb(ladder, Place(2), NOW, lambda duty: True).calls
    assert call.place == Place(0, 1)


@given(st.floats(0, HANG_S), st.floats(0, HANG_S), st.floats(0, HANG_S))
def test_the_next_channel_begins_within_a_minute_however_long_each_try_hangs(a: float, b: float, c: float) -> None:
    """``a``, ``b``, ``c``: how long the tries take; the last one that is made ends in time."""
    begun, tries = NOW, 0
    for attempt, took in enumerate((a, b, c), 1):
        failed = begun + timedelta(seconds=took)
        tries += 1
        again = again_at(attempt, NOW, failed)
        if again is None:
            break
        begun = again
    assert (failed - NOW).total_seconds() <= NEXT_CHANNEL_S
    assert tries <= len(RETRIES_S) + 1
