"""Labels are read as they are, scores are what a hand count gives, and a sequence goes the service's own way."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from video_script import write_video

from detectors.evaluation import truth
from detectors.evaluation.intact import sound_pictures
from detectors.evaluation.run import Evaluation
from detectors.evaluation.run import evaluate as evaluate_read
from detectors.evaluation.scores import Scorer
from detectors.evaluation.sequence import footage_of, read
from detectors.inference.adapters import SsdMobileNet
from detectors.inference.backend import Backend, Floats
from detectors.inference.motion import MotionBackend
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.models import CATALOGUE, find
from detectors.plan import LARGE_PX
from vms.cli.models import models
from vms.cli.models_evaluate import SPARSE
from vms.demo.scenes import Scene
from vms.domain.errors import ConfigurationError

A, B, FAR = (0.1, 0.1, 0.2, 0.5), (0.6, 0.1, 0.7, 0.5), (0.8, 0.7, 0.9, 0.9)


def boxes(*rows: tuple[float, ...]) -> Floats:
    return np.array(rows, np.float32).reshape(-1, 4)


def labels(*persons: tuple[int, tuple[float, ...]], ignored: Floats | None = None) -> truth.Labels:
    return truth.Labels(
        tuple(id_ for id_, _ in persons),
        boxes(*(box for _, box in persons)),
        boxes() if ignored is None else ignored,
    )


def test_scores_are_those_of_a_hand_count() -> None:
    scorer = Scorer()
    scorer.add(labels((1, A), (2, B)), boxes(A, FAR), 2, (11, 12))  # one right, one missed, one false
    scorer.add(labels((1, A), (2, B)), boxes(A, B), 2, (11, 13))  # both right
    scorer.add(labels((1, A)), boxes(), 0, ())  # missed
    figures = scorer.figures()
    assert (figures.precision, figures.recall) == (3 / 4, 3 / 5)
    assert figures.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert (figures.count_mae, figures.count_bias) == (pytest.approx(1 / 3), pytest.approx(-1 / 3))
    assert figures.identity_switches == 0


def test_a_label_under_another_identity_is_a_switch_also_after_it_was_missed() -> None:
    scorer = Scorer()
    for identity, box in ((7, boxes(A)), (7, boxes()), (8, boxes(A)), (8, boxes(A)), (7, boxes(A))):
        scorer.add(labels((1, A)), box, 1, (identity,) * len(box))
    assert scorer.figures().identity_switches == 2


def test_a_pair_goes_on_while_it_overlaps_though_another_would_overlap_more() -> None:
    near = (0.12, 0.1, 0.22, 0.5)
    scorer = Scorer()
    scorer.add(labels((1, A)), boxes(A), 1, (5,))
    scorer.add(labels((1, A)), boxes(A, near), 2, (6, 5))
    assert scorer.figures().identity_switches == 0


def test_regions_that_count_for_nothing_are_neither_missed_nor_false() -> None:
    scorer = Scorer()
    scorer.add(labels((1, A), ignored=boxes(FAR)), boxes(A, FAR), 1)
    figures = scorer.figures()
    assert (figures.precision, figures.recall, figures.identity_switches) == (1, 1, None)


def test_labels_of_mot_format_are_fractions(tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text("# made by hand\n1,4,64,36,32,72,1,-1,-1\n\n1,5,0,0,64,36,0\n3,4,64,36,32,72\n", encoding="utf-8")
    found = truth.read(file, 640, 360)
    assert sorted(found) == [1, 3]
    assert found[1].ids == (4,)
    np.testing.assert_allclose(found[1].xyxy, [[0.1, 0.1, 0.15, 0.3]], rtol=1e-6)
    np.testing.assert_allclose(found[1].ignored, [[0, 0, 0.1, 0.1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1,4,64,36,32,72\nperson,1\n", "line 2: expected frame,id"),
        ("0,4,64,36,32,72\n", "line 1: frames count from 1"),
        ("1,4,64,36,0,72\n", "line 1: .*width and a height"),
        ("1,4,nan,36,10,72\n", "line 1"),
        ("1,4,1e300,36,10,72\n", "line 1: .*within 100,000 pixels"),
        ("1,4,64,36,10,72\n" + "1" * 200_000 + "\n", "line 2: expected frame,id"),
        ('1,4,64,36,10,72\n2,4,64,36,10,"72\n' + "3,4,64,36,10,72\n" * 10_000, "line 2: expected frame,id"),
        ("1,-1,64,36,10,72\n\n1,-1,9,36,10,72\n", "line 3: id -1 stands in frame 1 already, in line 1: give each"),
        ("", "name no person"),
    ],
)
def test_a_line_that_is_not_in_the_format_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "gt.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=complaint) as told:
        truth.read(file, 640, 360)
    assert str(file) in str(told.value)
    assert "\n" not in str(told.value)


def test_what_follows_the_format_and_what_stands_before_it_does_no_harm(tmp_path: Path) -> None:
    """A byte order mark, an unclosed quote and a field without end in columns that nobody reads."""
    file = tmp_path / "gt.txt"
    lines = '1,4,64,36,32,72,1,"', f"2,4,64,36,32,72,1,{'x' * 200_000}", "3,4,64,36,32,72"
    file.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert sorted(truth.read(file, 640, 360)) == [1, 2, 3]


def test_regions_need_no_identity(tmp_path: Path) -> None:
    file = tmp_path / "gt.txt"
    file.write_text("1,-1,64,36,32,72,1\n1,-1,0,0,64,36,0\n1,-1,0,99,64,36,0\n", encoding="utf-8")
    found = truth.read(file, 640, 360)[1]
    assert (found.ids, len(found.ignored)) == ((-1,), 2)


def evaluate(folder: Path, backend: Backend, fps: float, *, labelled_only: bool = False) -> Evaluation:
    labelled = read(folder)
    shown = sound_pictures(labelled.video, labelled.footage)
    return evaluate_read(labelled, shown, backend, fps, labelled_only=labelled_only)


def sequence(folder: Path) -> Path:
    """A drawn room of 24 s with one person for most of it, without labels yet."""
    scene = Scene("corridor", 1)
    folder.mkdir()
    write_video(folder / "video.mp4", (cv2.resize(scene.draw(n), (640, 360)) for n in range(scene.frames)))
    return folder


def test_a_sequence_goes_the_services_own_way(ssd_file: Path, tmp_path: Path) -> None:
    """Labels are what the model finds, so the bare model must be right, and tracking must not make it worse."""
    folder = sequence(tmp_path / "drawn")
    backend = OpenVinoBackend("ssd-mobilenet-v2", ssd_file, SsdMobileNet(), 0.38, 0.25, Runtime(1))
    (folder / "gt.txt").write_text("1,1,0,0,1,1\n", encoding="utf-8")
    assert evaluate(folder, backend, 4).tracked.recall < 0.5  # nonsense labels are not flattered
    _label(folder, backend)
    done = evaluate(folder, backend, 4)
    assert (done.bare.precision, done.bare.recall) == (1, 1)
    assert done.bare.count_mae == 0
    assert done.tracked.f1 > 0.9
    assert done.tracked.count_mae < 0.35
    assert 0 < done.persons_mean < 2
    assert done.ms_per_frame > 0


def test_of_single_frames_with_labels_the_others_say_nothing(ssd_file: Path, tmp_path: Path) -> None:
    folder = sequence(tmp_path / "drawn")
    backend = OpenVinoBackend("ssd-mobilenet-v2", ssd_file, SsdMobileNet(), 0.38, 0.25, Runtime(1))
    _label(folder, backend)
    lines = (folder / "gt.txt").read_text(encoding="utf-8").splitlines()
    kept = sorted({int(line.split(",")[0]) for line in lines})[::6]
    (folder / "gt.txt").write_text(
        "\n".join(line for line in lines if int(line.split(",")[0]) in kept), encoding="utf-8"
    )
    assert read(folder).labelled < SPARSE
    done = evaluate(folder, backend, 4, labelled_only=True)
    assert done.bare.pictures == len(kept)
    assert (done.bare.precision, done.bare.recall, done.bare.count_mae) == (1, 1, 0)
    assert evaluate(folder, backend, 4).bare.precision < 0.5


@pytest.mark.parametrize("name", ["PETS09-S2L1", "TUD-Stadtmitte"])
def test_counting_with_tracks_beats_the_bare_model(shared: Path, name: str) -> None:
    """On average over rates: in a single run the rate and the processor's arithmetic decide as well."""
    (model,) = [model for model in CATALOGUE if model.name == "yolox-nano"]
    path = next(find(model, [shared / "models"]), None)
    folder = shared / "evaluation" / name
    if path is None or not folder.is_dir():
        pytest.skip("needs ../shared with models and evaluation")
    adapter = model.adapter().sized(LARGE_PX)
    backend = OpenVinoBackend(model.name, path, adapter, model.confidence, model.keep, Runtime(1))
    done = [evaluate(folder, backend, fps) for fps in (3, 3.5, 4)]
    print(*done, sep="\n")
    assert fmean(one.tracked.count_mae for one in done) < fmean(one.bare.count_mae for one in done)
    assert fmean(one.tracked.f1 - one.bare.f1 for one in done) > -0.02


