"""RTSP servers in plain sockets, for what no real server does: silence, trickles, redirects, sudden ends.

A behaviour is a function of one connection. Video goes interleaved in the RTSP connection (RFC 2326, 10.12),
one RTP packet a NAL unit (RFC 6184, single NAL unit mode).
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.support.footage import Unit, encode, looped
from vms.media import nal

UNITS = encode("h264", (64, 48), frames=100, gop=10)


class Connection:
    """One client's connection, with what a behaviour needs."""

    def __init__(self, link: socket.socket, port: int, stopped: threading.Event) -> None:
        self.link = link
        self.port = port
        self.stopped = stopped
        self.headers: dict[str, str] = {}  # of the last request
        self.target = ""  # what the last request asked for
        self.cseq = "0"
        self._data = b""
        self._sequence = 0
        self.channel = 0  # of RTP

    def request(self) -> str | None:
        """The next request's method; None when the client is gone."""
        while b"\r\n\r\n" not in self._data:
            chunk = self.link.recv(65536)
            if not chunk:
                return None
            self._data += chunk
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        self.headers = headers
        self.cseq = headers.get("cseq", "0")
        method, self.target = first.split()[:2]
        return method

    def asked(self) -> str | None:
        """The method of a request that came while it was playing; None when there is none."""
        return self.request() if b"\r\n\r\n" in self._data else None

    def reply(self, status: str = "200 OK", body: str = "", **headers: str) -> None:
        self.link.sendall(self.answer(status, body, **headers))

    def answer(self, status: str = "200 OK", body: str = "", **headers: str) -> bytes:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {self.cseq}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def shake_hands(self, sdp: str | None = None, timeout: int | None = None) -> bool:
        """Answers everything up to PLAY, PLAY included; False when the client left before.

        ``timeout``: seconds after which the session ends unless it is kept alive.
        """
        session = "1" if timeout is None else f"1;timeout={timeout}"
        while (method := self.request()) is not None:
            if method == "OPTIONS":
                self.reply(Public="OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
            elif method == "DESCRIBE":
                self.reply(body=sdp or h264_sdp(self.port), Content_Base=f"{self.target}/")
            elif method == "SETUP":
                self.reply(Session=session, Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
            else:
                self.reply(Session="1")
                if method == "PLAY":
                    return True
        return False

    def play(self, units: Iterable[Unit], fps: float = 25) -> None:
        """Sends ``units`` at their pace; raises ``OSError`` when the client is gone."""
        begun = time.monotonic()
        for number, unit in enumerate(units):
            self.pause(max(0.0, begun + number / fps - time.monotonic()))
            parts = list(nal.split(unit.payload))
            for last, part in ((p is parts[-1], p) for p in parts):
                rtp = struct.pack(">BBHII", 0x80, 96 | last << 7, self._sequence & 0xFFFF, unit.pts & 0xFFFFFFFF, 7)
                self.interleaved(self.channel, rtp + part)
                self._sequence += 1

    def leave_out(self, unit: Unit) -> None:
        """Numbers its packets and sends none of them."""
        self._sequence += len(list(nal.split(unit.payload)))

    def interleaved(self, channel: int, packet: bytes) -> None:
        self.link.sendall(struct.pack(">cBH", b"$", channel, len(packet)) + packet)

    def sender_report(self, utc: float | None = None, pts: int = 0) -> None:
        """The camera's clock shows ``utc`` at ``pts`` (RFC 3550, 6.4.1); None: it has no clock."""
        ntp = 0 if utc is None else int((utc + 2_208_988_800) * (1 << 32))
        self.interleaved(1, struct.pack(">BBHIQIII", 0x80, 200, 6, 7, ntp, pts & 0xFFFFFFFF, 0, 0))

    def pause(self, seconds: float) -> None:
        """Waits, but not for a client that is gone nor for a test that is over; both raise ``OSError``."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.stopped.wait(min(left, 0.02)):
                raise ConnectionAbortedError
            readable, _, _ = select.select([self.link], [], [], 0)
            if readable:
                said = self.link.recv(65536)
                if not said:
                    raise ConnectionResetError
                self._data += said

    def wait_until_left(self) -> None:
        """Says nothing more, for ever."""
        while True:
            self.pause(3600)


Behaviour = Callable[[Connection], None]


def h264_sdp(port: int, units: Sequence[Unit] = UNITS) -> str:
    sets = nal.parameter_sets("h264", units[0].payload)
    sprop = ",".join(base64.b64encode(one).decode() for one in (*sets.sps, *sets.pps))
    return "\r\n".join(
        ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", f"c=IN IP4 127.0.0.1:{port}".split(":")[0], "t=0 0",
         "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000",
         f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sprop}", "a=control:track1", ""]
    )  # fmt: skip


def good(connection: Connection) -> None:
    """A camera as it should be."""
    if connection.shake_hands():
        connection.play(looped(UNITS, 100))


def silent(connection: Connection) -> None:
    connection.wait_until_left()


def trickling(connection: Connection) -> None:
    """One byte of the head a second."""
    connection.request()
    for at in connection.answer(Public="x" * 1000):
        connection.link.sendall(bytes([at]))
        connection.pause(1)


def trickling_after(method: str) -> Behaviour:
    """As a camera should be, up to the answer to ``method``: that one comes a byte a second."""

    def behave(connection: Connection) -> None:
        asked: str | None = ""
        while asked != method and asked is not None:
            asked = connection.request()
            if asked == "DESCRIBE":
                connection.reply(body=h264_sdp(connection.port))
            elif asked != method:
                connection.reply(Session="1", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        for at in connection.answer(Public="x" * 1000):
            connection.link.sendall(bytes([at]))
            connection.pause(1)

    return behave


def rtcp_only(connection: Connection) -> None:
    if connection.shake_hands():
        while True:
            connection.sender_report()
            connection.pause(0.5)


def frozen_after(frames: int) -> Behaviour:
    def behave(connection: Connection) -> None:
        if connection.shake_hands():
            connection.play(UNITS[:frames])
            connection.wait_until_left()

    return behave


def rtcp_after(frames: int) -> Behaviour:
    """Video stops, the session does not."""

    def behave(connection: Connection) -> None:
        if connection.shake_hands():
            connection.play(UNITS[:frames])
            while True:
                connection.sender_report()
                connection.pause(0.5)

    return behave


def closing_after(frames: int) -> Behaviour:
    def behave(connection: Connection) -> None:
        if connection.shake_hands():
            connection.play(UNITS[:frames], fps=250)

    return behave


def status(line: str, **headers: str) -> Behaviour:
    def behave(connection: Connection) -> None:
        while connection.request() is not None:
            connection.reply(line, **headers)

    return behave


def offering(sdp: str) -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.shake_hands(sdp)

    return behave


class ScriptedCamera:
    """Listens on a port of its own; every connection gets a thread and the behaviour."""

    def __init__(
        self, behaviour: Behaviour, port: int = 0, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.behaviour = behaviour
        self.tls = tls
        self.host = host
        self.connections = 0
        self._stopped = threading.Event()
        self._listener = socket.create_server((host, port))
        self.port = int(self._listener.getsockname()[1])
        self.open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"rtsp{'s' if self.tls else ''}://admin:geheim@{self.host}:{self.port}/x"

    def close(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # or the thread in accept() keeps the port
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        self.open.add(link)
        connection = Connection(link, self.port, self._stopped)
        with link, contextlib.suppress(OSError):
            if self.tls is not None:
                connection.link = self.tls.wrap_socket(link, server_side=True)
            self.behaviour(connection)
        self.open.discard(link)


@contextlib.contextmanager
def scripted(*behaviours: Behaviour) -> Iterator[list[ScriptedCamera]]:
    """One camera a behaviour."""
    cameras = [ScriptedCamera(b) for b in behaviours]
    try:
        yield cameras
    finally:
        for camera in cameras:
            camera.close()
