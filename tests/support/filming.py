"""A scripted camera that films on and on, and remembers which frame it sent when, so that what is missing shows."""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass

from tests.support.footage import Unit
from tests.support.scripted_rtsp import UNITS, Connection, h264_sdp
from vms.ingest.stream import TIMESCALE
from vms.media import nal

FPS = 25


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame that was sent: when (UTC seconds, monotonic seconds), and its last NAL unit."""

    utc: float
    at: float
    slice: bytes
    key: bool


class Filming:
    """A behaviour for ``ScriptedCamera``; one session at a time is remembered in ``shots``.

    ``buffer`` bytes wait for the network at most; then frames are left out up to the next key frame, as cameras do.
    """

    def __init__(self, units: tuple[Unit, ...] = UNITS, buffer: int | None = None) -> None:
        self.units = units
        self.shots: list[Shot] = []
        self.left_out = 0
        self.plays = 0
        self._buffer = buffer

    def __call__(self, connection: Connection) -> None:
        if self._buffer is not None:
            connection.link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._buffer)
        if not connection.shake_hands(h264_sdp(connection.port, self.units)):
            return
        self.plays += 1
        begun, number, waiting = time.monotonic(), 0, True
        sequence = 0
        while True:
            connection.pause(max(0.0, begun + number / FPS - time.monotonic()))
            unit = self.units[number % len(self.units)]
            writable = bool(select.select([], [connection.link], [], 0)[1])
            waiting = not (writable and unit.key) if waiting else not writable
            parts = list(nal.split(unit.payload))
            if waiting:
                self.left_out += 1
                sequence += len(parts)  # they were numbered before the line turned out to be full
            else:
                ticks = number * TIMESCALE // FPS
                self.shots.append(Shot(time.time(), time.monotonic(), parts[-1], unit.key))
                for part in parts:
                    last = part is parts[-1]
                    rtp = struct.pack(">BBHII", 0x80, 96 | last << 7, sequence & 0xFFFF, ticks & 0xFFFFFFFF, 7)
                    connection.interleaved(0, rtp + part)
                    sequence += 1
            number += 1

    def bit_rate(self) -> float:
        """What it would like to send, bit/s."""
        return 8 * sum(len(unit.payload) for unit in self.units) * FPS / len(self.units)
