"""A rule over recorded stretches: the detector's own path, true times, an account of what could not be looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from video_script import write_video

from detectors import models
from detectors.analysis import Analysis
from detectors.catalogue import Source
from detectors.inference.adapters import Yolo11
from detectors.inference.motion import MotionBackend
from detectors.looker import Looker
from detectors.models import Model
from detectors.replay import Replay
from detectors.sampling.policy import Rates
from detectors.tryout import __main__ as program
from detectors.tryout.alerts import Alerts
from detectors.tryout.rerun import Account, Rerun
from detectors.tryout.stretches import reading
from recorder.render.footage import all_in_span
from tests.support import lamp_model
from tests.support.recorded import CAMERA, SITE, Recordings, poison
from tests.support.visits import FPS, SIZE, drawn, filmed
from vms.domain.facility import Camera
from vms.domain.tryouts import Fired, Job, Stretch
from vms.media.reading import SampleInfo
from vms.settings.environment import Environment

HOUR = 1_800_000_000.0 - 1_800_000_000.0 % 3600
VISITS = ((21.0, 29.0), (50.0, 58.0), (92.0, 97.0))
SECONDS = 130.0


def camera(**rule: object) -> Camera:
    return Camera.model_validate(
        {
            "id": CAMERA, "name": "Room", "placement": "corridor", "streams": {"main": "rtsp://camera/main"},
            "zones": [{"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            "rules": [{"id": "breach", "kind": "zone_breach", "zone": "all", **rule}],
        }
    )  # fmt: skip


@dataclass
class Tried:
    fired: list[Fired]
    account: Account

    def spans(self) -> list[tuple[float, float | None]]:
        """Start and end of each alert, in seconds after ``HOUR``."""
        return [(one.start.timestamp() - HOUR, one.end and one.end.timestamp() - HOUR) for one in self.fired]


def tried(stretches: Sequence[Stretch], one: Camera | None = None, zone: str = "UTC", *, keys: bool = False) -> Tried:
    looker: Looker[SampleInfo] = Looker(Analysis(SITE, one or camera(), ZoneInfo(zone)), Rates())
    rerun = Rerun(MotionBackend(), looker, keys)
    alerts, fired = Alerts(), {}
    for stretch in stretches:
        for events in rerun.over(stretch):
            fired.update(alerts.take(events))
    fired.update(alerts.still_open(looker.analysis.rules.open_alerts))
    assert len(alerts) == len(fired)
    account = rerun.account
    assert account.looked_s + account.lost_s == pytest.approx(sum(s.end - s.start for s in stretches), abs=1e-3)
    return Tried([fired[number] for number in sorted(fired)], account)


Make = Callable[[], Recordings]


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    yield one
    one.close()


def film(recordings: Recordings, visits: Sequence[tuple[float, float]] = VISITS, utc: float = HOUR,
         seconds: float = SECONDS) -> None:  # fmt: skip
    recordings.record("h264", filmed(tuple(visits), seconds), utc, SIZE)


def stretches(recordings: Recordings, start: float = 0, end: float = 3600) -> list[Stretch]:
    found = all_in_span(recordings.root, SITE, CAMERA, HOUR + start, HOUR + end)
    return [Stretch(path=str(one.path), start=begin, end=until, anchor=one.anchor, timescale=one.timescale)
            for one, begin, until in found]  # fmt: skip


def test_it_fires_as_the_detectors_own_path_does_over_the_same_footage(recordings: Recordings, tmp_path: Path) -> None:
    film(recordings)
    assert len(recordings.files()) == 3
    found = tried(stretches(recordings))
    video = tmp_path / "same.mp4"
    write_video(video, drawn(VISITS, SECONDS), FPS)
    replay = Replay(video, MotionBackend(), Analysis(SITE, camera(), ZoneInfo("UTC")), Rates(), HOUR)
    events = [event for seen in replay.run() for event in seen.events]
    opened = [event.at - HOUR for event in events if event.word == "opened"]
    ended = [event.ended_at - HOUR for event in events if event.word == "ended" and event.ended_at]
    # Moments of today are rounded coarser than those of a clock that began just now: a look may fall on the next frame.
    assert found.spans() == [pytest.approx(pair, abs=1.5 / FPS) for pair in zip(opened, ended, strict=True)]
    assert len(opened) == len(VISITS)
    assert [one.most for one in found.fired] == [event.alert.most for event in events if event.word == "ended"]
    looks = found.account.looks, found.account.inferences
    assert looks == pytest.approx((replay.samples, replay.inferences), abs=2)
    assert (found.account.looked_s, found.account.lost_s) == (pytest.approx(SECONDS, abs=0.2), 0)


def test_what_is_not_wanted_is_not_read(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    film(recordings, visits=())
    read: list[int] = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: read.append(size) or real(fd, size, at))
    # Of a breach all must be decoded, to tell it at once; for a count key frames do.
    crowd = camera(kind="occupancy", max=3)
    assert tried(stretches(recordings), crowd).spans() == []
    # The first look finds everything new, and the scene is watched closely for a few seconds.
    assert len(read) < 150 + 2 * SECONDS / 2


def test_a_schedule_is_that_of_the_recorded_time(recordings: Recordings) -> None:
    film(recordings)
    assert HOUR % 86_400 == 8 * 3600
    night = camera(schedule="14:59-15:01")  # 07:59 to 08:01 UTC: the first two visits
    assert len(tried(stretches(recordings), night, "Asia/Ho_Chi_Minh").fired) == 2
    assert len(tried(stretches(recordings), night).fired) == 0


def test_time_passes_where_nothing_was_recorded(recordings: Recordings) -> None:
    film(recordings, [(21.0, 30.0)], seconds=30)
    film(recordings, [(0.0, 3.0)], HOUR + 600, 30)
    both = tried(stretches(recordings), camera(rearm_s=5))
    (start, end), (again, _) = both.spans()  # who is there after ten minutes is told anew, as at a camera that was away
    assert start == pytest.approx(22.5, abs=1.5)
    assert end == pytest.approx(29.5, abs=1.5)
    assert again == pytest.approx(600.5, abs=1.5)
    recordings.files()[1].unlink()
    alone = tried(stretches(recordings), camera(rearm_s=5))
    assert [end for _, end in alone.spans()] == [None], "nobody saw it end"


def test_a_stretch_within_a_file_needs_the_key_frame_before_it(recordings: Recordings) -> None:
    film(recordings)
    (one,) = stretches(recordings, 23.5, 40)
    with reading(one) as opened:
        samples = list(opened.samples())
    assert samples[0][1].keyframe
    assert HOUR + 22 <= samples[0][0] < HOUR + 23.5
    assert samples[-1][0] < HOUR + 40
    found = tried([one])
    assert found.account.lost_s == 0
    assert found.account.looked_s == pytest.approx(16.5)


def test_a_camera_of_key_frames_alone_is_looked_at_by_them(recordings: Recordings) -> None:
    film(recordings)
    found = tried(stretches(recordings), camera(dwell_s=2), keys=True)
    assert found.account.looks <= SECONDS / 2 + 1
    assert found.account.lost_s == 0
    assert len(found.fired) >= 2


def damaged(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def replaced(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (poison, "undecodable"),
        (damaged, "undecodable"),
        (replaced(lambda _: None), "no_footage"),
        (replaced(os.mkfifo), "disk"),
        (replaced(Path.mkdir), "disk"),
        (replaced(lambda path: path.symlink_to("/dev/zero")), "disk"),
    ],
    ids=["poisoned", "zeroed", "deleted", "pipe", "folder", "link"],
)
def test_a_file_that_cannot_be_looked_at_is_missing_and_the_others_count(
    recordings: Recordings, harm: Callable[[Path], None], cause: str
) -> None:
    film(recordings)
    wanted = stretches(recordings)
    harm(Path(wanted[1].path))
    found = tried(wanted)
    assert found.account.lost_s == pytest.approx(60, abs=2)
    assert found.account.cause == cause
    assert [round(start) // 60 for start, _ in found.spans()] == [0, 0]
    assert tried(wanted[1:2]).account.looked_s == 0, "and of it alone nothing"


def test_a_torn_file_counts_up_to_its_tear(recordings: Recordings) -> None:
    film(recordings)
    wanted = stretches(recordings)
    path = Path(wanted[0].path)
    os.truncate(path, path.stat().st_size // 2)
    found = tried(wanted[:1])
    assert 15 < found.account.lost_s < 45
    assert len(found.fired) == 1


def test_a_growing_file_is_found_under_its_later_name(recordings: Recordings) -> None:
    run = recordings.grow("h264", filmed(VISITS, 40), HOUR, SIZE)
    (wanted,) = stretches(recordings)
    assert wanted.path.endswith(".part")
    assert len(tried([wanted]).fired) == 1
    recordings.end(run)
    assert not Path(wanted.path).exists()
    assert len(tried([wanted]).fired) == 1


def test_alerts_keep_their_numbers_and_their_most(recordings: Recordings) -> None:
    film(recordings, [(21.0, 40.0), (25.0, 40.0)], seconds=60)
    (one,) = tried(stretches(recordings), camera(dwell_s=0)).fired
    assert (one.persons, one.most) == (1, 2)
    assert one.end is not None


@pytest.mark.parametrize(("input_px", "size"), [(160, (160, 96)), (None, (64, 64))])
def test_the_model_has_the_input_that_the_detector_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, input_px: int | None, size: tuple[int, int]
) -> None:
    lamp_model.save(tmp_path / "models", "lamp")
    lamp = Model("lamp", "bright is a person", "none", ("lamp.xml",), lambda: Yolo11(side=64), 0.5, 0.3, Source("none"))
    monkeypatch.setattr(models, "CATALOGUE", (lamp,))
    job = Job(
        rule=camera().rules[0], timezone="UTC", active_fps=4, idle_fps=1, armed_fps=2, model="lamp", confidence=0.4,
        input_px=input_px, site=SITE, camera=CAMERA, stretches=(),
    )  # fmt: skip
    backend = program._model(job, Environment(tmp_path, "local", None, None, None, None, None)).backend
    assert backend.shape_key(640, 360) == size
    assert (backend.scale.confidence, backend.scale.keep) == (0.4, 0.3)
