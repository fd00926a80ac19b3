"""One RTSP session, from opening to its end: packets are checked, given a run, and handed to the sink.

Raises ``IngestError`` when the session cannot be had or ends; retrying is the reader's matter.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import av
import av.error

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest.anchor import Anchor
from vms.ingest.stream import TIMESCALE, MediaPacket, PacketSink, Run, StreamInfo
from vms.ingest.timestamps import TimestampValidator
from vms.media import nal
from vms.media.nal import ParameterSets
from vms.media.parameters import read_sequence

#: libav's own bound on a silent socket (µs). Never PyAV's ``timeout=``: it takes the GIL on every read. Twice this
#: passes before a frozen camera is given up: after the first a held packet comes, which looks like life.
_LIBAV_TIMEOUT_US = "4000000"
_OPTIONS = {
    "rtsp_transport": "tcp",
    "timeout": _LIBAV_TIMEOUT_US,
    "allowed_media_types": "video",
    # The SDP or the first key frame carries the parameter sets: probing would only delay the first picture.
    "probesize": "32",
    "analyzeduration": "0",
    "fpsprobesize": "0",
}
#: A camera that sends no key frame for so long sends no video that one could use.
MAX_WAIT_FOR_KEY_S = 60.0
_MAX_PREFIX = 64 * 1024
#: After so many key frames in one piece the camera is trusted to send pictures whole.
_KEYS_TO_TRUST = 2

AvPacket: TypeAlias = "av.Packet[av.VideoStream]"


@dataclass(slots=True)
class _Unit:
    payload: bytes
    pts: int | None
    dts: int | None
    key: bool
    arrival: float
    arrival_utc: float
    camera_utc: float | None


def open_container(url: str) -> av.container.InputContainer:
    """Opens ``url`` with the options above; libav's errors become ``IngestError``."""
    try:
        return av.open(url, mode="r", options=_OPTIONS)
    except (av.error.FFmpegError, OSError, ValueError) as err:
        raise _named(err) from err


