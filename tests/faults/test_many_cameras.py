"""Many cameras at once: all away and back together, and lines that flap for half an hour."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from recorder import journal
from tests.support.proxy import proxy
from tests.support.spans import uncovered
from tests.support.waiting import wait_until
from vms.bench.load import Load, load
from vms.bench.sides import recorder
from vms.bench.streams import encode_loop
from vms.domain.messages import Gap, Segment

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("load") / "loop.mp4"
    encode_loop(path, (320, 180), 100_000)
    return path


def records(data: Path, name: str) -> list[Segment | Gap]:
    """Each as it was told last."""
    days = journal.days(data / "recordings", "bench", name)
    return list({entry.record.id: entry.record for day in days for entry in journal.read(day)}.values())


def test_all_cameras_come_back_at_once(tmp_path: Path, loop: Path, figure: Any, long: bool) -> None:
    cameras, away_s = (115, 30.0) if long else (16, 4.0)
    data = tmp_path / "data"
    data.mkdir()
    back: dict[str, float] = {}
    with load(loop, cameras) as first, recorder(first, data) as side:
        first.until_playing()
        settled = time.monotonic() + 4  # a run's labels stand, so that gaps begin where footage ended
        wait_until(lambda: time.monotonic() > settled, 5)
        first.kill()
        gone = time.monotonic()
        wait_until(lambda: time.monotonic() > gone + away_s, away_s + 1)
        restored = time.monotonic()
        with load(loop, cameras, first.port) as second:

            def all_back() -> bool:
                now = time.monotonic() - restored
                back.update({n: now for n, one in second.counts().items() if one.playing and n not in back})
                return len(back) == cameras

            wait_until(all_back, 60, "every camera is pulled again")
            settled = time.monotonic() + 4
            wait_until(lambda: time.monotonic() > settled, 5)
            counts = second.finish()
            side.finish()
    times = sorted(back.values())
    sessions = max(one.plays for one in counts.values())
    crowd = max(sum(t <= other < t + 0.5 for other in times) for t in times)
    figure(
        12,
        f"{cameras} cameras come back at once",
        f"all pulled again {times[-1]:.1f} s after their server began (away {away_s:g} s), the first after "
        f"{times[0]:.1f} s, at most {crowd} within half a second; sessions a stream: {sessions}",
        "≤ 60 s; jittered; one session a stream",
        "1",
    )
    assert sessions == 1
    assert crowd < cameras
    for name in counts:
        told = records(data, name)
        assert [gap for gap in told if isinstance(gap, Gap) and gap.end is not None], name
        missing, _ = uncovered(told)
        assert round(missing, 2) == 0, name


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    rss: int
    descriptors: int
    threads: int
    zombies: int

    @classmethod
    def by(cls, pid: int) -> Held:
        process = psutil.Process(pid)
        zombies = sum(child.status() == psutil.STATUS_ZOMBIE for child in process.children(recursive=True))
        return cls(process.memory_info().rss, process.num_fds(), process.num_threads(), zombies)


class Through(Load):
    """The load's cameras, at another port."""

    def __init__(self, source: Load, port: int) -> None:
        self.cameras, self.port = source.cameras, port


def test_lines_that_flap(tmp_path: Path, loop: Path, figure: Any, long: bool) -> None:
    cameras, every_s, warm, cuts = (8, 5.0, 36, 360) if long else (8, 1.0, 6, 10)
    data = tmp_path / "data"
    data.mkdir()
    with load(loop, cameras) as source, proxy(source.port) as line, recorder(Through(source, line.port), data) as side:
        (pid,) = side.pids

        def flap(times: int) -> Held:
            for _ in range(times):
                line.cut()
                due = time.monotonic() + every_s
                wait_until(lambda due=due: time.monotonic() > due, every_s + 1)
            wait_until(lambda: all(one.playing for one in source.counts().values()), 30, "all are pulled again")
            return Held.by(pid)

        source.until_playing()
        before = flap(warm)
        began = sum(one.plays for one in source.counts().values())
        after = flap(cuts)
        sessions = sum(one.plays for one in source.counts().values()) - began
        assert side.ended() == 0
    grown = 100 * (after.rss / before.rss - 1)
    figure(
        13,
        f"lines that flap every {every_s:g} s",
        f"{cuts} cuts, {sessions} sessions of {cameras} cameras: RSS {grown:+.1f} %, descriptors {before.descriptors} "
        f"→ {after.descriptors}, threads {before.threads} → {after.threads}, zombies {after.zombies}",
        "RSS + < 5 %; flat; none",
        f"{cuts * every_s / 60:.1f} min",
    )
    assert sessions > cuts
    assert after.zombies == 0
    assert after.descriptors <= before.descriptors + cameras  # whose file is not open yet
    assert after.threads <= before.threads + 5
    assert grown < (5 if long else 15)
