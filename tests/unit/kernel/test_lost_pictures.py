"""One session with scripted losses: what is left of a picture, and holes over which packets were missed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.support.clocks import ManualClock
from tests.support.footage import Unit, encode
from tests.support.sinks import RecordingSink
from vms.ingest.session import Session
from vms.ingest.stream import TIMESCALE
from vms.media import nal
from vms.media.nal import ParameterSets

UNITS = encode("h264", (64, 96), frames=100, extra=(("slices", "3"),))  # a key frame each second


class Played:
    """A session, and what came of it."""

    def __init__(self) -> None:
        self.clock, self.sink = ManualClock(), RecordingSink()
        self.session = Session("h264", ParameterSets((), (), ()), self.sink, self.clock)
        self.seen = 0

    def picture(self, parts: Iterable[bytes], pts: int, missed: int = 0) -> None:
        self.clock.advance(1 / 25)
        for part in parts:
            self.seen += self.session.take(part, pts, missed=missed)

    def end(self) -> None:
        self.session.flush()
        self.session.end("ended")


def slices(unit: Unit) -> list[bytes]:
    """What stands before them comes with the first of them."""
    parts = list(nal.split(unit.payload))
    first = next(i for i, p in enumerate(parts) if nal.is_picture("h264", nal.kind("h264", p)))
    head = b"".join(b"\x00\x00\x00\x01" + p for p in parts[: first + 1])
    return [head, *(b"\x00\x00\x00\x01" + p for p in parts[first + 1 :])]


@pytest.mark.parametrize("apart", [True, False], ids=["slices apart", "slices together"])
def test_what_is_left_of_a_picture_belongs_to_no_other(apart: bool) -> None:
    """First slices are lost again and again, at first while a picture is held because it may have further parts."""
    lost = (5, 30, 33, 60, 98)
    played = Played()
    for number, unit in enumerate(UNITS):
        left = slices(unit)[number in lost :]
        played.picture(left if apart else [b"".join(left)], unit.pts)
    played.end()
    assert [reason for _, reason in played.sink.ends] == ["ended"]
    assert [list(nal.split(p.payload)) for _, p in played.sink.packets] == [
        list(nal.split(unit.payload)) for number, unit in enumerate(UNITS) if number not in lost
    ]
    told = [(p.pts, p.missed) for _, p in played.sink.packets if p.missed]
    assert told == [(UNITS[number + 1].pts, 2 if apart else 1) for number in lost]
    assert played.seen == (3 if apart else 1) * 95


def test_parts_of_pictures_alone_are_no_sign_of_life() -> None:
    played = Played()
    for unit in UNITS[:60]:
        played.picture([unit.payload], unit.pts)
    seen_at = played.session.arrival
    assert seen_at == played.clock.monotonic()
    for unit in UNITS[60:]:
        played.picture(slices(unit)[1:], unit.pts)
    assert played.session.arrival == seen_at


def test_a_picture_the_rest_of_which_comes_late_is_not_whole() -> None:
    """A camera that was trusted to send pictures whole takes them apart after all: resume at a key frame."""
    played = Played()
    for number, unit in enumerate(UNITS):
        played.picture(slices(unit) if number >= 60 else [unit.payload], unit.pts)
    played.end()
    assert [reason for _, reason in played.sink.ends] == ["corrupt", "ended"]
    assert [list(nal.split(p.payload)) for p in played.sink.of_run(1)] == [
        list(nal.split(unit.payload)) for unit in UNITS[75:]
    ]


def test_a_hole_over_which_packets_were_missed_is_told_as_such() -> None:
    """The line was full: the camera left four seconds out, and what it had kept came at once behind."""
    played = Played()
    for number, unit in enumerate(UNITS):
        late = number >= 50
        played.picture([unit.payload], unit.pts + late * 4 * TIMESCALE, 400 * late)
    played.end()
    assert [reason for _, reason in played.sink.ends] == ["lost", "ended"]
    assert [(n, p.missed) for n, (_, p) in enumerate(played.sink.packets) if p.missed] == [(50, 400)]


def test_a_clock_that_is_an_hour_ahead_has_jumped_whatever_was_missed() -> None:
    played = Played()
    for number, unit in enumerate(UNITS):
        late = number >= 50
        played.picture([unit.payload], unit.pts + late * 3600 * TIMESCALE, late)
    played.end()
    assert [reason for _, reason in played.sink.ends] == ["camera_clock", "ended"]
