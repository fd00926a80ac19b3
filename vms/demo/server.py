"""RTSP over TCP for simulated cameras: ``rtsp://host:port/<camera>/main|sub``.

Belongs here: sessions, credentials, sender reports, slow readers, on top of the library's server. Not here: what
is due when (``camera``).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
import re
import secrets
import struct
from base64 import b64decode
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

from aio_rtsp_toolkit.server import RtspServer
from aio_rtsp_toolkit.server_session import RtspServerSession
from aio_rtsp_toolkit.server_session_types import RtspBadRequestError, RtspRequest, StreamTrackState

from vms.demo.camera import LiveCamera
from vms.demo.packets import AccessUnit

log = logging.getLogger("vms.demo.server")

REALM = "demo cameras"
MAX_BUFFERED = 2 << 20
"""Bytes that may wait for a reader, beyond the kernel's buffers, before its session is dropped."""
_REPORT_EVERY_S = 5.0
_NTP_EPOCH = 2_208_988_800
_STOP_S = 1.0


class CameraServer(RtspServer):  # type: ignore[misc] # the library is untyped
    """Serves cameras as they get ready; those announced and not ready yet are answered with 503."""

    def __init__(self, host: str, port: int, credentials: tuple[str, str] | None = None) -> None:
        super().__init__(directory=".", host=host, port=port, session_name="demo camera")
        self._server: asyncio.Server | None = None
        self.logger = logging.getLogger("vms.demo.rtsp")
        self.credentials = credentials
        self.cameras: dict[str, LiveCamera | None] = {}
        self.sessions: set[CameraSession] = set()
        self.plays: Counter[str] = Counter()  # sessions that played, and frames sent in them, of each camera
        self.frames: Counter[str] = Counter()

    async def start(self) -> CameraServer:
        await super().start()
        if self._server is not None:
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    def announce(self, camera: str) -> None:
        """``camera`` will be there soon."""
        self.cameras.setdefault(camera, None)

    def add(self, camera: LiveCamera) -> None:
        """``camera`` is ready."""
        self.cameras[camera.rendition.camera] = camera

    async def _handle_client(self, sock: object) -> None:
        session = CameraSession(self, sock)
        self.sessions.add(session)
        try:
            await session.run()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            log.debug("session.lost peer=%s", session.peername)
        finally:
            self.sessions.discard(session)

    async def close(self) -> None:
        """End every session, say goodbye where the reader still reads, and stop listening."""
        for camera in self.cameras.values():
            if camera is not None:
                camera.stop()
        if self._server is not None:
            self._server.close()
        endings = [asyncio.ensure_future(session.close()) for session in list(self.sessions)]
        if endings:
            await asyncio.wait(endings, timeout=_STOP_S)
        for session in list(self.sessions):
            session.abort()
        self._server = None


