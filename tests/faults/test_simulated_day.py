"""A day of every camera through the real recorder, and what the API says of it beside a plan made before.

Row 25's release gate in short: an unreported gap of 0 s. The short form is three hours of four cameras.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from recorder import segment_file
from recorder.retention.account import Account
from recorder.retention.deletion import Deleter
from recorder.retention.holds import Holds
from recorder.retention.sweeper import Sweeper
from tests.support.clocks import ManualClock
from tests.support.figures import Figures
from tests.support.footage import encode
from tests.support.scripted_recording import ScriptedRecording
from tests.support.simulated_day import CONNECT_S, Outage, Plan, SimulatedCamera, Step, make_plan
from tests.support.web_app import web_app
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.facility import Facility
from vms.domain.footage import LONGEST_S
from vms.domain.holds import Hold, HoldList
from vms.domain.messages import Gap

pytestmark = pytest.mark.faults

#: 2 November 2025: New York's clocks go back at 06:00 UTC, and have 01:30 twice.
DAY = datetime.fromisoformat("2025-11-02T04:00:00Z").timestamp()
HOUR = 3600.0
KEPT_DAYS = 2
SEED = 20251102


#: Subject, id and payload of each announcement.
Told = list[tuple[str, str, bytes]]


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose syncs cost nothing: a day has four million; and a process that lives in New York."""
    shm = Path("/dev/shm")
    folder = shm / f"vms-{tmp_path.name}-{time.monotonic_ns()}" if shm.is_dir() else tmp_path / "day"
    folder.mkdir()
    monkeypatch.setattr(segment_file, "RESERVE_BYTES", 64 * 1024)  # memory is really given, not only promised
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield folder
    monkeypatch.delenv("TZ")
    time.tzset()
    shutil.rmtree(folder)


def facility(cameras: int) -> Facility:
    listed = [
        {"id": f"cam-{n}", "name": f"Cổng {n}", "placement": "gate", "streams": {"main": "rtsp://h/main"}}
        for n in range(cameras)
    ]
    return Facility.model_validate(
        {
            "facility": {"name": "Thử", "timezone": "America/New_York"},
            "retention": {"days": KEPT_DAYS},
            "sites": [{"id": "s", "name": "Khu 1", "location": [9.7, 105.4], "cameras": listed}],
        }
    )


def plan_of(dice: random.Random, long: bool) -> Plan:
    """What happens to all cameras, and what to this one."""
    if long:
        shared = [
            Outage(3.2 * HOUR, 3.2 * HOUR + 45, "restart"),
            Outage(7.0 * HOUR, 7.0 * HOUR + 600, "disk"),
            Outage(11.5 * HOUR, 11.5 * HOUR + 40, "kill"),
            Outage(20.0 * HOUR, 20.0 * HOUR + 45, "kill"),
        ]
        return make_plan(dice, 24 * HOUR, shared, [Step(9 * HOUR, HOUR), Step(16 * HOUR, -HOUR)], 12)
    shared = [
        Outage(0.3 * HOUR, 0.3 * HOUR + 45, "kill"),
        Outage(0.9 * HOUR, 0.9 * HOUR + 240, "disk"),
        Outage(1.4 * HOUR, 1.4 * HOUR + 40, "restart"),
    ]
    return make_plan(dice, 3 * HOUR, shared, [Step(1.2 * HOUR, 600), Step(2.5 * HOUR, -600)], 3)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() - DAY


def told(plan: Plan, gaps: list[dict[str, Any]]) -> list[tuple[float, float, str]]:
    """The API's gaps; what passes between an outage's end and the first picture may be told apart from it."""
    found: list[tuple[float, float, str]] = []
    for gap in gaps:
        start, end, cause = moment(gap["start"]), moment(gap["end"]), gap["cause"]
        assert cause != "unknown"
        if found and found[-1][1] == start and end - start <= plan.tolerance:
            start, cause = found[-1][0], found.pop()[2]
        found.append((start, end, cause))
    return found


def compare(plan: Plan, body: dict[str, Any], span: float) -> list[float]:
    """How far each boundary is from the plan (seconds); fails for a gap too many, too few, or wrongly explained."""
    spans = sorted((one["start"], one["end"]) for one in (*body["segments"], *body["gaps"]))
    assert spans[0][0] == body["start"]
    assert spans[-1][1] == body["end"]
    assert moment(body["end"]) == pytest.approx(span, abs=0.001)
    assert all(a[1] == b[0] for a, b in pairwise(spans)), "a hole, or two that overlap"
    first, *found = told(plan, body["gaps"])
    assert first[0] == 0, "from its configuration to its first picture"
    assert first[1] <= CONNECT_S + plan.tolerance
    expected = plan.expected()
    assert [gap[2] for gap in found] == [gap[2] for gap in expected], (found, expected)
    off = [abs(gap[side] - want[side]) for gap, want in zip(found, expected, strict=True) for side in (0, 1)]
    assert max(off, default=0) <= plan.tolerance, (found, expected)
    return off


