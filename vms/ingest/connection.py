"""A playing camera's connection: interleaved packets to the session, its clock's reports, words that keep it alive.

Whoever reads it calls ``ready`` when there is something to read and ``look`` about once a second. Sources: RFC 2326
10.12 (interleaving), RFC 3550 6.4.1 (sender reports).
"""

from __future__ import annotations

import contextlib
import logging
import ssl
import struct
from collections.abc import Callable

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest.conversation import MAX_EARLY, MAX_REPLY, body_length, parse_head
from vms.ingest.opening import Playing
from vms.ingest.rtp import AccessUnit, Depacketizer
from vms.ingest.session import Session
from vms.ingest.stream import TIMESCALE, PacketSink

log = logging.getLogger(__name__)

#: No picture for so long: the session is dead, whatever else it says.
SILENCE_S = 7.0
#: Read at a time; a second of a camera of 2 Mbit/s.
READ_BYTES = 256 * 1024
_LONGEST = 4 + 0xFFFF
#: What a camera leaves out is told so often at most (seconds).
_TELL_EVERY_S = 60.0
#: A keepalive that wants a login is tried so often: no camera locks an account over it.
_RETRIES = 2
_NTP_EPOCH = 2_208_988_800  # 1970 in seconds since 1900
_SENDER_REPORT, _GOODBYE = 200, 203
_REPORT = struct.Struct(">BBHIQI")


