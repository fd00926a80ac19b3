"""Decoding in a process of its own, for cameras that are suspects: what kills it, or hangs in it, ends nothing else.

One process serves them all, one request at a time, so that it is known who killed it. It is started with the first
request and, after a death, with the next one. Not here: who is decoded so (``detectors.decoding``), the process itself
(``apart_process``).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass

import av
import numpy as np

from detectors.sampling.apart_process import ANSWER, ANSWER_S, CORRUPT, LENGTH, NOTHING, PICTURE, READY
from detectors.sampling.decoder import MAX_BYTES, MOST_PIXELS, CorruptStream, Group
from vms.domain.clock import Clock
from vms.ingest.stream import MediaPacket

log = logging.getLogger(__name__)

#: Somebody else's pictures, or the start, take so long: this one is left out.
TURN_S = 2.0
#: Before its first word the process loads its libraries; one that needs longer does not start.
STARTING_S = 60.0
_GRACE_S = 1.0
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
#: The process needs nothing of ours: no camera's password, no address of the bus.
_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH")


class DecoderDied(CorruptStream):
    """The decoder's process ended, hung, or answered nonsense while it served this camera."""

    def __init__(self, camera: str, how: str, *, hung: bool) -> None:
        super().__init__(how)
        self.camera = camera
        self.hung = hung


class NotStarted(CorruptStream):
    """There is no process to decode in, and no stream is to blame for it."""


@dataclass(slots=True)
class _Process:
    popen: subprocess.Popen[bytes]
    link: socket.socket
    begun: float
    ready: bool = False


class Apart:
    """The process; ``picture`` from any thread, ``close`` at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._process: _Process | None = None
        self._started = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return process.popen.pid if process is not None else None

    def picture(
        self, camera: str, codec: str, extradata: bytes, opened: str, packets: list[MediaPacket], *, wanted: bool
    ) -> tuple[av.VideoFrame | None, int] | None:
        """Hands ``packets`` on and, if ``wanted``, has them decoded: the newest picture, and errors so far.

        ``opened`` names the stream's decoder; another name is another decoder. None: it was not this camera's turn,
        or the process is starting, and nothing was handed on. Raises ``DecoderDied``, ``NotStarted``, or
        ``CorruptStream`` where the other process did.
        """
        until = self._clock.monotonic() + TURN_S
        if not self._turn.acquire(timeout=TURN_S):
            return None
        try:
            if self._closed:
                return None
            process = self._process or self._start()
            if not self._ready(process, until):
                return None
            head = {
                "camera": camera, "codec": codec, "extradata": extradata.hex(), "opened": opened, "wanted": wanted,
                "packets": [(len(one.payload), one.pts, one.dts, one.keyframe) for one in packets],
            }  # fmt: skip
            described = json.dumps(head).encode()
            request = [LENGTH.pack(len(described)), described, *(one.payload for one in packets)]
            return self._ask(process, camera, b"".join(request))
        finally:
            self._turn.release()

    def close(self) -> None:
        """Ends the process."""
        self._closed = True
        process = self._process
        if process is not None:
            process.popen.kill()  # who waits for its answer hears of it at once
            with self._turn:
                self._end()

    def _start(self) -> _Process:
        ours, its = socket.socketpair()
        with its:
            try:
                popen = subprocess.Popen(
                    [sys.executable, "-m", "detectors.sampling.apart_process", str(its.fileno())],
                    env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
                    pass_fds=(its.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                )  # fmt: skip
            except OSError as err:
                ours.close()
                raise _not_started(str(err.strerror)) from err
        self._started += 1
        self._process = process = _Process(popen, ours, self._clock.monotonic())
        log.info("apart.started pid=%d number=%d", popen.pid, self._started)
        return process

    def _ready(self, process: _Process, until: float) -> bool:
        """Whether it is at work, or says so by ``until`` (monotonic seconds). Raises ``NotStarted``."""
        if process.ready:
            return True
        now = self._clock.monotonic()
        process.link.settimeout(max(until - now, 0.001))
        try:
            word = process.link.recv(len(READY))
        except TimeoutError:
            if now - process.begun < STARTING_S:
                return False
            word = b""
        if word == READY:
            process.link.settimeout(ANSWER_S + _GRACE_S)
            process.ready = True
        elif not self._closed:
            code = self._end()
            raise _not_started(f"nothing for {now - process.begun:.0f} s" if code is None else f"ended with {code}")
        return process.ready

    def _ask(self, process: _Process, camera: str, request: bytes) -> tuple[av.VideoFrame | None, int]:
        begun = self._clock.monotonic()
        try:
            process.link.sendall(request)
            kind, width, height, full, pts, errors, length = ANSWER.unpack(_exactly(process.link, ANSWER.size))
            if kind == NOTHING:
                return None, errors
            if kind == CORRUPT and length <= 4096:
                raise CorruptStream(_exactly(process.link, length).decode(errors="replace"))
            if kind != PICTURE or length != planes_length(width, height):
                raise ValueError(f"an answer of kind {kind}, {width} × {height}, {length} bytes")
            return _frame(width, height, full, pts, _exactly(process.link, length)), errors
        except (OSError, EOFError, ValueError) as err:
            code = self._end()
            hung = isinstance(err, TimeoutError) or code == -signal.SIGALRM
            how = "hung" if hung else f"ended with {code}" if isinstance(err, OSError | EOFError) else str(err)
            log.error("apart.died camera=%s how=%s after_s=%.1f", camera, how, self._clock.monotonic() - begun)
            raise DecoderDied(camera, how, hung=hung) from err

    def _end(self) -> int | None:
        """Kills and reaps; the code that it had ended with, if it had."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.link.close()
        try:
            return process.popen.wait(0.2)  # one that crashed is being taken down by the kernel
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait()
            return None


