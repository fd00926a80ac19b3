"""Row 20: the host's clock is set by an hour, and the zone's clocks change, through recorder, files and API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.clocks import ManualClock
from tests.support.figures import Figures
from tests.support.footage import encode
from tests.support.scripted_packets import ScriptedPacket
from tests.support.scripted_recording import ScriptedRecording, ScriptedStream
from tests.support.web_app import WebApp, web_app
from vms.bus import subjects
from vms.domain.facility import Facility
from vms.domain.schedule import Schedule
from vms.ingest.stream import TIMESCALE
from web.cameras.reports import Reports
from web.cameras.view import judge

pytestmark = pytest.mark.faults

#: New York goes back at 06:00 UTC: 01:30 comes twice.
FALL = datetime.fromisoformat("2025-11-02T05:44:10Z").timestamp()
FPS, GOP = 2, 4
FOOTAGE = encode("h264", (64, 48), frames=40, fps=1, gop=GOP)
NEW_YORK = ZoneInfo("America/New_York")


def facility() -> Facility:
    camera = {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x"}}
    return Facility.model_validate(
        {
            "facility": {"name": "F", "timezone": "America/New_York"},
            "sites": [{"id": "s", "name": "S", "location": [9.7, 105.4], "cameras": [camera]}],
        }
    )


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The whole process lives there, not only the facility."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.delenv("TZ")
    time.tzset()


class Host:
    """Recorder and web on one host, whose clock is set under both; a look at the states every two seconds."""

    def __init__(self, recording: ScriptedRecording, web: WebApp, clock: ManualClock) -> None:
        self.recording, self.web, self.clock = recording, web, clock
        self.sent = 0
        self.states: list[tuple[str, str, float]] = []
        self._reports = Reports(clock, lambda _revision: None)

    def record(self, seconds: float, steps: dict[float, float]) -> None:
        """One session; ``steps``: at which second the clock is set by how much."""
        assert self.recording.play(ScriptedStream(self._frames(seconds, dict(steps)))) == "ended"

    def _frames(self, seconds: float, steps: dict[float, float]) -> Iterator[ScriptedPacket]:
        for number in range(int(seconds * FPS)):
            for at in [at for at in steps if at <= number / FPS]:
                self.clock.step(steps.pop(at))
            self.clock.advance(1 / FPS)
            pts = number * TIMESCALE // FPS
            yield ScriptedPacket(FOOTAGE[number % len(FOOTAGE)].payload, pts)
            self.sent += 1
            if number % 4 == 0 and number > 40:
                self._look()

    def _look(self) -> None:
        """The heartbeat arrives, and web says what it makes of it."""
        state = self.recording.recorder.state(1)
        self._reports.take(subjects.state_key("s", "c", "recorder"), state.encode())
        report = self._reports.recorder("s", "c")
        assert report is not None
        self.states.append((state.status, judge(self.recording.camera, report, None)[0], state.silent_s or 0.0))

    def never_dark(self) -> bool:
        """What the recorder said and what web made of it, and that no picture was ever said to be old."""
        return all((told, made) == ("recording", "recording") and age < 2 for told, made, age in self.states)

    async def timeline(self, start: float, end: float) -> dict[str, Any]:
        await self.web.take(self.recording.told())
        return await self.web.timeline("c", start, end)


def spans(body: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((one["start"], one["end"]) for one in (*body["segments"], *body["gaps"]))


def seconds(one: dict[str, Any]) -> float:
    return (datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"])).total_seconds()


@pytest.mark.parametrize("step", [3600.0, -3600.0])
async def test_a_clock_set_by_an_hour_overwrites_nothing_and_darkens_nobody(
    tmp_path: Path, new_york: None, figure: Figures, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    clock = ManualClock(FALL)
    async with web_app(tmp_path, facility(), clock, monkeypatch) as web:
        recording = ScriptedRecording(tmp_path, facility().sites[0].cameras[0], clock)
        recording.start()
        host = Host(recording, web, clock)
        host.record(420, {200: step})
        recording.check_files()
        segments = recording.segments()
        before, after = sorted({one.run for one in segments}, key=[one.run for one in segments].index)
        # Not a picture is lost, not a byte overwritten, whatever they are called.
        assert sum(one.frames for one in segments) == host.sent
        assert sum(len(recording.pictures(one)) for one in segments) == host.sent
        assert host.never_dark()
        for run in (before, after):
            assert all(b.start == a.end for a, b in pairwise([one for one in segments if one.run == run]))
        body = await host.timeline(FALL, FALL + 420 + max(0.0, step))
        assert all(a[1] == b[0] for a, b in pairwise(spans(body)))
        clock_gaps = [gap for gap in body["gaps"] if gap["reason"] == "clock"]
        if step > 0:
            (gap,) = clock_gaps
            assert gap["cause"] == "recorder"
            assert seconds(gap) == pytest.approx(step, abs=GOP / FPS)
            assert body["overlaps"] == []
        else:
            assert clock_gaps == []  # no label is without footage
            back = await host.timeline(FALL + 200 + step - 60, FALL + 420 + step)
            assert {one["id"] for one in (*back["segments"], *back["overlaps"])} == {
                one.id for one in segments if one.run == after
            }
        figure(
            20,
            f"clock {step:+.0f} s: pictures lost, cameras told offline",
            "0, 0",
            "nothing overwritten, no false offline",
        )


async def test_a_clock_set_back_a_little_shows_one_recording_and_names_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(FALL)
    async with web_app(tmp_path, facility(), clock, monkeypatch) as web:
        recording = ScriptedRecording(tmp_path, facility().sites[0].cameras[0], clock)
        recording.start()
        host = Host(recording, web, clock)
        host.record(600, {400: -200})
        body = await host.timeline(FALL, clock.utc())
        assert all(a[1] == b[0] for a, b in pairwise(spans(body)))
        known = {one["id"] for one in (*body["segments"], *body["overlaps"])}
        assert known == {one.id for one in recording.segments()}
        assert sum(seconds(one) for one in body["overlaps"]) == pytest.approx(200, abs=70)  # whole files


async def test_a_host_that_starts_in_1970_is_set_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No battery: what was recorded meanwhile is kept, and every gap of the past keeps its cause."""
    clock = ManualClock(FALL)
    async with web_app(tmp_path, facility(), ManualClock(FALL), monkeypatch) as web:
        recording = ScriptedRecording(tmp_path, facility().sites[0].cameras[0], clock)
        recording.start()
        host = Host(recording, web, clock)
        host.record(60, {})
        clock.advance(60)
        recording.sink.trouble("unreachable", "")
        host.record(60, {})
        recording.stop()
        stopped = clock.utc()
        clock.step(100 - stopped)
        recording.start()
        host.record(120, {60: stopped + 600 - 160})
        recording.check_files()
        assert sum(one.frames for one in recording.segments()) == host.sent
        web.clock.step(clock.utc() - web.clock.utc())
        body = await host.timeline(FALL, clock.utc())
        told = [(gap["cause"], gap["reason"], round(seconds(gap), -1)) for gap in body["gaps"] if seconds(gap) > 5]
        assert told == [("network", "unreachable", 60), ("recorder", "clock", 600)]
        early = await web.timeline("c", 0, 1000)
        assert sum(map(seconds, early["segments"])) == pytest.approx(60, abs=5)


