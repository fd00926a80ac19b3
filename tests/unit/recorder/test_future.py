"""A host's clock was ahead once: what it labelled is kept, and hides nothing that is missing since."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder import journal
from recorder.index.rebuild import rebuild
from recorder.recovery import recover, unexplained
from tests.support.life import Life
from vms.domain.clock import from_epoch
from vms.domain.messages import Gap, Segment

MONTH = 30 * 86400


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A camera that was recorded for some minutes and killed; a minute later nobody runs it yet."""
    one = Life(tmp_path)
    one.play(25 * 70)
    one.kill()
    one.clock.advance(60)
    yield one
    one.close()


def root(life: Life) -> Path:
    return life.data / "recordings"


def plant_a_file_of_the_future(life: Life) -> None:
    """As the recorder would have named and journaled it."""
    (day,) = journal.days(root(life), "s", "c")
    line = next(line for line in map(json.loads, day.read_bytes().splitlines()) if line["type"] == "closed")
    one = Segment.model_validate(line)
    assert one.end is not None
    stamp = "20270214T080000000Z"
    later = one.model_copy(
        update={
            "id": f"c.{stamp}", "path": f"s/c/2027-02-14/08/{stamp}.mp4", "start": from_epoch(1_802_592_000),
            "end": from_epoch(1_802_592_000 + (one.end - one.start).total_seconds()),
        }
    )  # fmt: skip
    (root(life) / later.path).parent.mkdir(parents=True)
    shutil.copy(root(life) / one.path, root(life) / later.path)
    journal.append(root(life), "opened", later.model_copy(update={"end": None}))
    journal.append(root(life), "closed", later)


def reasons(life: Life) -> list[tuple[str | None, bool]]:
    return [
        (gap.reason, gap.end is None) for gap in life.told()[1] if gap.reason != "starting" and gap.end != gap.start
    ]


def crash_of(life: Life) -> Gap:
    (gap,) = [gap for gap in life.told()[1] if gap.reason == "crashed"]
    return gap


def test_a_file_of_the_future_hides_no_crash(life: Life) -> None:
    plant_a_file_of_the_future(life)
    life.again()
    assert reasons(life) == [("crashed", True)]
    segments = life.told()[0]
    assert len(segments) == 3
    assert not any(one.run.startswith("found-") for one in segments), "its opening was journaled, and read"
    assert life.alive_until is not None
    assert abs(crash_of(life).start.timestamp() - life.alive_until) < 0.5


def test_neither_does_a_folder_of_no_day(life: Life) -> None:
    (day,) = journal.days(root(life), "s", "c")
    odd = day.parent.with_name("9999-99-99")
    odd.mkdir()
    shutil.copy(day, odd)
    assert journal.days(root(life), "s", "c") == [day]
    life.again()
    assert reasons(life) == [("crashed", True)]
    assert not any(one.run.startswith("found-") for one in life.told()[0])


def test_a_file_that_was_left_growing_in_the_future_is_mended_by_its_line(life: Life) -> None:
    plant_a_file_of_the_future(life)
    (later,) = root(life).glob("*/*/2027-02-14/*/*.mp4")
    later.rename(later.with_suffix(".part"))
    day = root(life) / "s/c/2027-02-14/journal.jsonl"
    day.write_bytes(day.read_bytes().splitlines(keepends=True)[0])
    found = recover(root(life), "s", "c", now=life.clock.utc())
    assert later.exists()
    assert len(found.mended) == 2
    assert not any(one.run.startswith("found-") for one in found.mended)
    assert found.end is not None
    assert found.end < life.clock.utc()


@pytest.mark.parametrize("reason", ["unexplained", "clock"])
def test_a_gap_into_the_future_lasts_until_something_else_begins(life: Life, reason: str) -> None:
    """As an older start journaled it, or a clock that was ahead and is no longer."""
    life.again()
    life.play(100)
    life.lose("unreachable")
    life.wait(30)
    life.settle()
    (outage,) = [gap for gap in life.told()[1] if gap.reason == "unreachable"]
    start, end = from_epoch(outage.start.timestamp() - 90), from_epoch(life.clock.utc() + MONTH)
    journal.append(root(life), "gap", unexplained("s", "c", "local", start, end, reason))
    life.kill()
    life.clock.advance(60)
    life.again()
    assert (reason, True) not in reasons(life)
    told = life.told()[1]
    assert [gap for gap in told if gap.end is not None and gap.end > from_epoch(life.clock.utc())] == []
    assert ("unreachable", False) in reasons(life)
    assert reasons(life)[-1] == ("crashed", True)


def test_a_clock_that_was_never_set_takes_nothing_for_the_future(life: Life) -> None:
    found = recover(root(life), "s", "c", now=300.0)
    assert found.end is not None
    assert abs(found.end - (life.alive_until or 0)) < 0.5


def test_a_rebuild_finds_no_hole_that_reaches_the_future(life: Life) -> None:
    plant_a_file_of_the_future(life)
    now = from_epoch(life.clock.utc())
    for _ in range(2):
        *_, done = rebuild(root(life), "s", "c", "local", now=now, alone=True)
    assert done.gaps_mended == 0
    assert reasons(life) == [("crashed", True)]
    assert crash_of(life).start < now


@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_file_with_nothing_whole_is_no_end_of_footage(tmp_path: Path, rebuilt: bool) -> None:
    """A power cut: zeros in the second half of a file, and the next one opened, and not there."""
    life = Life(tmp_path)
    try:
        life.play(100)
        life.kill()
        (part,) = root(life).glob("**/*.part")
        half = part.stat().st_size // 2
        torn = part.with_suffix(".torn")
        torn.write_bytes(part.read_bytes()[:half] + bytes(half))
        torn.replace(part)  # another file: nobody has it locked
        (opened,) = {e.record.id: e.record for e in journal.read(journal.days(root(life), "s", "c")[0])
                     if isinstance(e.record, Segment)}.values()  # fmt: skip
        stamp, start = "20270115T080010000Z", from_epoch(opened.start.timestamp() + 10)
        following = opened.model_copy(
            update={"id": f"c.{stamp}", "path": opened.path.replace(part.stem, stamp), "start": start}
        )
        journal.append(root(life), "opened", following)
        life.clock.advance(60)
        if rebuilt:
            list(rebuild(root(life), "s", "c", "local", now=from_epoch(life.clock.utc()), alone=True))
        life.again()
        (first,) = [one for one in life.told()[0] if one.bytes]
        assert first.id == opened.id
        assert crash_of(life).start == first.end
    finally:
        life.close()
