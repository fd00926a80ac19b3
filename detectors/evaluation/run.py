"""The service's own path over one labelled sequence, and beside it the bare model on the same pictures.

Not here: reading a sequence's folder (``sequence``), whether the film is whole (``intact``), choosing a model,
printing.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
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
from vms.ingest.stream import TIMESCALE

CAMERA = Camera.model_validate(
    {"id": "evaluation", "name": "evaluation", "placement": "corridor", "streams": {"main": "rtsp://camera/main"}}
)
#: So far from a labelled moment persons still stand where the label says (seconds): half the time between pictures at
#: the service's usual four a second.
NEAR_S = 0.125


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
    passed_over: int  # pictures next to a labelled frame, but too far away in time to be compared with it
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
    shown: Sequence[float],
    backend: Backend,
    fps: float,
    progress: Callable[[float], None] = lambda _share: None,
    *,
    labelled_only: bool = False,
) -> Evaluation:
    """Scores every picture that the service looks at, ``fps`` a second; ``progress`` hears the share that is done.

    ``shown``: when each frame is (``intact``). A frame without a label has nobody in it; with ``labelled_only`` it says
    nothing, and a picture is scored where a labelled frame is no further away than half the time to the next picture,
    and than ``NEAR_S``. Raises ``ConfigurationError`` for a video that the service cannot decode.
    """
    video, size = sequence.video, sequence.footage.size
    labels = {shown[number - 1]: frame for number, frame in sequence.labels.items() if number <= len(shown)}
    backend.detect([Picture("evaluation", np.zeros((size[1], size[0], 3), np.uint8))])  # compiled before the clock runs
    timed = _Timed(backend)
    replay = Replay(video, timed, Analysis("evaluation", CAMERA, ZoneInfo("UTC")), Rates(fps, fps))
    tracked, bare = Scorer(), Scorer()
    found: list[Detections] = []
    persons = passed_over = 0
    nobody = truth.Labels((), np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
    reached = 0.0
    try:
        for seen in replay.run(lambda _at, detections: found.append(detections)):
            place = _place(shown, seen.at)
            if place is None:  # a cut film holds pictures that it does not show
                continue
            reached = seen.at - shown[0]
            progress((place + 1) / len(shown))
            moment = shown[place]
            if labelled_only:
                moment = min(labels, key=lambda one: abs(one - seen.at), default=math.inf)
                away = abs(moment - seen.at)
                if away > min(0.5 / fps, NEAR_S):
                    passed_over += away <= 0.5 / fps
                    continue
            frame = labels.get(moment, nobody)
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
        more = ": ask for more a second with --fps" if passed_over else ""
        raise ConfigurationError(f"no picture of {video} was looked at where it has labels{more}")
    return Evaluation(
        sequence.folder.name, backend.model, backend.precision, fps, persons / figures.pictures,
        figures, bare.figures(), passed_over, timed.seconds / replay.inferences * 1000,
    )  # fmt: skip


def _place(shown: Sequence[float], at: float) -> int | None:
    """Which of the pictures is shown ``at``, a time that was rounded to ticks; None: no one is."""
    tick = 1 / TIMESCALE
    place = bisect_left(shown, at - tick)
    return place if place < len(shown) and shown[place] <= at + tick else None


def _boxes(tracks: Sequence[Track]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
