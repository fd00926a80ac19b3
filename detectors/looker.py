"""One camera's way from packets to what is observed: sampled, decoded, looked at for change and tampering, analysed.

One class for all who look: the detector at life (``camera``), ``replay`` and ``tryout`` at recordings. Not here: where
packets and their moments come from, who asks the model (live in batches, elsewhere at once), what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import av

from detectors import pictures
from detectors.analysis import Analysis, Observation
from detectors.inference.backend import Backend, Detections, Picture, Scale
from detectors.sampling.apart import DecoderDied
from detectors.sampling.decoder import CorruptStream
from detectors.sampling.policy import Rates, Sampler
from detectors.sampling.scene import SIZE, SceneChange
from detectors.tampering import Tampering

#: A stream whose decoder gave up is left alone so long, then twice as long, up to the last (seconds).
CORRUPT_WAIT_S = (5.0, 60.0)
#: The same for one that takes its decoder's process with it.
FATAL_WAIT_S = (10.0, 600.0)
#: Pictures for so long after a wait, and the next one is as short as the first.
CURED_S = 60.0


class _Coded(Protocol):
    @property
    def keyframe(self) -> bool: ...


P = TypeVar("P", bound=_Coded)
_In_contra = TypeVar("_In_contra", contravariant=True)


class Decoder(Protocol[_In_contra]):
    """What ``GopDecoder`` is to its user; both raise ``CorruptStream``."""

    def feed(self, packet: _In_contra) -> None:
        """Keeps one packet."""

    def picture(self) -> av.VideoFrame | None:
        """The newest picture of what was fed."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture that was due. ``frame`` None: there was none to be had.

    ``wanted``: the model shall see it; ``tile``: watchers of the wall shall; ``looked``: looked at for change, else
    decoded only because somebody watches.
    """

    frame: av.VideoFrame | None = None
    wanted: bool = False
    tile: bool = False
    looked: bool = True


class Looker(Generic[P]):
    """``packet`` for each packet, ``observe`` for what the model found in a ``Look`` that is wanted.

    Moments are seconds of a clock that never goes back. Belongs to one thread, but for ``observe``, which may come from
    another (hold ``analysis.lock``), and ``stop`` and ``begin``, which may take a camera over from one that hangs.
    """

    def __init__(
        self, analysis: Analysis, rates: Rates, camera: str | None = None, left_out: Callable[[], None] = lambda: None
    ) -> None:
        """``camera`` is named in the log; None: it is a recording, and nothing happens now.

        ``left_out`` hears of each picture that was due for the model and will not be decoded.
        """
        self.analysis = analysis
        self.sampler = Sampler(rates)
        self.tampering = Tampering(camera)
        self.persons: int | None = None
        self.aside_for = 0.0  # the last wait of a stream that could not be decoded (seconds)
        self._left_out = left_out
        self._scene = SceneChange()
        self._open: Callable[[], Decoder[P]] | None = None
        self._decoder: Decoder[P] | None = None
        self._busy: Decoder[P] | None = None  # the one that is at work now
        self._aside_until = float("-inf")
        self._seeing = False  # pictures come

    def begin(self, decoder: Callable[[], Decoder[P]], *, goes_on: bool = False) -> None:
        """A new run, or one that ``goes_on`` in another file; ``decoder`` makes one for it, again where it gave up."""
        self._open, self._decoder = decoder, decoder()
        if not goes_on:
            self.sampler.restart()

    def stop(self) -> bool:
        """No pictures until the next run. Whether a thread, which is another one, is inside the decoder."""
        self._decoder, self._seeing, self.persons = None, False, None
        inside, self._busy = self._busy is not None, None
        return inside

    def cured(self) -> None:
        """Whatever could not be decoded is over: it is not waited for longer."""
        self._aside_until, self.aside_for = float("-inf"), 0.0

    def attend(self, utc: float) -> None:
        """Whether somebody must be seen at once, by the rules that are armed at ``utc``."""
        self.sampler.attentive = self.analysis.rules.attentive(utc)

    def feed(self, packet: P) -> None:
        """A packet that others need; its own picture is not asked for."""
        if self._decoder is not None:
            self._decoder.feed(packet)

    def packet(
        self, packet: P, moment: float, *, tile_fps: float = 0.0, show: bool = False, late: bool = False
    ) -> Look | None:
        """What came of the packet; None when nothing was due. A ``late`` one is not decoded.

        ``show``: its picture is wanted by somebody who watches, whatever else is.

        Raises ``CorruptStream`` when the stream is set aside for ``aside_for`` seconds.
        """
        decoder = self._decoder
        if decoder is None or moment < self._aside_until:
            return None
        key = packet.keyframe
        due = self.sampler.packet(moment, key=key, tile_fps=tile_fps)
        if due.left_out or (late and due.granted):
            self._left_out()
        self._busy = decoder
        try:
            decoder.feed(packet)
            looked = due.look or self.tampering.wants(moment, key=key)
            if late or not (looked or show):
                return None
            frame = decoder.picture()
        except CorruptStream as err:
            if decoder is not self._decoder:
                return None
            self._set_aside(moment, err)
            raise
        finally:
            if self._busy is decoder:
                self._busy = None
        if frame is None or decoder is not self._decoder:  # another thread has taken over from one that hung
            return Look()
        if moment - self._aside_until > CURED_S:
            self.aside_for = 0.0
        self._seeing = True
        news = looked and self.tampering.look(frame, moment, key=key)
        if not due.look and not news:
            return Look(frame, looked=False) if show else None
        changed = self._scene.look(pictures.grey(frame, *SIZE), moment, quiet=not self.persons)
        wanted = self.sampler.looked(moment, changed=changed or news)
        return Look(frame, wanted, due.tile)

    def observe(self, found: Detections, scale: Scale, size: tuple[int, int], at: float, moment: float) -> Observation:
        """What the model ``found`` in a picture of a stream of ``size`` means, also for what is sampled next."""
        seen = self.analysis.observe(found, scale, size, at, moment, self.tampering.now)
        if self._seeing:
            self.persons = seen.count if seen.counted else None
        self.sampler.attentive = seen.attentive
        if seen.persons or seen.count:
            self.sampler.persons(moment)
        return seen

    def _set_aside(self, moment: float, err: CorruptStream) -> None:
        first, last = FATAL_WAIT_S if isinstance(err, DecoderDied) else CORRUPT_WAIT_S
        self.aside_for = min(max(first, 2 * self.aside_for), last)
        self._aside_until = moment + self.aside_for
        self._decoder = self._open() if self._open is not None else None
        self._seeing, self.persons = False, None


def detect(backend: Backend, frame: av.VideoFrame) -> Detections:
    """Asks the model at once; for recordings, of which there is one."""
    size = backend.picture_size(frame.width, frame.height)
    return backend.detect([Picture("recording", pictures.bgr(frame, size))])[0]
