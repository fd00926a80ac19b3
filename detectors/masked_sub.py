"""The live sub stream with privacy masks painted in: decoded pictures encoded anew, while somebody watches.

The pictures are those that the camera's own decoder gives, wherever that is: nothing is decoded twice, and a suspect's
stream stays apart. Painting and encoding have a thread of their own, behind the analysis in the kernel's order. Not
here: decoding, which masks there are.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import threading
from collections import deque
from collections.abc import Callable

import av
import av.error

from detectors.decoding import CameraDecoder
from detectors.masked_encoder import MaskedEncoder
from detectors.sampling.policy import Metronome
from vms.bus.watch import WatchDesk
from vms.domain.masks import Outlines, seal
from vms.domain.messages import StreamReason
from vms.ingest.live import LiveStream
from vms.ingest.stream import MediaPacket, Run, StreamInfo

log = logging.getLogger(__name__)

#: So many cameras at a time in one process; the next watcher is told ``busy``.
MOST = 4
#: Pictures a second at most; of a stream that is decoded apart, in a process that serves all of those.
MOST_FPS = 25.0
APART_FPS = 4.0
#: Pictures that wait; an encoder that is behind leaves the oldest out.
_WAITING = 4
#: Whether anybody still watches is looked at so often (seconds).
_LOOK_S = 0.5
NICE = 10

#: Why there is no picture now, or None; and the stream's size.
Condition = Callable[[], tuple[StreamReason | None, tuple[int, int]]]


class MaskedSub:
    """Of one camera. ``wants``, ``frame`` and ``end`` in the reading thread, all else in the event loop."""

    def __init__(
        self,
        desk: WatchDesk,
        site: str,
        camera: str,
        condition: Condition,
        seats: threading.Semaphore,
        masks: Outlines,
    ) -> None:
        self._camera = camera
        self._condition = condition
        self._seats = seats
        self._masks = masks
        self._lock = threading.Condition()
        self._waiting: deque[tuple[Run, av.VideoFrame, int]] = deque(maxlen=_WAITING)
        self._source: Run | None = None
        self._encoder: MaskedEncoder | None = None  # while somebody watches
        self._run: Run | None = None  # as watchers know it
        self._of: Run | None = None  # the camera's
        self._key = True  # the next picture is to be one
        self._last_pts = -1
        self._errors = 0  # of the decoder, at its last key frame
        self._grid = Metronome()
        self._closed = False
        self._numbers = itertools.count(1)
        self._live = LiveStream(desk, site, camera, "sub-masked", self._asked)

    # --- the reading thread ------------------------------------------------------------------------------------

    def wants(self, run: Run, packet: MediaPacket, moment: float, decoder: CameraDecoder | None) -> bool:
        """Whether the packet's picture, at ``moment`` (monotonic seconds), is to be shown; asked once for each.

        After an error none is until the next key frame: what is decoded for watchers alone must not bring the
        analysis' decoder to give up.
        """
        self._source = run
        if decoder is None or self._encoder is None or not self._live.watched:
            return False
        if packet.keyframe:
            self._errors = decoder.errors
        if decoder.errors > self._errors:
            return False
        period = 1 / (APART_FPS if decoder.apart else MOST_FPS)
        if not self._grid.due(moment, period / 4):
            return False
        self._grid.beat(moment, period)
        return True

    def frame(self, run: Run, frame: av.VideoFrame) -> None:
        """A decoded picture of ``run``; never waits."""
        if frame.pts is not None:
            with self._lock:
                self._waiting.append((run, frame, frame.pts))
                self._lock.notify()

    def end(self, reason: StreamReason) -> None:
        """The camera's run is over."""
        self._source = None
        with self._lock:
            self._waiting.clear()
            self._of = None
            self._live.end(reason)

    # --- the event loop ----------------------------------------------------------------------------------------

    def cover(self, masks: Outlines) -> None:
        """From now on ``masks`` are painted over; of what was made before nothing is given out."""
        with self._lock:
            if masks != self._masks:
                self._masks, self._of = masks, None  # the next picture begins a run
                self._live.end("connecting")

    def close(self) -> None:
        """Withdraws the profile."""
        self._live.close()
        with self._lock:
            self._closed = True
            self._lock.notify()

    def _asked(self) -> StreamReason | None:
        """Somebody watches: begins, unless that is done. Why it cannot be, or None."""
        reason, size = self._condition()
        source = self._source
        if reason is not None:
            return reason
        with self._lock:
            works = self._encoder is not None
            if works and self._of is not None:
                return None
            if source is None or min(size) < 1 or self._closed:
                return "connecting"
            if not works and not self._seats.acquire(blocking=False):
                return "busy"
            try:
                self._begin(source, size)
                if not works:
                    threading.Thread(target=self._work, name=f"masked:{self._camera}"[:15], daemon=True).start()
            except (av.error.FFmpegError, ValueError, RuntimeError) as err:
                log.error("masked.failed camera=%s error=%s", self._camera, err)
                if not works:
                    self._over("decoder")
                return "decoder"
        return None

    # --- the encoding thread -----------------------------------------------------------------------------------

    def _work(self) -> None:
        with contextlib.suppress(OSError):  # of this thread alone (sched(7))
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while (one := self._next()) is not None:
            try:
                self._show(*one)
            except Exception:  # whatever it is, its seat is given back
                log.exception("masked.failed camera=%s", self._camera)
                with self._lock:
                    self._over("decoder")
                return

    def _next(self) -> tuple[Run, av.VideoFrame, int] | None:
        """The next picture; None when nobody watches any more, and all is given back."""
        with self._lock:
            while not self._closed and self._live.watched:
                if self._waiting:
                    return self._waiting.popleft()
                self._lock.wait(_LOOK_S)
            self._over("connecting")
            return None

    def _show(self, run: Run, frame: av.VideoFrame, pts: int) -> None:
        with self._lock:
            if run is not self._of or self._encoder is None or self._encoder.source != (frame.width, frame.height):
                if run is not self._source:
                    return  # of before a break
                self._begin(run, (frame.width, frame.height))
            masks, key, encoder, shown = self._masks, self._key, self._encoder, self._run
            if pts <= self._last_pts or encoder is None or shown is None:
                return
            self._last_pts, self._key = pts, False
        made = encoder.encode(frame, masks, pts, key=key)
        with self._lock:
            if made is None or self._masks is not masks or self._of is not run:
                self._key = True  # what comes next must not refer to it
                return
            self._live.packet(shown, MediaPacket(made[0], pts, pts, made[1], 0.0))

    def _begin(self, run: Run, size: tuple[int, int]) -> None:
        """A new encoder, and a run of its own with the camera's times."""
        encoder = MaskedEncoder(size)
        info = StreamInfo("h264", *encoder.size, encoder.extradata)
        self._encoder, self._of, self._key, self._last_pts = encoder, run, True, -1
        self._run = Run(f"{run.id}-masked-{next(self._numbers)}", info, run.utc, run.clock)
        self._live.begin(self._run, seal(self._masks))

    def _over(self, reason: StreamReason) -> None:
        self._waiting.clear()
        self._encoder = self._of = self._run = None
        self._live.end(reason)
        self._seats.release()