async def test_a_slewed_clock_cuts_nothing(tmp_path: Path) -> None:
    """500 ppm, the most that a time server's client does by slewing, move both clocks of the host."""
    clock = ManualClock(FALL)
    recording = ScriptedRecording(tmp_path, facility().sites[0].cameras[0], clock)
    recording.start()

    def frames() -> Iterator[ScriptedPacket]:
        for number in range(FPS * 1500):
            clock.advance(1 / FPS * (1 + 500e-6))
            pts = number * TIMESCALE // FPS
            yield ScriptedPacket(FOOTAGE[number % len(FOOTAGE)].payload, pts)

    recording.play(ScriptedStream(frames()))
    segments = recording.segments()
    assert len({one.run for one in segments}) == 1
    assert all(b.start == a.end for a, b in pairwise(segments))
    assert segments[-1].end is not None
    # The end of the last picture is a guess; 0.75 s is what nobody following the clock would be wrong by.
    assert segments[-1].end.timestamp() == pytest.approx(clock.utc(), abs=0.1 + 1 / FPS)


async def test_the_hour_that_comes_twice_is_recorded_once(
    tmp_path: Path, new_york: None, figure: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(FALL)
    async with web_app(tmp_path, facility(), clock, monkeypatch) as web:
        recording = ScriptedRecording(tmp_path, facility().sites[0].cameras[0], clock)
        recording.start()
        host = Host(recording, web, clock)
        host.record(25 * 60, {})
        local = [one.start.astimezone(NEW_YORK).strftime("%H:%M") for one in recording.segments()]
        assert local.count("01:45") == 1  # the zone's second 01:45 is still to come
        assert ("01:59", "01:00") in set(pairwise(local))
        names = [Path(one.path).stem for one in recording.segments()]
        assert names == sorted(set(names))
        body = await host.timeline(FALL, clock.utc())
        assert [gap for gap in body["gaps"] if seconds(gap) > GOP / FPS] == []
        assert all(a[1] == b[0] for a, b in pairwise(spans(body)))
        assert host.never_dark()
        figure(20, "zone's clocks go back: gaps, files doubled", "0, 0", "nothing overwritten, no false offline")


@pytest.mark.parametrize(("day", "hours"), [("2025-03-08", 6), ("2025-11-01", 8), ("2025-06-01", 7)])
def test_a_night_is_armed_by_the_clock_on_the_wall(day: str, hours: int) -> None:
    """22:00 to 05:00: an hour shorter in spring, an hour longer in autumn."""
    schedule = Schedule.parse("22:00-05:00")
    start = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=NEW_YORK).astimezone(ZoneInfo("UTC"))
    armed = [schedule.armed(start + timedelta(minutes=n), NEW_YORK) for n in range(24 * 60)]
    assert sum(armed) == hours * 60
