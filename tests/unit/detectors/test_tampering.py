"""Tampering on the service's own way: a stream with P frames is sampled, decoded, watched; its rule raises an alert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from video_script import packets, write_video

from detectors.alerts import AlertWriter
from detectors.analysis import Analysis
from detectors.camera import CameraAnalyst
from detectors.decoding import Decoding
from detectors.inference.batching import Batcher
from detectors.inference.motion import MotionBackend
from detectors.looker import Looker
from detectors.plan import CameraPlan
from detectors.replay import Replay
from detectors.sampling.policy import Rates
from detectors.tryout.alerts import Alerts
from detectors.tryout.rerun import Rerun
from recorder.render.footage import all_in_span
from tests.support.clocks import ManualClock
from tests.support.recorded import CAMERA as RECORDED
from tests.support.recorded import SITE, Recordings
from tests.support.tampering import Grey, Light, Sensor, drawn
from tests.support.visits import remuxed
from vms.bus.outbox import Outbox
from vms.domain.facility import Camera
from vms.domain.tryouts import Stretch
from vms.ingest.stream import TIMESCALE, Run, StreamInfo
from vms.media.reading import SampleInfo

SIZE = (320, 180)
FPS, GOP = 5, 10
HOUR = 1_800_000_000.0
LEARNT_S, TAMPERED_S = 110, 70
CAMERA = Camera.model_validate(
    {
        "id": "c", "name": "C", "placement": "corridor", "streams": {"main": "rtsp://h/m", "sub": "rtsp://h/s"},
        "rules": [{"id": "blind", "kind": "tamper"}],
    }
)  # fmt: skip


def pictures(what: str, sway: float = 0.0) -> Iterator[np.ndarray]:
    """A room; then what is done to its camera; then the room again. ``sway``: something moves in it all the time."""
    sensor, room = Sensor(SIZE), drawn(1, SIZE)
    changed = {"covered": np.full_like(room, 16), "moved": drawn(6, SIZE), "frozen": room}[what]
    still = sensor.see(room, 2)

    def seen(light: Light, second: float) -> Grey:
        light = light.copy()
        if sway:
            left = int(SIZE[0] * (0.5 + sway * np.sin(second)))
            light[90:140, left : left + 20] = 20
        return sensor.see(light, 2)

    for number in range(FPS * (LEARNT_S + TAMPERED_S + 60)):
        second = number / FPS
        tampered = LEARNT_S <= second < LEARNT_S + TAMPERED_S
        picture = still if tampered and what == "frozen" else seen(changed if tampered else room, second)
        yield np.repeat(picture[..., None], 3, 2)


@pytest.mark.parametrize("what", ["covered", "moved", "frozen"])
def test_one_alert_opens_within_a_minute_and_ends(tmp_path: Path, what: str) -> None:
    write_video(tmp_path / "v.mp4", pictures(what), FPS, GOP)
    replay = Replay(tmp_path / "v.mp4", MotionBackend(), Analysis("s", CAMERA, ZoneInfo("UTC")), Rates())
    looks = list(replay.run())
    events = [event for seen in looks for event in seen.events]
    assert [event.word for event in events if event.word != "updated"] == ["opened", "ended"]
    assert 0 <= events[0].at - LEARNT_S <= 60
    assert events[0].detail["tamper"] == what
    uncounted = [seen.at for seen in looks if not seen.counted]
    if what == "moved":
        assert uncounted == []
    else:
        assert uncounted == [seen.at for seen in looks if events[0].at <= seen.at <= uncounted[-1]]
        assert uncounted[-1] <= LEARNT_S + TAMPERED_S + 60


def test_a_rule_tried_on_recordings_hears_of_it(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", pictures("covered"), FPS, GOP)
    recordings = Recordings(tmp_path / "recordings")
    recordings.record("h264", remuxed(tmp_path / "v.mp4"), HOUR, SIZE)
    recordings.close()
    looker: Looker[SampleInfo] = Looker(Analysis(SITE, CAMERA, ZoneInfo("UTC")), Rates())
    rerun, alerts, fired = Rerun(MotionBackend(), looker), Alerts(), {}
    found = all_in_span(recordings.root, SITE, RECORDED, HOUR, HOUR + 3600)
    assert len(found) > 1
    for one, start, end in found:
        stretch = Stretch(path=str(one.path), start=start, end=end, anchor=one.anchor, timescale=one.timescale)
        for events in rerun.over(stretch):
            fired.update(alerts.take(events))
    (blind,) = fired.values()
    assert 0 <= blind.start.timestamp() - HOUR - LEARNT_S <= 60
    assert blind.end is not None
    assert 0 <= blind.end.timestamp() - HOUR - LEARNT_S - TAMPERED_S <= 60


@pytest.mark.parametrize("busy", [False, True])
def test_an_analyst_finds_a_frozen_picture_also_with_somebody_in_it(tmp_path: Path, busy: bool) -> None:
    clock = ManualClock()
    plan = CameraPlan("s", CAMERA, Rates(active_fps=1), ZoneInfo("UTC"))
    writer = AlertWriter(Outbox(tmp_path / "outbox"), tmp_path / "open")
    batcher, analysis = Batcher(clock), Analysis("s", CAMERA, plan.zone_info)
    analyst = CameraAnalyst(plan, batcher, writer, clock, analysis, Decoding(tmp_path, clock))
    run = Run("r", StreamInfo("h264", *SIZE, b""), lambda pts: pts / TIMESCALE)
    analyst.begin(run)
    found: dict[str, float] = {}
    for packet in packets(pictures("frozen", 0.2 if busy else 0.0), fps=FPS, gop=13):
        clock.advance(1 / FPS)
        if busy:  # as the model would say: one look a second, and one in 13 of them falls on a key frame
            analyst._looker.sampler.persons(packet.dts / TIMESCALE)
        analyst.packet(run, packet)
        if (tamper := analyst.state("local", 1).tamper) is not None:
            found.setdefault(tamper, packet.dts / TIMESCALE)
    assert list(found) == ["frozen"]
    assert found["frozen"] - LEARNT_S <= 45
    assert analyst.state("local", 1).tamper is None
