"""What a stream brings before its camera's folder is mended: kept, and handed on in order once it is.

Opening a stream takes seconds, up to its first key frame, and mending waits for the disk: neither waits for the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from vms.domain.errors import IngestError
from vms.ingest.stream import MediaPacket, PacketSink, Run

log = logging.getLogger(__name__)

#: Half a minute of 4 Mbit/s; mending takes a second.
MAX_EARLY_BYTES = 16 * 1024 * 1024


class EarlyPackets:
    """A ``PacketSink`` in front of another; ``release`` from any thread, once."""

    def __init__(self, sink: PacketSink, max_bytes: int = MAX_EARLY_BYTES) -> None:
        self._sink = sink
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._held: list[Callable[[], None]] | None = []
        self._bytes = 0

    def begin(self, run: Run) -> None:
        """A new run starts with the next packet."""
        self._pass(partial(self._sink.begin, run))

    def packet(self, run: Run, packet: MediaPacket) -> None:
        """One access unit; raises ``IngestError`` (``disk``) when too much waits for the mending."""
        if self._held is None:
            self._sink.packet(run, packet)
            return
        self._pass(partial(self._sink.packet, run, packet), len(packet.payload))

    def end(self, run: Run, reason: str) -> None:
        """The run is over."""
        self._pass(partial(self._sink.end, run, reason))

    def trouble(self, reason: str, detail: str) -> None:
        """No pictures: says why."""
        self._pass(partial(self._sink.trouble, reason, detail))

    def release(self) -> None:
        """Hands on what was kept; whatever comes from now on goes straight through."""
        with self._lock:
            for event in self._held or ():
                try:
                    event()
                except Exception:  # as in the reading thread: one fault must not lose what follows
                    log.exception("stream.failed early=%d", len(self._held or ()))
            self._held = None

    def _pass(self, event: Callable[[], None], size: int = 0) -> None:
        with self._lock:
            if self._held is not None:
                if self._bytes + size > self._max_bytes:
                    raise IngestError("disk", "what is on the disk is still being mended")
                self._bytes += size
                self._held.append(event)
                return
        event()
