"""One camera stream pulled by one thread: ``run`` retries for ever, ``run_once`` is one session.

The thread asks and opens; while the camera plays a ``ReadingLoop`` reads for it, or it reads itself. In its own thread
a sink may decode, and a decoder may hang: a watchdog abandons such a thread (its generation tells it to end, should it
return) and replaces it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from typing import Literal

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest import loop, opening
from vms.ingest.address import target_of
from vms.ingest.backoff import Backoff
from vms.ingest.connection import SILENCE_S, Connection
from vms.ingest.loop import ReadingLoop
from vms.ingest.stream import MediaPacket, PacketSink, Run

log = logging.getLogger(__name__)

#: A thread that has not ended its session by so long after it should have is given up.
GRACE_S = 3.0

#: A watchdog that wakes so much later than it wanted (seconds) was not the only one that slept.
STILL_S = 2.0

Phase = Literal["waiting", "opening", "streaming"]


class _Gate:
    """Between one thread and the sink: a thread that was given up is not heard any more, should it return."""

    def __init__(self, sink: PacketSink) -> None:
        self._sink = sink
        self._open = True
        self._run: Run | None = None

    def begin(self, run: Run) -> None:
        if self._open:
            self._run = run
            self._sink.begin(run)

    def packet(self, run: Run, packet: MediaPacket) -> None:
        if self._open:
            self._sink.packet(run, packet)

    def end(self, run: Run, reason: str) -> None:
        if self._open:
            self._run = None
            self._sink.end(run, reason)

    def trouble(self, reason: str, detail: str) -> None:
        if self._open:
            self._sink.trouble(reason, detail)

    def shut(self, reason: str) -> None:
        """Ends the open run in the thread's stead."""
        self._open = False
        run, self._run = self._run, None
        if run is not None:
            self._sink.end(run, reason)