def _label(folder: Path, backend: OpenVinoBackend) -> None:
    from zoneinfo import ZoneInfo

    from detectors.analysis import Analysis
    from detectors.evaluation.run import CAMERA
    from detectors.inference.backend import Detections
    from detectors.replay import Replay
    from detectors.sampling.policy import Rates

    footage = footage_of(folder / "video.mp4")
    rate, (width, height) = footage.rate, footage.size
    lines: list[str] = []

    def found(at: float, detections: Detections) -> None:
        for box in detections.xyxy[detections.confidence >= backend.scale.confidence]:
            left, top, right, bottom = box * (width, height, width, height)
            frame = round(at * rate) + 1
            lines.append(f"{frame},{len(lines) + 1},{left:.2f},{top:.2f},{right - left:.2f},{bottom - top:.2f},1\n")

    for _ in Replay(folder / "video.mp4", backend, Analysis("s", CAMERA, ZoneInfo("UTC")), Rates(4, 4)).run(found):
        pass
    (folder / "gt.txt").write_text("".join(lines), encoding="utf-8")


def test_the_command_prints_a_table_and_the_figures_that_scripts_rely_on(tmp_path: Path) -> None:
    folder = sequence(tmp_path / "drawn")
    (folder / "gt.txt").write_text("1,1,100,50,60,200\n", encoding="utf-8")
    arguments = ["evaluate", str(folder), "--model", MotionBackend.model, "--fps", "2", "--data", str(tmp_path)]
    done = CliRunner().invoke(models, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    wanted = {
        "precision",
        "recall",
        "f1",
        "count_mae",
        "ms_per_frame",
        "identity_switches",
        "bare_f1",
        "bare_count_mae",
    }
    assert wanted <= figures.keys()
    assert (figures["sequence"], figures["model"], figures["fps"]) == ("drawn", "motion", 2.0)
    table = CliRunner().invoke(models, arguments).stdout
    assert "drawn" in table
    assert "bare" in table
