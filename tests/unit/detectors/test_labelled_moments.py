"""Labels number pictures: each is compared with what the film shows at its moment, whatever the rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from film_script import recording, rewritten
from video_script import write_video

from detectors.evaluation.intact import sound_pictures
from detectors.evaluation.run import Evaluation, evaluate
from detectors.evaluation.sequence import read
from detectors.inference.backend import Detections, Picture
from detectors.inference.motion import MotionBackend
from vms.cli.models import models
from vms.domain.errors import ConfigurationError

FRAMES, FPS = 100, 10
WIDTH, HEIGHT = 24, 60


class Bright(MotionBackend):
    """Finds what is bright, where it is."""

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        return [self._box(picture.bgr[..., 0]) for picture in batch]

    def _box(self, grey: np.ndarray) -> Detections:
        left, top, width, height = cv2.boundingRect((grey > 128).astype(np.uint8))
        if not width:
            return Detections.none()
        sides = np.array([left, top, left + width, top + height]) / (grey.shape[1::-1] * 2)
        return Detections.checked(sides[None], np.ones(1))


def left_of(n: int) -> int:
    """It moves by half its width in four frames."""
    return 3 * n


def drawn() -> Iterator[np.ndarray]:
    for n in range(FRAMES):
        picture = np.full((180, 330, 3), 30, np.uint8)
        picture[60 : 60 + HEIGHT, left_of(n) : left_of(n) + WIDTH] = 220
        yield picture


def sequence(folder: Path, labelled: Sequence[int], times: Callable[[int], int] = int) -> Path:
    """A square that goes its way, with labels of these frames, from 0 on."""
    folder.mkdir()
    write_video(folder / "video.mp4", drawn(), FPS, times=times)
    lines = [f"{n + 1},1,{left_of(n)},60,{WIDTH},{HEIGHT}\n" for n in labelled]
    (folder / "gt.txt").write_text("".join(lines), encoding="utf-8")
    return folder


def scored(folder: Path, fps: float, *, labelled_only: bool = False) -> Evaluation:
    labelled = read(folder)
    shown = sound_pictures(labelled.video, labelled.footage)
    return evaluate(labelled, shown, Bright(), fps, labelled_only=labelled_only)


def right(done: Evaluation) -> bool:
    return (done.bare.precision, done.bare.recall, done.bare.count_mae) == (1, 1, 0)


def half_speed_first(n: int) -> int:
    return 2 * n if n < 50 else 50 + n


@pytest.mark.parametrize("times", [int, half_speed_first, lambda n: n + 7000], ids=["even", "half speed first", "late"])
def test_frames_are_counted_and_not_reckoned_from_the_rate(tmp_path: Path, times: Callable[[int], int]) -> None:
    done = scored(sequence(tmp_path / "gate", range(FRAMES), times), 4)
    assert done.bare.pictures >= 40
    assert right(done)
    done = scored(sequence(tmp_path / "sparse", range(0, FRAMES, 10), times), 4, labelled_only=True)
    assert done.bare.pictures >= 10
    assert right(done)


def test_what_a_cut_film_does_not_show_is_not_scored(tmp_path: Path) -> None:
    """Its file begins with a key frame 1.7 s before its first picture, and the service decodes from there."""
    whole, cut = sequence(tmp_path / "whole", range(FRAMES)), tmp_path / "cut"
    cut.mkdir()
    rewritten(whole / "video.mp4", cut / "video.mp4", earlier=17)
    lines = [f"{n - 16},1,{left_of(n)},60,{WIDTH},{HEIGHT}\n" for n in range(17, FRAMES)]
    (cut / "gt.txt").write_text("".join(lines), encoding="utf-8")
    done = scored(cut, 4)
    assert done.bare.pictures > 30
    assert right(done)


def test_at_a_low_rate_no_picture_is_compared_with_labels_of_another_moment(tmp_path: Path) -> None:
    """One picture each whole second: two labels lie beside one, the others 0.4 s away."""
    folder = sequence(tmp_path / "gate", [0, 11, *range(26, FRAMES - 10, 10)])
    done = scored(folder, 1, labelled_only=True)
    assert right(done)
    assert (done.bare.pictures, done.passed_over) == (2, 7)
    arguments = ["evaluate", str(folder), "--model", "motion", "--data", str(tmp_path), "--json", "--labelled-only"]
    told = CliRunner().invoke(models, [*arguments, "--fps", "1"])
    assert told.exit_code == 0, told.output
    assert f"only 2 of 9 pictures of {folder} next to a labelled frame are within 0.125 s of it" in told.stderr
    assert "next to" not in CliRunner().invoke(models, [*arguments, "--fps", "4"]).stderr


def test_labels_beside_which_no_picture_was_looked_at_are_named(tmp_path: Path) -> None:
    folder = sequence(tmp_path / "gate", range(4, FRAMES, 10))
    with pytest.raises(ConfigurationError, match=f"{folder}/video.mp4 was looked at where it has labels: ask for more"):
        scored(folder, 1, labelled_only=True)


@pytest.mark.parametrize("last", [125, 126])
def test_labels_that_go_on_after_a_film_that_begins_late_are_named(tmp_path: Path, last: int) -> None:
    """It has 4 s, from 10 s on, and says that it has 14; a second more of labels may be."""
    folder = tmp_path / "gate"
    folder.mkdir()
    head, fragments = recording("h264")
    (folder / "video.mp4").write_bytes(head + b"".join(fragments))
    (folder / "gt.txt").write_text(f"1,1,100,50,60,100\n{last},1,100,50,60,100\n", encoding="utf-8")
    arguments = ["evaluate", str(folder), "--model", "motion", "--data", str(tmp_path)]
    done = CliRunner().invoke(models, arguments)
    if last <= 125:
        assert done.exit_code == 0, done.output
        return
    assert isinstance(done.exception, ConfigurationError)
    assert f"{folder / 'gt.txt'} go to frame 126, but {folder / 'video.mp4'} has 100: " in str(done.exception)
    assert done.stdout == ""