class Session:
    """Demuxes an open container until it ends or ``stopped`` says so."""

    def __init__(
        self,
        container: av.container.InputContainer,
        sink: PacketSink,
        clock: Clock,
        *,
        stopped: Callable[[], bool],
        seen: Callable[[], None],
    ) -> None:
        self._container = container
        self._sink = sink
        self._clock = clock
        self._stopped = stopped
        self._seen = seen
        self._run: Run | None = None
        self._sets = ParameterSets((), (), ())
        self._anchor: Anchor | None = None
        self._validator = TimestampValidator()
        self._waiting_since = clock.monotonic()
        self._prefix = b""
        self._held: _Unit | None = None
        self._split = False
        self._drifted = False
        self._keys_seen = 0
        self._codec = ""
        self._scale = 1.0
        self._sdp_sets = self._sets

    def pump(self) -> None:
        """Runs the session to its end; always ends the open run, with the reason."""
        reason = "stopped"
        try:
            if not self._container.streams.video:
                raise IngestError("no_video", "the camera set up no video track")
            self._demux(self._container.streams.video[0])
            if not self._stopped():
                raise IngestError("ended", "the camera ended the session")
        except IngestError as err:
            reason = err.reason
            raise
        except (av.error.FFmpegError, OSError) as err:
            named = _named(err)
            reason = named.reason
            raise named from err
        finally:
            self._end(reason)

    def _demux(self, stream: av.VideoStream) -> None:
        context = stream.codec_context
        if context.name not in ("h264", "hevc"):
            raise IngestError("unsupported_codec", f"{context.name}: set the camera to H.264 or H.265")
        self._codec = context.name
        self._scale = float(stream.time_base or 1 / TIMESCALE) * TIMESCALE
        self._sdp_sets = nal.parameter_sets(self._codec, context.extradata or b"")
        for packet in self._container.demux(stream):
            if self._stopped():
                break
            if packet.size:
                self._seen()
                self._take(packet)
        self._flush()

    def _take(self, packet: AvPacket) -> None:
        """Puts access units together: some cameras send parameter sets, or the slices of one picture, apart."""
        payload = bytes(packet)
        picture = nal.first_picture(self._codec, payload)
        if picture is None:
            self._prefix = (self._prefix + payload)[-_MAX_PREFIX:]
            return
        if self._prefix:
            payload, self._prefix = self._prefix + payload, b""
        if not picture.first:
            self._split = True
            if self._held is not None:
                self._held.payload += payload
            elif self._run is not None:  # its first part is out already: resume whole, at a key frame
                self._end("corrupt")
            return
        self._flush()
        pts, dts = _ticks(packet.pts, self._scale), _ticks(packet.dts, self._scale)
        said = _camera_utc(packet) if picture.key else None
        unit = _Unit(payload, pts, dts, picture.key, self._clock.monotonic(), self._clock.utc(), said)
        self._keys_seen += picture.key
        # Holding a picture back costs a frame of latency, so only as long as it may have further parts.
        if self._split or self._keys_seen <= _KEYS_TO_TRUST:
            self._held = unit
        else:
            self._deliver(unit)

    def _flush(self) -> None:
        if self._held is not None:
            unit, self._held = self._held, None
            self._deliver(unit)

    def _deliver(self, unit: _Unit) -> None:
        stamp = self._validator.check(unit.pts, unit.dts)
        if self._run is not None and stamp.discontinuity:
            self._end("camera_clock")
        if self._run is not None and self._anchor is not None:
            self._drifted |= not self._anchor.observe(stamp.pts, unit.arrival_utc, unit.arrival)
        if unit.key:
            if self._drifted:  # the pictures go on without a break: wait for one that can begin a run
                self._end("clock")
            sets = nal.parameter_sets(self._codec, unit.payload) or self._sets or self._sdp_sets
            if self._run is not None and sets != self._sets:
                self._end("codec")
            if self._run is None:
                self._begin(sets, stamp.pts, unit)
            if unit.camera_utc is not None and self._anchor is not None:
                self._anchor.told(stamp.pts, unit.camera_utc)
        if self._run is None:  # a run begins with a key frame
            if unit.arrival - self._waiting_since > MAX_WAIT_FOR_KEY_S:
                raise IngestError("no_video", f"no key frame for {MAX_WAIT_FOR_KEY_S:g} s")
            return
        self._sink.packet(self._run, MediaPacket(unit.payload, stamp.pts, stamp.dts, unit.key, unit.arrival))

    def _begin(self, sets: ParameterSets, pts: int, unit: _Unit) -> None:
        if not sets:
            return  # neither SDP nor key frame carries them yet
        try:
            sequence = read_sequence(self._codec, sets.sps[0])
        except ValueError as err:
            raise IngestError("corrupt", f"parameter set: {err}") from err
        self._sets = sets
        self._anchor = anchor = Anchor(pts, unit.arrival_utc, unit.arrival)
        info = StreamInfo(self._codec, sequence.width, sequence.height, sets.annex_b())
        self._run = Run(uuid.uuid4().hex, info, anchor.utc, anchor.clock)
        self._sink.begin(self._run)

    def _end(self, reason: str) -> None:
        if self._run is not None:
            run, self._run = self._run, None
            self._waiting_since = self._clock.monotonic()
            self._drifted = False
            self._sink.end(run, reason)


def _ticks(value: int | None, scale: float) -> int | None:
    return None if value is None else round(value * scale)


def _camera_utc(packet: AvPacket) -> float | None:
    """The camera's own clock at this picture, in seconds since the epoch, once a sender report came (RFC 3550, 6.4.1).

    libav attaches AVProducerReferenceTime {int64 wallclock in µs; int flags}. Some cameras count from their start
    instead: that is no clock.
    """
    data = bytes(packet.get_sidedata("prft"))
    if len(data) < 8:
        return None
    told: int = struct.unpack_from("=q", data)[0]
    return told / 1e6 if told > 0 else None


def _named(err: Exception) -> IngestError:
    """libav's error as one of ours; its text is left out, because it may hold the URL."""
    reasons: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (av.error.HTTPUnauthorizedError, "unauthorized"),
        (av.error.HTTPForbiddenError, "forbidden"),
        (av.error.HTTPNotFoundError, "not_found"),
        ((av.error.HTTPOtherClientError, av.error.HTTPServerError), "busy"),
        (av.error.InvalidDataError, "corrupt"),
        (TimeoutError, "timeout"),
    )
    for kinds, reason in reasons:
        if isinstance(err, kinds):
            return IngestError(reason, type(err).__name__)
    return IngestError("unreachable", type(err).__name__)
