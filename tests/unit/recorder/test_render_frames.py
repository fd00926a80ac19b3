"""The picture of a moment is the frame of that moment: the burnt-in counter says which one was given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.render.footage import Footage, at_moment
from recorder.render.frames import (
    Choice,
    NoPicture,
    Picture,
    frame_before,
    key_before,
    key_within,
    render,
)
from tests.support.footage import encode
from tests.support.recorded import CAMERA, SITE, Recordings, counter_of, poison, width_of

START = 1_800_000_010.0
SIZE = (480, 270)
CODECS = [("h264", 0), ("h264", 2), ("hevc", 0), ("hevc", 2)]


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path)
    yield one
    one.close()


def film(one: Recordings, codec: str = "h264", bframes: int = 0, **how: int) -> float:
    """100 frames, a key frame each 25, 25 a second; when frame 0 was taken."""
    units = encode(codec, size=SIZE, bframes=bframes, counter=True, **{"frames": 100, **how})
    one.record(codec, units, START, SIZE)
    return START + units[0].pts / 90_000


def found(one: Recordings, at: float) -> Footage:
    footage = at_moment(one.root, SITE, CAMERA, at)
    assert footage is not None
    return footage


def make(footage: Footage, choice: Choice, width: int | None = None) -> Picture:
    return render(footage, choice, width=width, quality=90, give_up=lambda: False)


@pytest.mark.parametrize(("codec", "bframes"), CODECS)
def test_every_moment_gives_its_own_frame(recordings: Recordings, codec: str, bframes: int) -> None:
    start = film(recordings, codec, bframes)
    for number in (0, 1, 24, 25, 26, 27, 49, 50, 62, 75, 98, 99):
        for late in (0.001, 0.02, 0.038):
            at = start + number / 25 + late
            footage = found(recordings, at)
            picture = make(footage, frame_before(footage.ticks(at)))
            assert counter_of(picture.jpeg) == number, (number, late)
            assert picture.at == pytest.approx(start + number / 25, abs=0.001)


@pytest.mark.parametrize(("codec", "bframes"), CODECS)
def test_a_key_frame_will_do(recordings: Recordings, codec: str, bframes: int) -> None:
    start = film(recordings, codec, bframes)
    for number, key in ((0, 0), (24, 0), (25, 25), (49, 25), (99, 75)):
        at = start + number / 25 + 0.01
        footage = found(recordings, at)
        assert counter_of(make(footage, key_before(footage.ticks(at))).jpeg) == key, number


def test_a_slot_shows_its_first_key_frame_or_the_last_before_it(recordings: Recordings) -> None:
    start = film(recordings)
    footage = found(recordings, start)
    for first, end, key in ((-5, 5, 0), (0, 1, 0), (0.2, 3, 25), (1.1, 1.9, 25), (2, 9, 50), (3.5, 9, 75)):
        choice = key_within(footage.ticks(start + first - 0.001), footage.ticks(start + end))
        assert counter_of(make(footage, choice).jpeg) == key, (first, end)


def test_only_what_is_needed_is_decoded(recordings: Recordings) -> None:
    start = film(recordings)
    footage = found(recordings, start)
    asked: list[int] = []
    at = footage.ticks(start + 60 / 25 + 0.001)
    render(footage, frame_before(at), width=None, quality=50, give_up=lambda: bool(asked.append(1)))
    assert len(asked) == 11 - 1  # from the key frame 50 to 60, the first of which there always is time for


def test_a_width_bounds_and_never_enlarges(recordings: Recordings) -> None:
    start = film(recordings)
    footage = found(recordings, start)
    for width, seen in ((None, 480), (192, 192), (4096, 480), (65, 65)):
        picture = make(footage, frame_before(footage.ticks(start + 1)), width)
        assert (picture.width, width_of(picture.jpeg)) == (seen, seen)
    good = render(footage, frame_before(0), width=None, quality=95, give_up=lambda: False)
    poor = render(footage, frame_before(0), width=None, quality=30, give_up=lambda: False)
    assert len(poor.jpeg) < len(good.jpeg)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_poison_gives_no_picture_and_does_no_harm(recordings: Recordings, codec: str) -> None:
    start = film(recordings, codec)
    (path,) = recordings.files()
    footage = found(recordings, start)
    whole = path.read_bytes()
    poison(path)
    for number in (0, 30, 99):
        at = footage.ticks(start + number / 25 + 0.01)
        with pytest.raises(NoPicture, match="undecodable"):
            make(footage, frame_before(at))
    path.write_bytes(whole)
    assert counter_of(make(footage, frame_before(footage.ticks(start + 1.01))).jpeg) == 25


def test_one_damaged_picture_leaves_those_of_the_next_group_whole(recordings: Recordings) -> None:
    start = film(recordings)
    (path,) = recordings.files()
    footage = found(recordings, start)
    data = bytearray(path.read_bytes())
    data[data.index(b"mdat") + 20 : data.index(b"mdat") + 220] = bytes(range(200))
    path.write_bytes(data)
    assert counter_of(make(footage, frame_before(footage.ticks(start + 1.21))).jpeg) == 30


@pytest.mark.parametrize(("codec", "bframes"), CODECS)
def test_when_time_is_up_the_best_frame_until_then_is_given(recordings: Recordings, codec: str, bframes: int) -> None:
    """Of a group the end of which is never reached: a frame, its key frame at least, and when it was taken."""
    start = film(recordings, codec, bframes)
    footage = found(recordings, start)
    wanted = frame_before(footage.ticks(start + 47.5 / 25))
    for in_time in (0, 5, 12):
        looks = iter([False] * in_time)
        picture = render(footage, wanted, width=None, quality=90, give_up=lambda looks=looks: next(looks, True))
        number = counter_of(picture.jpeg)
        assert number is not None
        assert picture.hurried
        assert 25 <= number <= 25 + in_time + bframes
        assert number >= 25 + in_time - bframes
        assert picture.at == pytest.approx(start + number / 25, abs=0.001)
    assert not make(footage, wanted).hurried


def test_a_file_that_goes_away_is_no_footage(recordings: Recordings) -> None:
    start = film(recordings)
    footage = found(recordings, start)
    footage.path.unlink()
    with pytest.raises(NoPicture, match="no_footage"):
        make(footage, frame_before(footage.ticks(start)))
