"""A labelled sequence as it lies in its folder: ``video.mp4`` and ``gt.txt``, and whether the two belong together.

Everything that can be found wrong before a model is loaded is found here, and named with its file. Not here: the
labels' format (``truth``), whether the film is whole and when its pictures are shown (``intact``), running anything
(``run``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import numpy as np

from detectors.evaluation import truth
from vms.domain.errors import ConfigurationError

VIDEO, LABELS = "video.mp4", "gt.txt"
#: Boxes may hang over the border; so many with their middle outside are labels of another size.
MOST_OUTSIDE = 0.1
#: A film may end a little before its labels do (seconds).
SPARE_S = 1.0


@dataclass(frozen=True, slots=True)
class Footage:
    """What the head says: frames a second; (width, height); the first frame's time, and the length (s).

    A cut clip does not begin at 0, and where it is fragmented, its length is counted from 0 all the same.
    """

    rate: float
    size: tuple[int, int]
    first: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """One folder, ready to be scored."""

    folder: Path
    footage: Footage
    labels: truth.Truth

    @property
    def video(self) -> Path:
        """The film."""
        return self.folder / VIDEO

    @property
    def labelled(self) -> float:
        """The share of frames that have labels, from the first to the last that has."""
        return len(self.labels) / (max(self.labels) - min(self.labels) + 1)


def read(folder: Path) -> Labelled:
    """The sequence of ``folder``. Raises ``ConfigurationError`` that names the file and what is wrong with it."""
    video, labels = folder / VIDEO, folder / LABELS
    if not video.exists() and ((folder / "img1").is_dir() or (folder / "seqinfo.ini").exists()):
        raise ConfigurationError(
            f"{folder} holds pictures and no {VIDEO}: make one of them, at the frameRate of its seqinfo.ini "
            f"(ffmpeg -framerate RATE -i img1/%06d.jpg {VIDEO}), and put gt/gt.txt beside it as {LABELS}"
        )
    footage = footage_of(video)
    found = truth.read(labels, *footage.size)
    _fits(found, footage, video, labels)
    return Labelled(folder, footage, found)


def refuse_later(sequence: Labelled, pictures: int) -> None:
    """Raises ``ConfigurationError`` where the labels go on after the film, which has so many pictures."""
    last = max(sequence.labels)
    if last > pictures + SPARE_S * sequence.footage.rate:
        raise ConfigurationError(
            f"labels {sequence.folder / LABELS} go to frame {last}, but {sequence.video} has {pictures}: "
            "it was cut short, or has another rate"
        )


def footage_of(video: Path) -> Footage:
    """What ``video`` says of itself. Raises ``ConfigurationError`` for what is no film."""
    try:
        if video.exists() and video.stat().st_size == 0:
            raise ConfigurationError(f"{video} is empty")
        with av.open(str(video), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            if stream.codec_context is None:  # libav knows no decoder for what the head says
                raise ConfigurationError(f"{video} does not say how its pictures are coded")
            rate = stream.average_rate or stream.guessed_rate
            size = stream.codec_context.width, stream.codec_context.height
            if not rate:
                raise ConfigurationError(f"{video} does not say how many frames a second it has")
            if not all(size):
                raise ConfigurationError(f"{video} does not say how large its pictures are")
            base = float(stream.time_base or 0)
            seconds = stream.duration * base if stream.duration is not None else None
            return Footage(float(rate), size, float(stream.start_time or 0) * base, seconds)
    except (OSError, IndexError, av.error.FFmpegError) as err:
        raise ConfigurationError(f"{video} cannot be read: {getattr(err, 'strerror', None) or 'no video'}") from err


def _fits(found: truth.Truth, footage: Footage, video: Path, labels: Path) -> None:
    boxes = np.concatenate([frame.xyxy for frame in found.values()])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    outside = float(((middles < 0) | (middles > 1)).any(axis=1).mean())
    width, height = footage.size
    if outside > MOST_OUTSIDE:
        right, bottom = np.rint(boxes[:, 2:].max(axis=0) * footage.size).astype(int)
        raise ConfigurationError(
            f"labels {labels} reach to {right}x{bottom}, but {video} is {width}x{height}: they are of another size"
        )
