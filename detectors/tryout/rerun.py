"""The service's own path over recorded stretches: sampled, looked at, detected, tracked and ruled as by the detector.

Moments are the UTC of the recording, so schedules apply, and where nothing was recorded time passes for tracker and
rules as it did for the detector. What the detector must decode lest it miss somebody, a try-out need not: it can see
by the next key frame whether anything happened before it. Not here: alerts as they are told (``alerts``), the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error

from detectors import pictures
from detectors.analysis import Analysis
from detectors.inference.backend import Backend, Picture
from detectors.rules.camera_rules import RuleEvent
from detectors.sampling.decoder import CorruptStream, GopDecoder
from detectors.sampling.policy import Sampler
from detectors.sampling.scene import SIZE, SceneChange
from detectors.tryout.stretches import Reading, reading
from vms.domain.tryouts import Failure, Stretch
from vms.media.reading import SampleInfo

log = logging.getLogger(__name__)

#: So many looks in a row without a picture are a hole; one or two are a decoder that holds a picture back.
BARREN_LOOKS = 3
#: After a look the recording counts as looked at for so long, or for two idle periods.
LOOK_LASTS_S = 15.0
#: Stretches that are no further apart belong to one run: what the sampler learnt of the stream holds on.
ABUTS_S = 0.5
#: A stream whose decoder gave up is left alone so long, then twice as long, up to the last; as the detector does.
CORRUPT_WAIT_S = (5.0, 60.0)


@dataclass(slots=True)
class Account:
    """Seconds of recording: looked at, and lost because no picture could be had. ``cause``: of the last loss."""

    looked_s: float = 0.0
    lost_s: float = 0.0
    cause: Failure = "no_footage"
    looks: int = 0
    inferences: int = 0


@dataclass(slots=True)
class _Cursor:
    """How far within one stretch is accounted for."""

    account: Account
    lasts_s: float
    at: float
    barren: int = 0

    def seen(self, moment: float) -> None:
        """A picture was had at ``moment``."""
        hole = self.barren >= BARREN_LOOKS or moment - self.at > self.lasts_s
        self._pass(moment, lost=hole)
        self.barren = 0

    def missed(self, looks: int = 1) -> None:
        """A look gave none."""
        self.barren += looks
        if self.barren >= BARREN_LOOKS:
            self.account.cause = "undecodable"

    def close(self, read_to: float, end: float) -> None:
        """The stretch could be read until ``read_to``; it should have reached to ``end``."""
        self._pass(min(max(read_to, self.at), end), lost=self.barren >= BARREN_LOOKS)
        self._pass(end, lost=True)

    def _pass(self, moment: float, *, lost: bool) -> None:
        if (passed := moment - self.at) <= 0:
            return
        self.at = moment
        if lost:
            self.account.lost_s += passed
        else:
            self.account.looked_s += passed


@dataclass(slots=True)
class Rerun:
    """One camera's recordings, from a new start of its analysis."""

    backend: Backend
    analysis: Analysis
    sampler: Sampler
    keys_only: bool = False
    account: Account = field(default_factory=Account)
    _scene: SceneChange = field(default_factory=SceneChange)
    _scout: SceneChange = field(default_factory=SceneChange)  # of key frames alone, ahead of ``_scene``
    _attentive: bool = False
    _persons: int = 0
    _moment: float = float("-inf")
    _ended: float = float("-inf")
    _aside_for: float = 0.0

    def over(self, stretch: Stretch) -> Iterator[tuple[RuleEvent, ...]]:
        """Goes through one stretch, yields after every look what the rules said; stretches come in order.

        What cannot be read or decoded is accounted as lost, and said in the log.
        """
        cursor = _Cursor(self.account, max(LOOK_LASTS_S, 2 / self.sampler.rates.idle_fps), stretch.start)
        if stretch.start - self._ended > ABUTS_S:
            self.sampler.restart()
        self._ended = stretch.end
        try:
            with reading(stretch) as opened:
                yield from self._read(opened, cursor)
        except FileNotFoundError:
            self._lost(cursor, stretch, "no_footage", "it is not there any more")
        except (av.error.FFmpegError, ValueError, MemoryError) as err:
            self._lost(cursor, stretch, "undecodable", f"{type(err).__name__}: {err}")
        except OSError as err:
            self._lost(cursor, stretch, "disk", err.strerror or type(err).__name__)

    def _read(self, opened: Reading, cursor: _Cursor) -> Iterator[tuple[RuleEvent, ...]]:
        stretch = opened.stretch
        decoder = GopDecoder(opened.codec, opened.setup)
        waiting: list[SampleInfo] = []
        read_to, aside_until = stretch.start, float("-inf")
        for utc, sample, lively in self._scouted(opened):
            self.sampler.attentive = self._attentive and lively
            read_to = max(read_to, opened.lasts_to(sample))
            if self.keys_only and not sample.keyframe:
                continue
            if sample.keyframe:
                waiting.clear()  # as the decoder would: what was not wanted so far never will be
            waiting.append(sample)
            if utc < stretch.start:
                continue
            self._moment = moment = max(self._moment, utc)
            if moment < aside_until or not self.sampler.packet(moment, key=sample.keyframe).look:
                continue
            try:
                for one in waiting:
                    decoder.feed(opened.packet(one))
                waiting.clear()
                frame = decoder.picture()
            except CorruptStream:
                waiting.clear()
                decoder = GopDecoder(opened.codec, opened.setup)
                self._aside_for = min(max(CORRUPT_WAIT_S[0], 2 * self._aside_for), CORRUPT_WAIT_S[1])
                aside_until = moment + self._aside_for
                cursor.missed(BARREN_LOOKS)
                yield ()
                continue
            if frame is None:
                cursor.missed()
                yield ()
                continue
            self._aside_for = 0.0
            cursor.seen(moment)
            at = max(opened.shown(frame.pts), stretch.start) if frame.pts is not None else moment
            yield self._look(frame, at, moment)
        cursor.close(read_to, stretch.end)

    def _scouted(self, opened: Reading) -> Iterator[tuple[float, SampleInfo, bool]]:
        """The samples, and whether anything may have happened in their group of pictures: the next looks otherwise."""
        group: list[tuple[float, SampleInfo]] = []
        for utc, sample in opened.samples():
            if sample.keyframe and group:
                lively = self._happened(opened, utc, sample)
                for moment, one in group:
                    yield moment, one, lively
                group.clear()
            group.append((utc, sample))
        for moment, one in group:
            yield moment, one, True

    def _happened(self, opened: Reading, utc: float, key: SampleInfo) -> bool:
        if not self._attentive or self.keys_only or self.sampler.active(utc):
            return True  # it makes no difference
        decoder = GopDecoder(opened.codec, opened.setup)
        try:
            decoder.feed(opened.packet(key))
            frame = decoder.picture()
        except CorruptStream:
            return True
        return frame is None or self._scout.look(pictures.grey(frame, *SIZE), utc, quiet=not self._persons)

    def _look(self, frame: av.VideoFrame, at: float, moment: float) -> tuple[RuleEvent, ...]:
        self.account.looks += 1
        changed = self._scene.look(pictures.grey(frame, *SIZE), moment, quiet=not self._persons)
        if not self.sampler.looked(moment, changed=changed):
            return ()
        self.account.inferences += 1
        size = (frame.width, frame.height)
        picture = pictures.bgr(frame, self.backend.picture_size(*size))
        found = self.backend.detect([Picture("tryout", picture)])[0]
        seen = self.analysis.observe(found, self.backend.scale, size, at, moment)
        self._persons = seen.count
        self._attentive = seen.attentive
        if seen.persons or seen.count:
            self.sampler.persons(moment)
        return seen.events

    def _lost(self, cursor: _Cursor, stretch: Stretch, cause: Failure, why: str) -> None:
        log.warning("stretch.lost file=%s error=%s", Path(stretch.path).name, why)
        self.account.cause = cause
        cursor.close(cursor.at, stretch.end)
