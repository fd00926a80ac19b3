"""The service's own path over one labelled sequence, and beside it the bare model on the same pictures.

Not here: reading a sequence's folder (``sequence``), whether the film is whole (``intact``), choosing a model,
printing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import av.error
import numpy as np

from detectors.analysis import Analysis
from detectors.evaluation import truth
from detectors.evaluation.scores import Figures, Scorer
from detectors.evaluation.sequence import Labelled
from detectors.inference.backend import Backend, Detections, Picture, Scale
from detectors.replay import Replay
from detectors.sampling.decoder import CorruptStream
from detectors.sampling.policy import Rates
from detectors.tracking import Track
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera

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


def evaluate(
    sequence: Labelled,
    backend: Backend,
    fps: float,
    progress: Callable[[float], None] = lambda _share: None,
    *,
    labelled_only: bool = False,
) -> Evaluation:
    """Scores every picture that the service looks at, ``fps`` a second; ``progress`` hears the share that is done.

    A frame without a label has nobody in it; with ``labelled_only`` it says nothing, and a picture is scored where a
    labelled frame is no further away than half the time to the next picture. Raises ``ConfigurationError`` for a
    video that the service cannot decode.
    """
    video, footage, labels = sequence.video, sequence.footage, sequence.labels
    size, first = footage.size, footage.first
    backend.detect([Picture("evaluation", np.zeros((size[1], size[0], 3), np.uint8))])  # compiled before the clock runs
    timed = _Timed(backend)
    replay = Replay(video, timed, Analysis("evaluation", CAMERA, ZoneInfo("UTC")), Rates(fps, fps))
    tracked, bare = Scorer(), Scorer()
    found: list[Detections] = []
    persons, within = 0, footage.rate / fps / 2
    nobody = truth.Labels((), np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
    reached = 0.0
    try:
        for seen in replay.run(lambda _at, detections: found.append(detections)):
            reached = seen.at - first
            progress(reached / footage.seconds if footage.seconds else 0.0)
            number = reached * footage.rate + 1
            frame = truth.near(labels, number, within) if labelled_only else labels.get(round(number), nobody)
            if frame is None:
                continue
            persons += frame.count
            strong = found[-1].confidence >= backend.scale.confidence
            bare.add(frame, found[-1].xyxy[strong], int(strong.sum()))
            visible = [track for track in seen.persons if track.seen]
            tracked.add(frame, _boxes(visible), seen.count, tuple(track.id for track in visible))
    except (CorruptStream, OSError, av.error.FFmpegError) as err:
        why = getattr(err, "strerror", None) or err
        raise ConfigurationError(f"{video} cannot be decoded after {reached:.1f} s: {why}") from err
    if replay.reached is None:
        raise ConfigurationError(f"no picture of {video} could be decoded")
    figures = tracked.figures()
    if not figures.pictures:
        raise ConfigurationError(f"no picture of {video} was looked at where it has labels")
    return Evaluation(
        sequence.folder.name, backend.model, backend.precision, fps, persons / figures.pictures,
        figures, bare.figures(), timed.seconds / replay.inferences * 1000,
    )  # fmt: skip


def _boxes(tracks: Sequence[Track]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
