"""In which process a camera's pictures are decoded: in this one, or apart for suspects. One for the whole process.

Not here: who is a suspect (``suspects``), decoding itself (``sampling.decoder``, ``sampling.apart``), when a picture is
due (``sampling.policy``).
"""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import av

from detectors.sampling.apart import Apart, ApartDecoder, DecoderDied, NotStarted
from detectors.sampling.decoder import CorruptStream, GopDecoder, Group
from detectors.suspects import Suspects, Why
from vms.domain.clock import Clock
from vms.ingest.stream import MediaPacket

log = logging.getLogger(__name__)

#: Two looks further apart than this (seconds): the process stood still, and so did its decoders.
STILL_S = 5.0


class Decoding:
    """``decoder`` for each run of a camera, ``look`` every few seconds, ``stopping`` and ``close`` at the end."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._suspects = Suspects(folder, clock)
        self._apart = Apart(clock)
        self._numbers = itertools.count()
        self._looked_at = self._awake_since = clock.monotonic()

    def decoder(self, camera: str, codec: str, extradata: bytes) -> CameraDecoder:
        """For one run of ``camera``."""
        return CameraDecoder(self, camera, codec, extradata)

    def why_apart(self, camera: str) -> Why | None:
        """Why the camera's pictures are not decoded in this process; None: they are."""
        return self._suspects.why(camera)

    def look(self) -> None:
        """Finds decoders that do not come back: their cameras are decoded apart from the next run on."""
        now = self._clock.monotonic()
        if now - self._looked_at > STILL_S:
            self._awake_since = now
        self._looked_at = now
        for camera in self._suspects.stuck(self._awake_since):
            self._suspects.accuse(camera, "hung")
        self._suspects.spare(self._awake_since)

    def stopping(self) -> None:
        """The process ends because it was told to."""
        self._suspects.stopping()

    def close(self) -> None:
        """Ends the other process, and writes down what is known of suspects."""
        self._apart.close()
        self._suspects.close()

    def here(self, camera: str, codec: str, extradata: bytes) -> GopDecoder:
        """A decoder in this process."""
        return GopDecoder(codec, extradata, self._suspects.door(camera))

    def elsewhere(self, camera: str, codec: str, extradata: bytes) -> ApartDecoder:
        """A decoder in the other one."""
        return ApartDecoder(self._apart, camera, codec, extradata, f"{next(self._numbers)}")

    def blame(self, camera: str, why: Why) -> None:
        """The camera's stream gave cause to decode it apart."""
        self._suspects.accuse(camera, why)


class CameraDecoder:
    """One run's decoder; at a key frame it moves to the other process or back. Belongs to the reading thread, but for
    ``group``."""

    def __init__(self, decoding: Decoding, camera: str, codec: str, extradata: bytes) -> None:
        self._decoding = decoding
        self._camera = camera
        self._codec = codec
        self._extradata = extradata
        self._inner = self._open()

    def feed(self, packet: MediaPacket) -> None:
        """As ``GopDecoder.feed``; also raises ``DecoderDied`` and ``NotStarted``."""
        if packet.keyframe and self.apart != self._is_apart():
            self._inner = self._open()
        try:
            self._inner.feed(packet)
        except CorruptStream as err:
            self._blame(err)
            raise

    def picture(self) -> av.VideoFrame | None:
        """As ``GopDecoder.picture``; also raises ``DecoderDied`` and ``NotStarted``."""
        errors = self._inner.errors
        try:
            frame = self._inner.picture()
        except CorruptStream as err:
            self._blame(err)
            raise
        if self._inner.errors > errors:
            self._blame(None)
        return frame

    @property
    def apart(self) -> bool:
        """Whether the other process decodes."""
        return isinstance(self._inner, ApartDecoder)

    @property
    def errors(self) -> int:
        """Packets that did not decode, since it last moved."""
        return self._inner.errors

    def group(self) -> Group:
        """The newest group, for decoding it in another thread; empty when that must not be."""
        return self._inner.group()

    def _is_apart(self) -> bool:
        return self._decoding.why_apart(self._camera) is not None

    def _open(self) -> GopDecoder | ApartDecoder:
        make = self._decoding.elsewhere if self._is_apart() else self._decoding.here
        return make(self._camera, self._codec, self._extradata)

    def _blame(self, err: CorruptStream | None) -> None:
        if isinstance(err, NotStarted):
            return
        why: Why = "errors" if not isinstance(err, DecoderDied) else "hung" if err.hung else "died"
        self._decoding.blame(self._camera, why)
