"""One session's pictures: put together, checked, given a run, and handed to the sink.

Raises ``IngestError`` where the session is of no use any more; retrying is the reader's matter.
"""

from __future__ import annotations

import uuid
from typing import TypeAlias

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest.anchor import Anchor
from vms.ingest.decode_times import DecodeTimes
from vms.ingest.stream import TIMESCALE, MediaPacket, PacketSink, Run, StreamInfo
from vms.ingest.timestamps import TimestampValidator
from vms.media import nal
from vms.media.nal import ParameterSets
from vms.media.parameters import read_sequence

#: A camera that sends no key frame for so long sends no video that one could use.
MAX_WAIT_FOR_KEY_S = 60.0
#: A pause is told from a jump of the camera's clock when arrival and clock agree on it so well (seconds).
PAUSE_S = 1.0
#: No camera keeps pictures for a full line for longer (seconds): a clock that is ahead by more has jumped.
LONGEST_LOSS_S = 30.0
_MAX_PREFIX = 64 * 1024
#: After so many key frames in one piece the camera is trusted to send pictures whole.
_KEYS_TO_TRUST = 2
#: After so many pictures that RTP had taken apart rightly it is not checked any more.
_LOOKS_TO_TRUST = 100


#: Payload, presentation time, key frame or not, arrival (monotonic, UTC), starts of units, what was missed by then.
_Unit: TypeAlias = tuple[bytes, int | None, bool, float, float, tuple[int, ...], int]


