"""The service's own path over one labelled sequence, and beside it the bare model on the same pictures.

A sequence is a folder with ``video.mp4`` and ``gt.txt`` (``truth``). Not here: choosing a model, printing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np

from detectors.analysis import Analysis
from detectors.evaluation import truth
from detectors.evaluation.scores import Figures, Scorer
from detectors.inference.backend import Backend, Detections, Picture, Scale
from detectors.replay import Replay
from detectors.sampling.policy import Rates
from detectors.tracking import Track
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera

VIDEO, LABELS = "video.mp4", "gt.txt"
CAMERA = Camera.model_validate(
    {"id": "evaluation", "name": "evaluation", "placement": "corridor", "streams": {"main": "rtsp://camera/main"}}
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``tracked`` is what the service says, ``bare`` the model's strong detections of each picture alone."""

    sequence: str
    model: str
    precision_type: str
    fps: float
    persons_mean: float  # labelled persons a picture
    tracked: Figures
    bare: Figures
    ms_per_frame: float  # in the model, with its pre- and post-processing


class _Timed:
    """The backend with the time spent in it; everything else is the backend's own."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.name, self.model, self.precision = backend.name, backend.model, backend.precision
        self.scale: Scale = backend.scale
        self.fallback, self.max_batch, self.at_once = backend.fallback, backend.max_batch, backend.at_once
        self.picture_size, self.shape_key = backend.picture_size, backend.shape_key
        self.warm, self.forget = backend.warm, backend.forget
        self.seconds = 0.0

    def detect(self, batch: Sequence[Picture]) -> list[Detections]:
        began = time.perf_counter()
        found = self._backend.detect(batch)
        self.seconds += time.perf_counter() - began
        return found


def evaluate(folder: Path, backend: Backend, fps: float) -> Evaluation:
    """Scores every picture that the service looks at, ``fps`` a second.

    Raises ``ConfigurationError`` for a folder without a readable video or labels, or where the two do not belong
    together.
    """
    rate, size, first = stream_of(folder / VIDEO)
    labels = truth.read(folder / LABELS, *size)
    backend.detect([Picture("evaluation", np.zeros((size[1], size[0], 3), np.uint8))])  # compiled before the clock runs
    timed = _Timed(backend)
    replay = Replay(folder / VIDEO, timed, Analysis("evaluation", CAMERA, ZoneInfo("UTC")), Rates(fps, fps))
    tracked, bare = Scorer(), Scorer()
    found: list[Detections] = []
    persons = 0
    nobody = truth.Labels((), np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
    for seen in replay.run(lambda _at, detections: found.append(detections)):
        frame = labels.get(round((seen.at - first) * rate) + 1, nobody)
        persons += frame.count
        strong = found[-1].confidence >= backend.scale.confidence
        bare.add(frame, found[-1].xyxy[strong], int(strong.sum()))
        visible = [track for track in seen.persons if track.seen]
        tracked.add(frame, _boxes(visible), seen.count, tuple(track.id for track in visible))
    if not replay.inferences:
        raise ConfigurationError(f"no picture of {folder / VIDEO} could be decoded")
    return Evaluation(
        folder.name, backend.model, backend.precision, fps, persons / replay.inferences,
        tracked.figures(), bare.figures(), timed.seconds / replay.inferences * 1000,
    )  # fmt: skip


def _boxes(tracks: Sequence[Track]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array([track.box for track in tracks], np.float32).reshape(-1, 4)


def stream_of(video: Path) -> tuple[float, tuple[int, int], float]:
    """Frames a second, size (width, height), and the first frame's time (s): a cut clip does not begin at 0."""
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            if not rate:
                raise ConfigurationError(f"{video} does not say how many frames a second it has")
            begins = float((stream.start_time or 0) * (stream.time_base or 0))
            return float(rate), (stream.codec_context.width, stream.codec_context.height), begins
    except (OSError, IndexError, av.error.FFmpegError) as err:
        raise ConfigurationError(f"{video} cannot be read: {getattr(err, 'strerror', None) or 'no video'}") from err