class CameraSession(RtspServerSession):  # type: ignore[misc] # the library is untyped
    """One client. Plays one stream of one camera, from a key frame on."""

    def __init__(self, server: CameraServer, sock: object) -> None:
        super().__init__(server, sock)
        self._server = server
        self._camera: LiveCamera | None = None
        self._profile = ""
        self._state: StreamTrackState | None = None
        self._reported_at = 0.0
        self._nonce = secrets.token_hex(16)

    async def _read_request(self) -> RtspRequest | None:
        while True:
            try:
                request: RtspRequest | None = await super()._read_request()
            except RtspBadRequestError as err:
                # What follows a garbled request cannot be told from its rest: answer and hang up.
                await self._send_response({}, 400, "Bad Request", body=str(err).encode())
                return None
            if request is None or request.method == "OPTIONS" or self._authorized(request):
                return request
            challenge = f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm=MD5'
            await self._send_response(request.headers, 401, "Unauthorized", {"WWW-Authenticate": challenge})

    def _authorized(self, request: RtspRequest) -> bool:
        if self._server.credentials is None:
            return True
        user, password = self._server.credentials
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with suppress(ValueError):
                return hmac.compare_digest(b64decode(rest), f"{user}:{password}".encode())
            return False
        if scheme.lower() != "digest":
            return False
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', rest))
        secret = _md5(f"{user}:{REALM}:{password}")
        asked = _md5(f"{request.method}:{given.get('uri', '')}")
        expected = _md5(f"{secret}:{self._nonce}:{asked}")
        return given.get("username") == user and hmac.compare_digest(given.get("response", ""), expected)

    async def _handle_describe(self, uri: str, req_headers: dict[str, str]) -> None:
        camera_id, _, profile = urlsplit(uri).path.strip("/").partition("/")
        if camera_id not in self._server.cameras or profile not in ("main", "sub"):
            raise FileNotFoundError(uri)
        camera = self._server.cameras[camera_id]
        if camera is None:
            await self._send_response(req_headers, 503, "Service Unavailable", {"Retry-After": "2"})
            return
        await self._stop_streaming()
        self._camera, self._profile = camera, profile
        self.media_source = camera.streams[profile].track.media
        self.content_base = self._server.build_content_base(uri, req_headers)
        self.track_states = {track.control: StreamTrackState(track) for track in self.media_source.tracks}
        headers = {"Content-Base": self.content_base, "Content-Type": "application/sdp"}
        await self._send_response(req_headers, 200, "OK", headers, body=self.media_source.build_sdp().encode())

    async def _handle_play(self, req_headers: dict[str, str]) -> None:
        if self._camera is None or not self._require_valid_session(req_headers):
            await self._send_response(req_headers, 454, "Session Not Found")
            return
        state = next((state for state in self.track_states.values() if state.rtp_channel is not None), None)
        if state is None:
            await self._send_response(req_headers, 455, "Method Not Valid In This State")
            return
        await self._stop_streaming()
        state.sequence_number, state.ssrc = 1, random.getrandbits(32)
        state.packet_count = state.octet_count = 0
        self._state, self._reported_at = state, 0.0
        # Nothing is awaited between joining and answering, so the answer leaves before the first frame.
        timestamp = self._camera.join(self._profile, self) & 0xFFFFFFFF
        info = f"url={self.content_base}{state.info.control};seq=1;rtptime={timestamp}"
        headers = {"Session": self._session_header_value(), "Range": "npt=now-", "RTP-Info": info}
        self._server.plays[self._camera.rendition.camera] += 1
        await self._send_response(req_headers, 200, "OK", headers)

    async def _stop_streaming(self) -> None:
        if self._camera is not None:
            self._camera.leave(self)

    def send(self, unit: AccessUnit, timestamp: int, utc: float) -> None:
        """Write one access unit at once. A reader that lets too much pile up is dropped; nobody waits for it."""
        state, camera = self._state, self._camera
        transport = self.sock.writer.transport
        if state is None or camera is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_BUFFERED:
            log.warning("session.dropped peer=%s camera=%s reason=slow_reader", self.peername, self.content_base)
            self.abort()
            return
        if not 0 <= utc - self._reported_at < _REPORT_EVERY_S:
            self._reported_at = utc
            transport.write(_sender_report(state, timestamp, utc))
        transport.write(unit.addressed(state.rtp_channel, state.sequence_number, timestamp, state.ssrc))
        state.sequence_number = (state.sequence_number + len(unit.at)) & 0xFFFF
        state.packet_count += len(unit.at)
        state.octet_count += unit.octets
        self._server.frames[camera.rendition.camera] += 1

    def abort(self) -> None:
        """End the session without a word; its reading side wakes up and cleans up."""
        if self._camera is not None:
            self._camera.leave(self)
        self.sock.writer.transport.abort()


def _sender_report(state: StreamTrackState, timestamp: int, utc: float) -> bytes:
    """RFC 3550 6.4.1, interleaved: the wall clock of the moment that carries ``timestamp``."""
    ntp = int((utc + _NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    report = struct.pack(
        "!BBHIQIII",
        0x80,
        200,
        6,
        state.ssrc,
        ntp,
        timestamp & 0xFFFFFFFF,
        state.packet_count & 0xFFFFFFFF,
        state.octet_count & 0xFFFFFFFF,
    )
    return struct.pack("!cBH", b"$", state.rtcp_channel, len(report)) + report


def _md5(text: str) -> str:
    # RTSP's Digest is MD5 (RFC 2069); it is what cameras speak.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
