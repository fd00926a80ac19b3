"""What ``vms bench detect`` shows and says, the footage it takes, and that both sides of its pipeline do their work."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from detectors import models
from detectors.inference import precision
from detectors.inference.adapters import Yolo11
from tests.support import lamp_model
from vms.bench import pipeline
from vms.bench.analysing import Alerted, Analysed
from vms.bench.cost import Cost
from vms.bench.detect import Report, as_json, footage, table
from vms.bench.speed import Speed
from vms.bench.streams import encode_loop
from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment

SPEED = Speed("m", "bf16", (416, 256), 8, 2, 1, 1.5, (90.0, 95.0, 60.0), (100.0, 100.0, 100.0), 8.0, 7.0)
COST = Cost(12.0, 10.0, 2.0, 2**28, 2**27, 1)


def report(alerts: Alerted | None) -> Report:
    kinds = (Analysed("idle", 30, COST, COST, 0.5, 0.1, 0, 0), Analysed("active", 6, COST, COST, 4.0, 4.0, 1.2, 3))
    return Report("2026-01-01T00:00:00+00:00", "2 cores", 30, (SPEED,), kinds, alerts)


def test_the_ratio_is_the_median_of_neighbouring_rounds_and_travels() -> None:
    assert SPEED.ratio == pytest.approx(0.90)
    assert Speed.decode(SPEED.encode()) == SPEED
    assert json.loads(as_json(report(None)))["speeds"][0]["ratio"] == pytest.approx(0.90)


def test_the_table_tells_what_was_left_out_and_the_p95_by_rank() -> None:
    assert "alerts: skipped" in table(report(None))
    assert "none was raised in 60 s" in table(report(Alerted(6, 60, ())))
    text = table(report(Alerted(6, 60, tuple(n / 100 for n in range(1, 21)))))
    assert "20 alerts of 6 cameras, p50 110 ms, p95 200 ms, most 200 ms" in text
    assert "0.40" in text.splitlines()[-4]  # 12 % of a core for 30 cameras


def environment(data: Path, folder: Path | None) -> Environment:
    return Environment(data, "local", None, None, None, None, folder)


def test_footage_with_known_visits_goes_before_the_rest(tmp_path: Path) -> None:
    assert footage([], environment(tmp_path, None)) == []
    for name in ("a.mp4", "b.mp4", "b.presence.csv", "notes.txt"):
        (tmp_path / name).write_text("")
    assert footage([], environment(tmp_path, tmp_path)) == [tmp_path / "b.mp4"]
    (tmp_path / "b.presence.csv").unlink()
    assert footage([], environment(tmp_path, tmp_path)) == [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    assert footage([tmp_path / "a.mp4"], environment(tmp_path, None)) == [tmp_path / "a.mp4"]
    with pytest.raises(ConfigurationError, match="is no file"):
        footage([tmp_path / "c.mp4"], environment(tmp_path, None))


def test_an_empty_loop_is_still_but_for_its_noise_and_the_other_is_not(tmp_path: Path) -> None:
    moved = {}
    for empty in (True, False):
        path = tmp_path / f"{empty}.mp4"
        encode_loop(path, (320, 180), 200_000, 10, 5, empty=empty)
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
        assert len(frames) == 50
        blocks = [frame[:160, :].reshape(8, 20, 16, 20).mean(axis=(1, 3)) for frame in (frames[5], frames[40])]
        moved[empty] = float(np.abs(blocks[0] - blocks[1]).max())
    assert moved[True] < 5 < moved[False]


def test_both_sides_of_the_pipeline_do_their_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "PRECISION_S", 0.02)
    monkeypatch.setattr(precision, "BATCH_S", 0.02)
    lamp_model.save(tmp_path / "models", "lamp")
    lamp = replace(models.CATALOGUE[0], name="lamp", files=("lamp.xml",), adapter=lambda: Yolo11(side=64))
    monkeypatch.setattr(models, "CATALOGUE", (lamp,))
    encode_loop(tmp_path / "loop.mp4", (160, 90), 100_000, 10, 2)
    speed = pipeline.measure(tmp_path / "loop.mp4", "lamp", environment(tmp_path, None), 1, 5, 0.1, 2)
    assert (speed.model, speed.size) == ("lamp", (64, 64))
    assert len(speed.ours) == len(speed.bare) == 2
    assert min(*speed.ours, *speed.bare) > 0
