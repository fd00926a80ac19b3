"""A file that killed the process twice is left alone for a while; one that was only beside it is shown again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from recorder.render.suspects import ASIDE_S, Suspects
from tests.support.clocks import ManualClock

DEAD: list[contextlib.AbstractContextManager[None]] = []  # whoever is collected tidies up after all


def die_at_work(suspects: Suspects, *segments: str) -> None:
    """The process ends inside the decoder: nothing is tidied up."""
    for one in segments:
        DEAD.append(suspects.at_work(one))
        DEAD[-1].__enter__()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_twice_is_enough(tmp_path: Path, clock: ManualClock) -> None:
    for deaths in range(2):
        suspects = Suspects(tmp_path, clock)
        assert not suspects.aside("bad"), deaths
        die_at_work(suspects, "bad")
    suspects = Suspects(tmp_path, clock)
    assert suspects.aside("bad")
    assert not suspects.aside("good")
    assert Suspects(tmp_path, clock).aside("bad")  # a restart for another reason forgives nothing
    clock.advance(ASIDE_S + 1)
    assert not suspects.aside("bad")
    assert not Suspects(tmp_path, clock).aside("bad")


def test_work_that_ends_well_or_badly_leaves_no_trace(tmp_path: Path, clock: ManualClock) -> None:
    suspects = Suspects(tmp_path, clock)
    for _ in range(3):
        with suspects.at_work("a"), suspects.at_work("b"):
            assert len(list(tmp_path.glob("decoding-*"))) == 2
        with pytest.raises(ValueError, match="x"), suspects.at_work("a"):
            raise ValueError("x")
    assert list(tmp_path.glob("decoding-*")) == []
    assert not Suspects(tmp_path, clock).aside("a")


def test_all_that_were_in_work_are_suspects_once(tmp_path: Path, clock: ManualClock) -> None:
    die_at_work(Suspects(tmp_path, clock), "bad", "innocent")
    die_at_work(Suspects(tmp_path, clock), "bad", "other")
    suspects = Suspects(tmp_path, clock)
    assert [suspects.aside(one) for one in ("bad", "innocent", "other")] == [True, False, False]


def test_the_oldest_work_is_known(tmp_path: Path, clock: ManualClock) -> None:
    suspects = Suspects(tmp_path, clock)
    assert suspects.longest_s() == 0
    with suspects.at_work("a"):
        clock.advance(5)
        with suspects.at_work("b"):
            clock.advance(2)
            assert suspects.longest_s() == 7
    assert suspects.longest_s() == 0


def test_damaged_notes_and_a_disk_that_refuses_are_no_reason_not_to_work(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "deaths.json").write_text('{"a": 3, "b": [null]', encoding="utf-8")
    assert not Suspects(tmp_path, clock).aside("a")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    suspects = Suspects(tmp_path / "file", clock)
    with suspects.at_work("a"):
        assert not suspects.aside("a")