class StreamReader:
    """Pulls ``url`` into ``sink`` until stopped. ``url`` carries credentials: it is never logged.

    With ``reading`` the sink is called in that loop's thread, which it must not hold up; without, in its own.
    """

    def __init__(
        self, camera: str, profile: str, url: str, sink: PacketSink, clock: Clock, reading: ReadingLoop | None = None
    ) -> None:
        self.camera = camera
        self.profile = profile
        self._url = url
        self._sink = sink
        self._gate = _Gate(sink)
        self._clock = clock
        self._stop = threading.Event()
        self._backoff = Backoff()
        self._generation = 0
        self._thread: threading.Thread | None = None
        self._phase: Phase = "waiting"
        self._phase_since = clock.monotonic()
        self._reading = reading
        self._link: socket.socket | None = None
        self._connection: Connection | None = None
        self.abandoned = 0

    def start(self) -> None:
        """Starts the thread."""
        self._gate = _Gate(self._sink)
        self._thread = threading.Thread(
            target=self.run, args=(self._generation, self._gate), name=f"{self.profile}:{self.camera}"[:15], daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end, also out of a blocked read; returns at once."""
        self._stop.set()
        if (link := self._link) is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def join(self, timeout: float) -> bool:
        """Waits for the thread's end; False when it still hangs."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def run(self, generation: int, gate: PacketSink) -> None:
        """Retries for ever; ends when stopped or replaced."""
        last_reason = ""
        while self._current(generation):
            begun = self._clock.monotonic()
            try:
                self.run_once(generation, gate)
                continue
            except IngestError as err:
                reason, detail = err.reason, err.detail
            except Exception:  # a sink's fault must not end the pulling of this camera
                log.exception("stream.failed camera=%s profile=%s", self.camera, self.profile)
                reason, detail = "corrupt", "internal error, see the log"
            if not self._current(generation):
                return
            if self._phase == "streaming":
                last_reason = ""  # it went well meanwhile: the end is news
            self._enter("waiting", generation)
            delay = self._backoff.next_delay(reason, self._clock.monotonic() - begun)
            if reason != last_reason:
                log.warning("stream.lost camera=%s profile=%s reason=%s detail=%s retry_s=%.1f",
                            self.camera, self.profile, reason, detail, delay)  # fmt: skip
                last_reason = reason
            try:
                gate.trouble(reason, detail)
            except Exception:  # nor may what the sink makes of it end the pulling
                log.exception("stream.failed camera=%s profile=%s", self.camera, self.profile)
            self._stop.wait(delay)

    def run_once(self, generation: int, gate: PacketSink) -> None:
        """One session: opens, and reads to its end. Raises ``IngestError`` then."""
        self._enter("waiting", generation)
        target = target_of(self._url)
        self._enter("opening", generation)
        playing = opening.play(target, asking=lambda link: self._ask(link, generation))
        try:
            self._enter("streaming", generation)
            log.info("stream.opened camera=%s profile=%s", self.camera, self.profile)
            connection = Connection(self.camera, playing, gate, self._clock, lambda: not self._current(generation))
            if generation == self._generation:
                self._connection = connection
            if self._reading is not None:
                self._reading.serve(connection)
            else:
                loop.pump(connection, self._clock)
        finally:
            playing.close()

    def watch(self, awake_since: float) -> None:
        """The watchdog's look, once a second: replaces a thread that should have ended its session long ago.

        ``awake_since``: since when (monotonic seconds) this process has run without standing still.
        """
        if self._stop.is_set() or self._phase == "waiting":
            return
        bound, since = opening.TIMEOUT_S, self._phase_since
        if self._phase == "streaming":
            if self._reading is not None:
                return
            bound, since = SILENCE_S, max(since, 0.0 if self._connection is None else self._connection.seen_at)
        if self._clock.monotonic() - max(since, awake_since) > bound + GRACE_S:
            self._replace()

    def _current(self, generation: int) -> bool:
        return generation == self._generation and not self._stop.is_set()

    def _enter(self, phase: Phase, generation: int) -> None:
        if generation == self._generation:
            self._phase, self._phase_since = phase, self._clock.monotonic()

    def _ask(self, link: socket.socket, generation: int) -> None:
        if generation == self._generation:
            self._link = link
        if not self._current(generation):  # told to end before the connection was known
            raise ConnectionAbortedError

    def _replace(self) -> None:
        log.error("stream.abandoned camera=%s profile=%s", self.camera, self.profile)
        self.abandoned += 1
        self._generation += 1
        if (link := self._link) is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._gate.shut("timeout")
        self._sink.trouble("timeout", "the connection hung")
        self._enter("waiting", self._generation)
        self.start()


class Watchdog:
    """One thread that looks after all readers of a process, and after the loop that reads for them."""

    def __init__(self, clock: Clock, reading: ReadingLoop | None = None, interval_s: float = 1.0) -> None:
        self._clock = clock
        self._reading = reading
        self._readers: set[StreamReader] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._interval = interval_s
        self._thread = threading.Thread(target=self._loop, name="watchdog", daemon=True)

    def start(self) -> None:
        """Starts looking."""
        self._thread.start()

    def add(self, reader: StreamReader) -> None:
        """Looks after ``reader`` from now on."""
        with self._lock:
            self._readers.add(reader)

    def remove(self, reader: StreamReader) -> None:
        """Forgets ``reader``."""
        with self._lock:
            self._readers.discard(reader)

    def close(self) -> None:
        """Stops looking."""
        self._stop.set()

    def _loop(self) -> None:
        awake_since = looked_at = self._clock.monotonic()
        while not self._stop.wait(self._interval):
            before, looked_at = looked_at, self._clock.monotonic()
            if looked_at - before > self._interval + STILL_S:
                awake_since = looked_at  # this process stood still, and so did who is looked after
            if self._reading is not None:
                self._reading.end_if_hung(awake_since)
            with self._lock:
                readers = list(self._readers)
            for reader in readers:
                try:
                    reader.watch(awake_since)
                except Exception:  # one camera's fault must not leave the others unwatched
                    log.exception("watchdog.failed camera=%s profile=%s", reader.camera, reader.profile)
