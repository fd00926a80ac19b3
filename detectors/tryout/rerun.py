"""The service's own path over recorded stretches: what looks is the detector's own ``Looker``.

Moments are the UTC of the recording, so schedules apply, and where nothing was recorded time passes for tracker and
rules as it did for the detector. Not here: alerts as they are told (``alerts``), the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error

from detectors.inference.backend import Backend
from detectors.looker import Looker, detect
from detectors.rules.camera_rules import RuleEvent
from detectors.sampling.decoder import CorruptStream, GopDecoder
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


class _OnDemand:
    """A decoder that reads a picture's bytes when they are wanted: while nothing moves, a tenth of them."""

    def __init__(self, opened: Reading) -> None:
        self._opened = opened
        self._decoder = GopDecoder(opened.codec, opened.setup)
        self._waiting: list[SampleInfo] = []

    def feed(self, packet: SampleInfo) -> None:
        if packet.keyframe:
            self._waiting.clear()  # as the decoder would: what was not wanted so far never will be
        self._waiting.append(packet)

    def picture(self) -> av.VideoFrame | None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._decoder.feed(self._opened.packet(one))
        return self._decoder.picture()


@dataclass(slots=True)
class Rerun:
    """One camera's recordings, from a new start of its analysis."""

    backend: Backend
    looker: Looker[SampleInfo]
    keys_only: bool = False
    account: Account = field(default_factory=Account)
    _moment: float = float("-inf")
    _ended: float = float("-inf")

    def over(self, stretch: Stretch) -> Iterator[tuple[RuleEvent, ...]]:
        """Goes through one stretch, yields after every look what the rules said; stretches come in order.

        What cannot be read or decoded is accounted as lost, and said in the log.
        """
        lasts_s = max(LOOK_LASTS_S, 2 / self.looker.sampler.rates.idle_fps)
        cursor = _Cursor(self.account, lasts_s, stretch.start)
        goes_on = stretch.start - self._ended <= ABUTS_S
        self._ended = stretch.end
        try:
            with reading(stretch) as opened:
                self.looker.begin(lambda: _OnDemand(opened), goes_on=goes_on)
                self.looker.cured()  # it is another file
                yield from self._read(opened, cursor)
        except FileNotFoundError:
            self._lost(cursor, stretch, "no_footage", "it is not there any more")
        except (av.error.FFmpegError, ValueError, MemoryError) as err:
            self._lost(cursor, stretch, "undecodable", f"{type(err).__name__}: {err}")
        except OSError as err:
            self._lost(cursor, stretch, "disk", err.strerror or type(err).__name__)

    def _read(self, opened: Reading, cursor: _Cursor) -> Iterator[tuple[RuleEvent, ...]]:
        stretch = opened.stretch
        read_to = stretch.start
        for utc, sample in opened.samples():
            read_to = max(read_to, opened.lasts_to(sample))
            if self.keys_only and not sample.keyframe:
                continue
            if utc < stretch.start:
                self.looker.feed(sample)
                continue
            self._moment = moment = max(self._moment, utc)
            if sample.keyframe:
                self.looker.attend(utc)  # a schedule may have begun
            try:
                look = self.looker.packet(sample, moment)
            except CorruptStream:
                cursor.missed(BARREN_LOOKS)
                yield ()
                continue
            if look is None:
                continue
            if look.frame is None:
                cursor.missed()
                yield ()
                continue
            cursor.seen(moment)
            at = max(opened.shown(look.frame.pts), stretch.start) if look.frame.pts is not None else moment
            yield self._look(look.frame, at, moment, wanted=look.wanted)
        cursor.close(read_to, stretch.end)

    def _look(self, frame: av.VideoFrame, at: float, moment: float, *, wanted: bool) -> tuple[RuleEvent, ...]:
        self.account.looks += 1
        if not wanted:
            return ()
        self.account.inferences += 1
        size = (frame.width, frame.height)
        return self.looker.observe(detect(self.backend, frame), self.backend.scale, size, at, moment).events

    def _lost(self, cursor: _Cursor, stretch: Stretch, cause: Failure, why: str) -> None:
        log.warning("stretch.lost file=%s error=%s", Path(stretch.path).name, why)
        self.account.cause = cause
        cursor.close(cursor.at, stretch.end)