class Buffer:
    """Where bytes are read into; one for all connections of a thread."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(MAX_EARLY + _LONGEST + MAX_REPLY + READ_BYTES))


class Connection:
    """For one thread at a time. Everything that ends it is an ``IngestError``, or the sink's own exception."""

    def __init__(
        self, camera: str, playing: Playing, sink: PacketSink, clock: Clock, stopped: Callable[[], bool]
    ) -> None:
        track = playing.track
        self._camera = camera
        self._playing = playing
        self._link = playing.link
        self._clock = clock
        self._stopped = stopped
        self._rtp, self._rtcp = playing.channel, playing.control_channel
        self._packets = Depacketizer(track.codec, track.payload_type, track.donl)
        self._session = Session(track.codec, track.sets, sink, clock)
        self._units: list[AccessUnit] = []
        self._rest = playing.talk.rest()
        self._scale = TIMESCALE / track.rate
        self._ticks: int | None = None  # RTP's timestamp, unwrapped, of the latest unit
        self._base = 0
        self._garbage = 0
        self._missed, self._missed_told_at = 0, float("-inf")
        self.seen_at = clock.monotonic()  # the latest picture, in monotonic seconds
        self._asked_at = self.seen_at
        self._ask_every = max(2.0, min(playing.session_s / 2, playing.session_s - 5.0))
        self._keeping = "OPTIONS"
        self._refused = 0
        self._tls = isinstance(self._link, ssl.SSLSocket)
        self._link.setblocking(False)

    def fileno(self) -> int:
        """Of its socket."""
        return self._link.fileno()

    def ready(self, buffer: Buffer) -> None:
        """Reads what is there and hands it on."""
        view, kept = buffer.view, len(self._rest)
        view[:kept] = self._rest
        try:
            count = self._read(view[kept : kept + READ_BYTES])
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as err:
            raise IngestError("unreachable", err.strerror or type(err).__name__) from err
        if count == 0:
            raise IngestError("ended", "the camera ended the session")
        self._take(view, kept + count)

    def _read(self, into: memoryview) -> int:
        count = self._link.recv_into(into)
        while self._tls and 0 < count < len(into):  # a record at a time, and what TLS has taken off wakes nobody
            try:
                more = self._link.recv_into(into[count:])
            except ssl.SSLWantReadError:
                break
            if not more:
                break
            count += more
        return count

    def look(self, now: float) -> None:
        """Tells the camera that somebody is there; ends a session in which nothing moves.

        What came until ``now`` (monotonic seconds) has been read: the caller may have stood still since.
        """
        if now - self.seen_at > SILENCE_S:
            raise IngestError("timeout", "no video came")
        if now - self._asked_at > self._ask_every:
            self._ask(self._keeping)
        missed = self._packets.missed - self._missed
        if missed and now - self._missed_told_at > _TELL_EVERY_S:
            log.warning("stream.damaged camera=%s packets=%d left out by the camera", self._camera, missed)
            self._missed, self._missed_told_at = self._packets.missed, now

    def finish(self, reason: str) -> None:
        """Ends the open run."""
        if reason in ("ended", "stopped"):
            self._session.flush()
        self._session.end("stopped" if self._stopped() else reason)

    def _take(self, view: memoryview, end: int) -> None:
        packets, units, rtp = self._packets, self._units, self._rtp
        at = packets.inner(view, 0, end, rtp)
        while end - at >= 4:
            if view[at] != 0x24:  # "$"
                read = self._words(view, at, end)
                if read == 0:
                    break
                at += read
                continue
            stop = at + 4 + (view[at + 2] << 8 | view[at + 3])
            if stop > end:
                break
            if view[at + 1] == rtp:
                packets.packet(view, at + 4, stop, units)
                if units:
                    self._hand_on(units)
                stop = packets.inner(view, stop, end, rtp)
            elif view[at + 1] == self._rtcp:
                self._control(view, at + 4, stop)
            at = stop
        packets.keep()
        self._rest = bytes(view[at:end])

    def _hand_on(self, units: list[AccessUnit]) -> None:
        done = units[:]
        units.clear()
        for unit in done:
            if self._ticks is None:
                self._ticks = self._base = unit.timestamp
            self._ticks = self._unwrapped(unit.timestamp)
            pts = self._ticks - self._base
            pts = pts if self._scale == 1 else round(pts * self._scale)
            if self._session.take(unit.payload, pts, unit.starts, unit.missed):
                self.seen_at = self._session.arrival

    def _unwrapped(self, timestamp: int) -> int:
        """32 bits overflow every 13 hours: what counts is the signed distance to the latest unit's."""
        ticks = timestamp if self._ticks is None else self._ticks
        return ticks + (timestamp - ticks + 0x80000000 & 0xFFFFFFFF) - 0x80000000

    def _control(self, view: memoryview, at: int, end: int) -> None:
        while end - at >= 4:
            kind, size = view[at + 1], 4 + 4 * (view[at + 2] << 8 | view[at + 3])
            if kind == _SENDER_REPORT and end - at >= _REPORT.size:
                _, _, _, _, ntp, timestamp = _REPORT.unpack_from(view, at)
                utc = ntp / (1 << 32) - _NTP_EPOCH
                # Some cameras count from their start instead: that is no clock.
                if utc > 0 and self._ticks is not None:
                    self._session.told(round((self._unwrapped(timestamp) - self._base) * self._scale), utc)
            elif kind == _GOODBYE:
                raise IngestError("ended", "the camera said goodbye")
            at += size

    def _words(self, view: memoryview, at: int, end: int) -> int:
        """Passes over a reply or a request of the camera, or bytes that are neither; 0 when more is to come."""
        text = bytes(view[at:end])
        if not text[:1].isalpha():
            following = text.find(b"$")
            self._garbage += following if following > 0 else len(text)
            if self._garbage > MAX_REPLY:
                raise IngestError("corrupt", "what the camera sends is no RTSP")
            return following if following > 0 else len(text)
        head = text.find(b"\r\n\r\n")
        if head < 0:
            if len(text) >= MAX_REPLY - _LONGEST:
                raise IngestError("corrupt", "what the camera sends is no RTSP")
            return 0
        if text.startswith(b"RTSP/"):
            reply = parse_head(text[:head])
            if len(text) < head + 4 + body_length(reply):
                return 0
            self._answered(reply.status, reply.headers)
            return head + 4 + body_length(reply)
        return head + 4  # the camera asks something: no camera insists on an answer

    def _answered(self, status: int, headers: dict[str, list[str]]) -> None:
        if status == 454:
            raise IngestError("ended", "the camera has forgotten the session")
        if status == 401 and self._playing.talk.login.challenged(headers.get("www-authenticate", [])):
            self._refused += 1
            if self._refused <= _RETRIES:  # the nonce had grown old
                self._ask(self._keeping)
            return
        self._refused = 0
        if "GET_PARAMETER" in ",".join(headers.get("public", [])):
            self._keeping = "GET_PARAMETER"  # there are cameras that OPTIONS does not keep alive

    def _ask(self, method: str) -> None:
        self._asked_at = self._clock.monotonic()
        with contextlib.suppress(OSError):  # a full line: video comes, so the session lives
            self._link.send(self._playing.talk.request(method, self._playing.uri))
