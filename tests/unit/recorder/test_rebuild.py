"""The index from files and journals alone: what is there is found, and a second run adds nothing."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recorder import journal
from recorder.index.rebuild import Rebuilt, rebuild
from recorder.index.state import Found, cameras, days, look
from recorder.index.telling import spans
from tests.support.life import Life
from vms.domain.clock import from_epoch
from vms.domain.messages import Segment


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five minutes with an outage, over midnight."""
    data = tmp_path_factory.mktemp("data")
    life = Life(data)
    life.clock.advance(57_500)  # 23:58:20
    life.recorder.trouble("unreachable", "")  # type: ignore[union-attr]
    life.play(25 * 130)
    life.lose("unreachable")
    life.wait(60)
    life.play(25 * 70)
    life.stop()
    life.close()
    return data / "recordings"


@pytest.fixture
def root(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "recordings"))


def known(root: Path) -> Found:
    found = Found()
    for day in days(root, "s", "c"):
        look(root, "s", "c", day, found)
    return found


def mend(root: Path, *, alone: bool = True, verify: bool = False, now: datetime | None = None) -> Rebuilt:
    *_, done = rebuild(root, "s", "c", "local", now=now or from_epoch(1_900_000_000), alone=alone, verify=verify)
    return done


def told(root: Path) -> list[tuple[datetime, datetime | None, str]]:
    """What a timeline would be made of."""
    found = known(root)
    records = [(one.start, one.end, "footage") for one in found.segments.values() if one.bytes]
    records += [(one.start, one.end, one.cause) for one in found.gaps.values() if one.end != one.start]
    return sorted(records, key=lambda one: one[0])


def test_what_is_whole_stays_as_it_is(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.glob("**/*.*")}
    done = mend(root, verify=True)
    assert (done.taken_in, done.closed, done.missing, done.gaps_mended, done.unmended) == (0, 0, 0, 0, [])
    assert done.segments == len(list(root.glob("**/*.mp4"))) >= 5
    assert {path: path.read_bytes() for path in root.glob("**/*.*")} == before
    assert cameras(root) == [("s", "c")]


def test_without_any_journal_the_footage_is_where_it_was(root: Path) -> None:
    before = [one for one in told(root) if one[2] == "footage"]
    original = known(root).segments
    for path in root.glob("**/journal.jsonl"):
        path.unlink()
    done = mend(root)
    assert done.taken_in == done.segments == len(before)
    after = known(root).segments
    for name, one in after.items():
        for column in ("path", "codec", "width", "height", "frames", "bytes", "sha256", "timescale", "first_tfdt"):
            assert getattr(one, column) == getattr(original[name], column), column
        assert one.end is not None
        assert abs(one.start - original[name].start) < timedelta(milliseconds=2)
        assert abs(one.end - (original[name].end or one.end)) < timedelta(milliseconds=50)
    causes = [cause for _, _, cause in told(root)]
    assert causes.count("unknown") == 1, "the outage, of which nobody knows why"
    assert causes[-1] == "recorder"
    assert [one[1] for one in told(root)[:-1]] == [one[0] for one in told(root)[1:]], "no hole, no overlap"
    assert mend(root).taken_in == 0


def test_a_file_that_is_gone_is_a_gap_and_one_whose_deletion_was_cut_short_is_not(root: Path) -> None:
    first, second, *_ = sorted(root.glob("**/*.mp4"))
    gone = {one.path: one for one in known(root).segments.values()}
    lost, deleted = gone[str(first.relative_to(root))], gone[str(second.relative_to(root))]
    first.unlink()
    second.unlink()
    gap = next(iter(known(root).gaps.values()))
    why = gap.model_copy(update={"id": "d", "start": deleted.start, "end": deleted.end, "cause": "deleted"})
    journal.append(root, "gap", why)
    done = mend(root)
    assert (done.missing, done.unmended) == (1, [])
    holes = [one for one in known(root).gaps.values() if one.cause == "unknown"]
    assert [(one.start, one.end, one.reason) for one in holes] == [(lost.start, lost.end, "missing")]
    assert mend(root).missing == 0


def test_damage_of_every_kind_is_said(root: Path) -> None:
    one, other, *_ = sorted(root.glob("**/*.mp4"))
    data = bytearray(one.read_bytes())
    data[len(data) // 2] ^= 1
    one.write_bytes(data)
    other.write_bytes(other.read_bytes()[:-100])
    assert [path for path, _ in mend(root).unmended] == [str(other.relative_to(root))]
    assert {path for path, _ in mend(root, verify=True).unmended} == {
        str(path.relative_to(root)) for path in (one, other)
    }


def test_torn_and_foreign_lines_are_left_out_and_counted(root: Path) -> None:
    before = told(root)
    path = sorted(root.glob("**/journal.jsonl"))[0]
    line = json.loads(path.read_bytes().splitlines()[0])
    with path.open("ab") as file:
        file.write(json.dumps({**line, "camera": "other"}).encode() + b"\n")
        file.write(b'{"type": "gap", "id"')
    segment = next(iter(known(root).segments.values()))
    journal.append(root, "closed", segment.model_copy(update={"id": "c.x", "path": "../victim.mp4"}))
    assert mend(root).lines_refused == 3
    assert told(root) == before


def test_killed_anywhere_and_run_again_it_ends_the_same(root: Path, tmp_path: Path) -> None:
    for path in root.glob("**/journal.jsonl"):
        path.unlink()
    whole = Path(shutil.copytree(root, tmp_path / "whole"))
    mend(whole)
    written = b"".join(path.read_bytes() for path in sorted(whole.glob("**/journal.jsonl")))
    rng = random.Random(3)
    for number in range(12):
        copy = Path(shutil.copytree(root, tmp_path / f"copy-{number}"))
        left = rng.randrange(len(written))
        for path in sorted(whole.glob("**/journal.jsonl")):
            data = path.read_bytes()[:left]
            left -= len(data)
            if data:
                (copy / path.relative_to(whole)).write_bytes(data)
        mend(copy)
        assert told(copy) == told(whole)


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path)
    life.play(100)
    yield life
    life.close()


def test_beside_a_recorder_its_growing_file_and_its_last_minutes_are_left_to_it(growing: Life) -> None:
    root = growing.data / "recordings"
    (part,) = root.glob("**/*.part")
    journals = [path.read_bytes() for path in root.glob("**/journal.jsonl")]
    done = mend(root, alone=False, now=from_epoch(growing.clock.utc() + 3600))
    assert (done.left_to_recorder, done.closed, done.gaps_mended) == (1, 0, 0)
    assert part.exists()
    assert [path.read_bytes() for path in root.glob("**/journal.jsonl")] == journals
    growing.stop()
    assert mend(root, alone=False, now=from_epoch(growing.clock.utc())).closed == 0


def test_the_spans_that_are_told_leave_no_moment_out_and_hold_every_record(root: Path) -> None:
    now = from_epoch(1_900_000_000)
    some = list(spans(root, "s", "c", now))
    assert some[0].start.year == 1970
    assert [one.end for one in some[:-1]] == [one.start for one in some[1:]]
    assert some[-1].end == now - timedelta(minutes=2)
    for span in some:
        for one in (*span.segments, *span.gaps):
            assert span.start <= one.start < span.end
    names = {one.id for span in some for one in span.segments}
    assert names == {one.id for one in known(root).segments.values() if isinstance(one, Segment)}
