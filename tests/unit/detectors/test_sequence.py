"""What is wrong with a labelled sequence is said in one line that names the file, if it can before a model loads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from video_script import write_video

from detectors.evaluation.intact import sound_pictures
from detectors.evaluation.run import evaluate
from detectors.evaluation.sequence import read
from detectors.inference.motion import MotionBackend
from vms.cli.models import models
from vms.domain.errors import ConfigurationError

LABEL = "1,1,100,50,60,200\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "gate"
    folder.mkdir()
    noise = np.random.default_rng(5).integers(0, 255, (60, 180, 320, 3), np.uint8)
    write_video(folder / "video.mp4", noise)
    (folder / "gt.txt").write_text(LABEL, encoding="utf-8")
    return folder


def without_video(folder: Path) -> None:
    (folder / "video.mp4").unlink()


def of_unknown_code(folder: Path) -> None:
    film = (folder / "video.mp4").read_bytes()
    (folder / "video.mp4").write_bytes(film.replace(b"avc1", b"zzzz"))


def without_labels(folder: Path) -> None:
    (folder / "gt.txt").unlink()


def empty_video(folder: Path) -> None:
    (folder / "video.mp4").write_bytes(b"")


def no_video(folder: Path) -> None:
    (folder / "video.mp4").write_text("pictures", encoding="utf-8")


def of_pictures(folder: Path) -> None:
    without_video(folder)
    (folder / "seqinfo.ini").write_text("[Sequence]\n", encoding="utf-8")


def larger_labels(folder: Path) -> None:
    (folder / "gt.txt").write_text("1,1,1200,600,100,300\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("break_", "file", "says"),
    [
        (without_video, "video.mp4", "cannot be read: No such file"),
        (without_labels, "gt.txt", "cannot be read: No such file"),
        (empty_video, "video.mp4", "is empty"),
        (no_video, "video.mp4", "cannot be read: Invalid data"),
        (of_unknown_code, "video.mp4", "does not say how its pictures are coded"),
        (of_pictures, "", "holds pictures and no video.mp4.*seqinfo.ini.*gt/gt.txt"),
        (larger_labels, "gt.txt", "reach to 1300x900, but .*video.mp4 is 320x180"),
    ],
)
def test_a_folder_that_is_no_sequence_is_named(
    whole: Path, tmp_path: Path, break_: Callable[[Path], None], file: str, says: str
) -> None:
    folder = tmp_path / "gate"
    shutil.copytree(whole, folder)
    break_(folder)
    with pytest.raises(ConfigurationError, match=f"{folder / file}.*{says}") as told:
        read(folder)
    assert "\n" not in str(told.value)


def test_a_title_in_other_letters_is_no_damage(whole: Path, tmp_path: Path) -> None:
    """As some cameras write it: in Latin-1, where MP4 has UTF-8."""
    folder = tmp_path / "gate"
    shutil.copytree(whole, folder)
    with (
        av.open(str(whole / "video.mp4")) as given,
        av.open(str(folder / "video.mp4"), "w", options={"movflags": "faststart"}) as container,
    ):
        container.metadata["title"] = "TITLE"
        stream = container.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            packet.stream = stream
            container.mux(packet)
    film = (folder / "video.mp4").read_bytes()
    (folder / "video.mp4").write_bytes(film.replace(b"TITLE", "câmrà".encode("latin-1")))
    with pytest.raises(UnicodeDecodeError):
        av.open(str(folder / "video.mp4"))
    sequence = read(folder)
    shown = sound_pictures(sequence.video, sequence.footage)
    assert evaluate(sequence, shown, MotionBackend(), 4).tracked.pictures > 0


def test_all_folders_are_looked_at_before_the_first_is_scored(whole: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", str(whole), str(tmp_path), "--model", MotionBackend.model, "--data", str(tmp_path)]
    done = CliRunner().invoke(models, arguments)
    assert isinstance(done.exception, ConfigurationError)
    assert done.stdout == ""


def test_a_film_whose_pictures_end_before_it_is_named(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gate"
    shutil.copytree(whole, folder)
    sequence = read(folder)
    shown = sound_pictures(sequence.video, sequence.footage)
    film = (folder / "video.mp4").read_bytes()
    begin = film.index(b"mdat") + 4
    half = begin + (len(film) - begin) // 2
    # The index of an MP4 may come first or last: only what lies between is taken.
    (folder / "video.mp4").write_bytes(film[:begin] + bytes(half - begin) + film[half:])
    shares: list[float] = []
    with pytest.raises(ConfigurationError, match=r"video.mp4 .*(damaged|decoded)"):
        evaluate(sequence, shown, MotionBackend(), 4, shares.append)
    (folder / "video.mp4").write_bytes(film)
    shares.clear()
    evaluate(sequence, shown, MotionBackend(), 4, shares.append)
    assert shares == sorted(shares)
    assert 0.8 < shares[-1] <= 1