class ApartDecoder:
    """What ``GopDecoder`` is to one camera, but elsewhere."""

    def __init__(self, apart: Apart, camera: str, codec: str, extradata: bytes, opened: str) -> None:
        self._apart = apart
        self._camera = camera
        self._codec = codec
        self._extradata = extradata
        self._opened = opened
        self._unfed: list[MediaPacket] = []
        self._bytes = 0
        self._torn = False  # packets of this group are missing there
        self.errors = 0

    def feed(self, packet: MediaPacket) -> None:
        """Keeps one packet; what came before a key frame is not wanted any more."""
        if packet.keyframe:
            self._unfed, self._bytes, self._torn = [], 0, False
        if self._torn:
            return
        self._unfed.append(packet)
        self._bytes += len(packet.payload)
        if self._bytes > MAX_BYTES:
            self._hand_on(wanted=False)
            self._torn = bool(self._unfed)
            self._unfed, self._bytes = [], 0

    def picture(self) -> av.VideoFrame | None:
        """The newest picture of what waits, or None. Raises ``CorruptStream`` and ``DecoderDied``."""
        return self._hand_on(wanted=True) if self._unfed else None

    def group(self) -> Group:
        """Nothing: it must not be decoded in this process."""
        return Group(self._codec, self._extradata, ())

    def _hand_on(self, *, wanted: bool) -> av.VideoFrame | None:
        answer = self._apart.picture(
            self._camera, self._codec, self._extradata, self._opened, self._unfed, wanted=wanted
        )
        if answer is None:
            return None
        self._unfed, self._bytes = [], 0
        frame, self.errors = answer
        return frame


def _not_started(how: str) -> NotStarted:
    log.error("apart.unstarted how=%s", how)
    return NotStarted(f"the decoder's process does not start: {how}")


def planes_length(width: int, height: int) -> int:
    """Bytes of a planar 4:2:0 picture; raises ``ValueError`` for a size that no decoder of ours gives."""
    if min(width, height) < 1 or width * height > MOST_PIXELS:
        raise ValueError(f"a picture of {width} × {height}")
    return width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)


def _frame(width: int, height: int, full: bool, pts: int, planes: bytearray) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    at = 0
    for plane in frame.planes:
        size = plane.width * plane.height
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: plane.height, : plane.width] = np.frombuffer(planes, np.uint8, size, at).reshape(-1, plane.width)
        at += size
    if full:
        frame.color_range = _FULL_RANGE
    frame.pts = pts
    return frame


def _exactly(link: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        count = link.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data
