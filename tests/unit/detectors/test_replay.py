"""The service's own path over footage: decode, sample, infer, track, count, rules, with simulated time."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import pytest
from video_script import write_video

from detectors.analysis import Analysis
from detectors.inference.adapters import SsdMobileNet
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.models import CATALOGUE, WEIGHTS, find
from detectors.replay import Replay
from detectors.sampling.policy import Rates
from vms.demo.scenes import Scene
from vms.domain.facility import Camera

CAMERA = Camera.model_validate(
    {
        "id": "room",
        "name": "Room",
        "placement": "sampling_room",
        "streams": {"main": "rtsp://camera/main"},
        "zones": [{"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
        "rules": [{"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 1, "rearm_s": 1}],
    }
)


def replayed(video: Path, backend: OpenVinoBackend) -> tuple[list[tuple[float, int]], list[tuple[str, float]], Replay]:
    """Transitions of the count, alert events, and the replay with its figures."""
    replay = Replay(video, backend, Analysis("site", CAMERA, ZoneInfo("UTC")), Rates())
    transitions: list[tuple[float, int]] = []
    events: list[tuple[str, float]] = []
    for seen in replay.run():
        if not transitions or transitions[-1][1] != seen.count:
            transitions.append((round(seen.at, 2), seen.count))
        events += [(event.word, round(event.at, 2)) for event in seen.events]
    return transitions, events, replay


def test_a_drawn_room_is_counted_by_the_model_of_a_bare_clone(ssd_file: Path, tmp_path: Path) -> None:
    scene = Scene("corridor", 1)
    video = tmp_path / "scene.mp4"
    write_video(video, (cv2.resize(scene.draw(n), (640, 360)) for n in range(scene.frames)))
    backend = OpenVinoBackend("ssd-mobilenet-v2", ssd_file, SsdMobileNet(), 0.38, 0.28, Runtime(1))
    transitions, events, _ = replayed(video, backend)
    print(transitions, events)
    most = [max(count for at, count in transitions if a <= at < b) for a, b in ((1, 8.9), (8.9, 17.5), (17.5, 24))]
    assert most == [1, 2, 1]
    assert all(any(count == 0 for at, count in transitions if a <= at < b) for a, b in ((7, 9.5), (15.5, 18.5)))
    assert [word for word, _ in events if word != "updated"][:2] == ["opened", "ended"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [model.name for model in CATALOGUE])
def test_six_visits_are_counted_one_by_one(shared: Path, name: str, tmp_path: Path) -> None:
    (model,) = [model for model in CATALOGUE if model.name == name]
    path = next(find(model, [shared / "models", WEIGHTS]), None)
    if path is None:
        pytest.skip(f"{name} is not here")
    backend = OpenVinoBackend(name, path, model.adapter(), model.confidence, model.keep, Runtime(1))
    footage = shared / "footage" / "one-by-one-person-detection.mp4"
    with (footage.with_suffix(".presence.csv")).open() as file:
        visits = [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]
    transitions, events, replay = replayed(footage, backend)
    print(f"{name}: {replay.samples} samples, {replay.inferences} inferences\n{transitions}\n{events}\n{visits}")
    assert [count for _, count in transitions] == [0] + [1, 0] * len(visits)
    for (start, end), (entered, _), (left, _) in zip(visits, transitions[1::2], transitions[2::2], strict=True):
        assert start - 0.5 <= entered <= start + 1.25
        assert end - 0.5 <= left <= end + 2.0
    assert [word for word, _ in events] == ["opened", "ended"] * len(visits)