class Session:
    """Feed it every access unit, in order; ``end`` it, whatever happened."""

    def __init__(self, codec: str, sets: ParameterSets, sink: PacketSink, clock: Clock) -> None:
        self._codec = codec
        self._sink = sink
        self._clock = clock
        self._run: Run | None = None
        self._sdp_sets = sets
        self._sets = ParameterSets((), (), ())
        self._anchor: Anchor | None = None
        self._decode_times = DecodeTimes(codec)
        self._validator = TimestampValidator()
        self._waiting_since = clock.monotonic()
        self._prefix = b""
        self._held: _Unit | None = None
        self._looked, self._packed = 0, False
        self._split = False
        self._drifted = False
        self._keys_seen = 0
        self._last_pts, self._last_arrival = 0, self._waiting_since
        self._shift = 0  # from the camera's presentation times to those of the run
        self._given: int | None = None  # presentation time of the picture that was begun last
        self._orphans = 0  # parts of pictures the beginning of which never came
        self._told = 0  # of what was missed, the sink knows so much
        self.arrival = self._waiting_since  # of the latest picture, in monotonic seconds

    def take(self, payload: bytes, pts: int | None, starts: tuple[int, ...] = (), missed: int = 0) -> bool:
        """Takes what the camera marked as one unit; False when there is no picture in it.

        Some cameras send parameter sets, or the slices of one picture, apart. ``pts`` is None when the camera did not
        say; ``starts`` as in ``MediaPacket``; ``missed`` as in ``AccessUnit``.
        """
        picture = nal.first_picture(self._codec, payload)
        if picture is None:
            self._prefix = (self._prefix + payload)[-_MAX_PREFIX:]
            return False
        arrival = self._clock.monotonic()
        if self._prefix:
            payload, self._prefix, starts = self._prefix + payload, b"", ()
        key, first = picture
        if not first:
            if pts != self._given:  # its beginning was lost: no other picture's part, and no sign of life
                self._orphans += 1
                return False
            self.arrival = arrival
            self._split = True
            if self._held is not None:
                self._held = (self._held[0] + payload, *self._held[1:5], (), self._held[6])
            elif self._run is not None:  # its first part is out already: resume whole, at a key frame
                self.end("corrupt")
            return True
        self.arrival, self._given = arrival, pts
        missed += self._orphans
        if self._held is not None:
            self.flush()
        if starts and not self._starts_true(payload, starts, key):
            starts = ()
        # Holding a picture back costs a frame of latency, so only as long as it may have further parts.
        if self._split or self._keys_seen <= _KEYS_TO_TRUST:
            self._keys_seen += key
            self._held = (payload, pts, key, arrival, self._clock.utc(), starts, missed)
        else:
            self._deliver(payload, pts, key, arrival, self._clock.utc(), starts, missed)
        return True

    def told(self, pts: int, camera_utc: float) -> None:
        """The camera says that its own clock showed ``camera_utc`` (seconds since the epoch) at ``pts``."""
        if self._anchor is not None:
            self._anchor.told(pts + self._shift, camera_utc)

    def flush(self) -> None:
        """Nothing more comes: what is held is whole."""
        if self._held is not None:
            held, self._held = self._held, None
            self._deliver(*held)

    def _starts_true(self, payload: bytes, starts: tuple[int, ...], key: bool) -> bool:
        """Whether there are no more units than RTP said. There are cameras that put several into one, at any rate
        in key frames: looked for in those, and in others until they are trusted."""
        if self._packed or (not key and self._looked >= _LOOKS_TO_TRUST):
            return not self._packed
        self._looked += 1
        self._packed = payload.count(nal.START) > len(starts)
        return not self._packed

    def _deliver(
        self,
        payload: bytes,
        given: int | None,
        key: bool,
        arrival: float,
        arrival_utc: float,
        starts: tuple[int, ...],
        missed: int,
    ) -> None:
        decoded = None if given is None else self._decode_times.of(given, payload)
        pts, dts, discontinuity = self._validator.check(given, decoded)
        if discontinuity:
            apart = (pts - self._last_pts) / TIMESCALE
            if missed > self._told and 0 < apart < LONGEST_LOSS_S:
                self.end("lost")
            else:  # as much time as the clock says: the camera sent nothing; else it is the clock that went wrong
                self.end("timeout" if abs(arrival - self._last_arrival - apart) < PAUSE_S else "camera_clock")
        elif self._run is not None and self._anchor is not None:
            self._drifted |= not self._anchor.observe(pts, arrival_utc, arrival)
        self._last_pts, self._last_arrival = pts, arrival
        self._shift = 0 if given is None else pts - given
        if key:
            self._keyed(payload, pts, arrival, arrival_utc)
        run = self._run
        if run is None:  # a run begins with a key frame
            if arrival - self._waiting_since > MAX_WAIT_FOR_KEY_S:
                raise IngestError("no_video", f"no key frame for {MAX_WAIT_FOR_KEY_S:g} s")
            return
        lost, self._told = missed - self._told, missed
        self._sink.packet(run, MediaPacket(payload, pts, dts, key, arrival, starts, lost))

    def _keyed(self, payload: bytes, pts: int, arrival: float, arrival_utc: float) -> None:
        """At a key frame a run may begin, and one that is no longer true ends."""
        if self._drifted:  # the pictures go on without a break: wait for one that can begin a run
            self.end("clock")
        sets = nal.parameter_sets(self._codec, payload) or self._sets or self._sdp_sets
        if self._run is not None and sets != self._sets:
            self.end("codec")
        if self._run is None and sets:  # neither SDP nor key frame may carry them yet
            try:
                sequence = read_sequence(self._codec, sets.sps[0])
            except ValueError as err:
                raise IngestError("corrupt", f"parameter set: {err}") from err
            self._sets = sets
            self._decode_times.reorders = sequence.reorders
            self._anchor = anchor = Anchor(pts, arrival_utc, arrival)
            info = StreamInfo(self._codec, sequence.width, sequence.height, sets.annex_b())
            self._run = Run(uuid.uuid4().hex, info, anchor.utc, anchor.clock)
            self._sink.begin(self._run)

    def end(self, reason: str) -> None:
        """Ends the open run, if there is one; the next key frame begins another."""
        if self._run is not None:
            run, self._run = self._run, None
            self._waiting_since = self._clock.monotonic()
            self._drifted = False
            self._sink.end(run, reason)
