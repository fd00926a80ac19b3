"""One camera stream pulled by one thread: ``run`` retries for ever, ``run_once`` is one session.

A watchdog outside the thread looks at the age of the last video packet and frees a thread that hangs in
libav; one that cannot be freed is abandoned (its generation tells it to close and end, should it return) and
replaced.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from typing import Literal

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest import preflight, sockets
from vms.ingest.backoff import Backoff
from vms.ingest.session import Session, open_container
from vms.ingest.stream import MediaPacket, PacketSink, Run

log = logging.getLogger(__name__)

#: No video packet for so long: the session is dead, whatever the socket says. Seen and acted on within 10 s.
SILENCE_S = 7.0
#: Opening takes 0.06 s as a rule; libav's own bound is 4 s for each answer.
OPENING_S = 8.0
#: Time for a freed thread to come back before it is given up.
GRACE_S = 3.0
#: After the question, before the session: GStreamer still takes the one's media down, and would answer 503.
PAUSE_S = 0.2
#: Longest wait for other openings to the same address.
TURN_S = 10.0

_PEER_LOCKS = sockets.PeerLocks()
Phase = Literal["waiting", "opening", "streaming"]


class _Gate:
    """Between one thread and the sink: a thread that was given up is not heard any more, should it return."""

    def __init__(self, sink: PacketSink) -> None:
        self._sink = sink
        self._open = True
        self._run: Run | None = None
        self.silent = False  # the watchdog ended the session: whatever libav says then, it was silence

    def begin(self, run: Run) -> None:
        if self._open:
            self._run = run
            self.silent = False
            self._sink.begin(run)

    def packet(self, run: Run, packet: MediaPacket) -> None:
        if self._open:
            self._sink.packet(run, packet)

    def end(self, run: Run, reason: str) -> None:
        if self._open:
            self._run = None
            self._sink.end(run, "timeout" if self.silent else reason)

    def trouble(self, reason: str, detail: str) -> None:
        if self._open:
            if self.silent:
                self.silent, reason, detail = False, "timeout", "no video came"
            self._sink.trouble(reason, detail)

    def shut(self, reason: str) -> None:
        """Ends the open run in the thread's stead."""
        self._open = False
        run, self._run = self._run, None
        if run is not None:
            self._sink.end(run, reason)


class StreamReader:
    """Pulls ``url`` into ``sink`` until stopped. ``url`` carries credentials: it is never logged."""

    def __init__(self, camera: str, profile: str, url: str, sink: PacketSink, clock: Clock) -> None:
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
        self._connection: sockets.Connection | None = None
        self._freed_at: float | None = None
        self._asking: socket.socket | None = None
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
        self._free()
        if (asking := self._asking) is not None:
            with contextlib.suppress(OSError):
                asking.shutdown(socket.SHUT_RDWR)

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
        """One session: asks the camera what it has, opens, pumps. Raises ``IngestError`` at its end."""
        self._enter("waiting", generation)
        target = preflight.target_of(self._url)
        preflight.describe(target, asking=self._ask)
        self._asking = None
        if self._stop.wait(PAUSE_S):
            return

        def found(connection: sockets.Connection) -> None:
            if generation == self._generation:
                self._connection = connection
            if not self._current(generation):  # told to end before the connection was known
                sockets.shut_down(connection)

        with _PEER_LOCKS.turn(target.peer, TURN_S, found):
            self._enter("opening", generation)
            container = open_container(self._url)
        with container:
            if not self._current(generation):
                return
            self._enter("streaming", generation)
            log.info("stream.opened camera=%s profile=%s", self.camera, self.profile)
            Session(
                container,
                gate,
                self._clock,
                stopped=lambda: not self._current(generation),
                seen=lambda: self._enter("streaming", generation),
            ).pump()

    def watch(self) -> None:
        """The watchdog's look, once a second: frees, then replaces a thread that hangs."""
        if self._stop.is_set() or self._phase == "waiting":
            return
        now = self._clock.monotonic()
        if self._freed_at is not None:
            if now - self._freed_at > GRACE_S:
                self._replace()
            return
        if now - self._phase_since > (SILENCE_S if self._phase == "streaming" else OPENING_S):
            log.warning("stream.silent camera=%s profile=%s phase=%s", self.camera, self.profile, self._phase)
            self._freed_at = now
            self._gate.silent = True
            self._free()

    def _current(self, generation: int) -> bool:
        return generation == self._generation and not self._stop.is_set()

    def _enter(self, phase: Phase, generation: int) -> None:
        if generation == self._generation:
            self._phase, self._phase_since, self._freed_at = phase, self._clock.monotonic(), None
            if phase == "waiting":
                self._connection = None

    def _ask(self, link: socket.socket) -> None:
        self._asking = link

    def _free(self) -> None:
        if self._connection is not None:  # unknown: not ours alone, so the thread is given up instead
            sockets.shut_down(self._connection)

    def _replace(self) -> None:
        log.error("stream.abandoned camera=%s profile=%s", self.camera, self.profile)
        self.abandoned += 1
        self._generation += 1
        self._gate.shut("timeout")
        self._sink.trouble("timeout", "the connection hung")
        self._enter("waiting", self._generation)
        self.start()


class Watchdog:
    """One thread that looks after all readers of a process."""

    def __init__(self, interval_s: float = 1.0) -> None:
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
        while not self._stop.wait(self._interval):
            with self._lock:
                readers = list(self._readers)
            for reader in readers:
                try:
                    reader.watch()
                except Exception:  # one camera's fault must not leave the others unwatched
                    log.exception("watchdog.failed camera=%s profile=%s", reader.camera, reader.profile)