def retain(data: Path, facility: Facility, recording: ScriptedRecording, old: float, kept: tuple[float, float]) -> Told:
    """The real retention of a day's footage, at the moment when what ends before ``old`` is too old."""
    clock = ManualClock(old + KEPT_DAYS * 24 * HOUR)
    camera = recording.camera.id
    told: Told = []
    held = Hold(id="h", cameras=(camera,), start=from_epoch(kept[0]), end=from_epoch(kept[1]), until=None)
    holds = Holds(data / f"holds-{camera}.json", clock)
    holds._keep(HoldList(revision=1, at=from_epoch(old), holds=(held,)))
    holds.read_at = clock.monotonic()

    def tell(gap: Gap) -> None:
        name = f"{gap.id}.{len(told)}"
        told.append((subjects.stored(recording.site, camera, "gap"), name, gap.encode()))

    deleter = Deleter(recording.root, data / f"note-{camera}", "local", holds, tell)
    account = Account(recording.root, data / f"count-{camera}.json")
    sweeper = Sweeper(recording.root, deleter, account, holds, clock, lambda _seconds: False)
    sweeper.configure(facility)
    sweeper.by_age(lambda: True)
    return told


def check_retained(
    before: dict[str, Any], after: dict[str, Any], files: dict[str, tuple[float, float]], there: set[str], old: float,
    kept: tuple[float, float],
) -> int:  # fmt: skip
    """What is old and not held is gone and says so, all else is as it was; how many files are gone."""
    gone = {path: span for path, span in files.items() if path not in there}
    for path, (start, end) in files.items():
        held = start < kept[1] and end > kept[0]
        # By its name alone a file may be as long as files get: what lies so close is spared with the rest.
        spared = kept[0] - LONGEST_S - 60 < start < kept[1] + 60 or old - LONGEST_S - 60 < start
        assert (path in gone) == (end <= old and not held) or (spared and path not in gone), (path, start, end)
    spans = sorted((one["start"], one["end"]) for one in (*after["segments"], *after["gaps"]))
    assert (spans[0][0], spans[-1][1]) == (before["start"], before["end"])
    assert all(a[1] == b[0] for a, b in pairwise(spans)), "a hole, or two that overlap"
    edges = sorted({e for body in (before, after) for kind in ("segments", "gaps") for e in ends_of(body[kind])})
    for a, b in pairwise(edges):
        at = (a + b) / 2
        if b - a > 0.005:  # labels are told to the millisecond
            said = kind_at(after, at)
            if any(start <= at + DAY < end for path, (start, end) in files.items() if path in there):
                assert said == "footage", (at, said)
            elif any(start <= at + DAY < end for start, end in gone.values()):
                assert said == "deleted", (at, said)
            else:
                assert said == kind_at(before, at), (at, said)
    return len(gone)


def ends_of(spans: list[dict[str, Any]]) -> list[float]:
    return [moment(one[side]) for one in spans for side in ("start", "end")]


def kind_at(body: dict[str, Any], at: float) -> str:
    """``footage``, or the cause of its absence."""
    if any(moment(one["start"]) <= at < moment(one["end"]) for one in body["segments"]):
        return "footage"
    return str(next(one["cause"] for one in body["gaps"] if moment(one["start"]) <= at < moment(one["end"])))


async def test_a_day_of_every_camera_is_told_without_a_hole(
    memory: Path, figure: Figures, long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras = 115 if long else 4
    configured = facility(cameras)
    web_clock = ManualClock(DAY)
    dice = random.Random(SEED)
    worst, gaps, segments, deleted = 0.0, 0, 0, 0
    async with web_app(memory, configured, web_clock, monkeypatch) as web:
        for site, camera in configured.cameras():
            plan = plan_of(random.Random(dice.random()), long)
            clock = ManualClock(DAY)
            recording = ScriptedRecording(memory, camera, clock, site.id)
            footage = encode("h264", (64, 48), frames=16, fps=1, gop=plan.gop)
            SimulatedCamera(plan, recording, clock, footage).live()
            recording.stop()
            recording.check_files()
            await web.take(recording.told())
            span = plan.label(plan.length) - plan.tolerance
            web_clock.step(DAY + span - web_clock.utc())
            body = await web.timeline(camera.id, DAY, DAY + 48 * HOUR)
            worst = max(worst, *compare(plan, body, span))
            gaps, segments = gaps + len(body["gaps"]), segments + len(body["segments"])
            files = {one.path: (one.start.timestamp(), one.end.timestamp()) for one in recording.segments() if one.end}
            # Nine tenths of the day grow too old, ten minutes of them are held.
            old = DAY + plan.label(0.9 * plan.length)
            kept = DAY + plan.label(0.5 * plan.length), DAY + plan.label(0.5 * plan.length) + 600
            await web.take(retain(memory, configured, recording, old, kept))
            there = {str(path.relative_to(recording.root)) for path in recording.root.glob("**/*.mp4")}
            after = await web.timeline(camera.id, DAY, DAY + 48 * HOUR)
            deleted += check_retained(body, after, files, there, old, kept)
            shutil.rmtree(recording.root)
    hours = 24 if long else 3
    what = f"simulated day: {cameras} cameras, {hours} h, clock steps, DST, crash, full disk, retention beside a hold"
    told_of = f"0 s unreported; {segments} segments, {gaps} gaps, boundaries ± {worst:.1f} s; {deleted} files deleted"
    figure(25, what, told_of, "0 s unreported")
