"""Requests and replies of one RTSP connection before it plays. Source: RFC 2326.

The whole conversation has one deadline: a camera that says one byte a second is as silent as one that says none.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from vms.domain.errors import IngestError
from vms.ingest.address import Target
from vms.ingest.login import Login

MAX_REPLY = 256 * 1024
#: Of pictures that come before the answer to PLAY.
MAX_EARLY = 1024 * 1024
_REASONS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 453: "busy", 503: "busy"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Names of headers are in small letters; each may come several times."""

    status: int
    headers: dict[str, list[str]]
    body: str

    def header(self, name: str, otherwise: str = "") -> str:
        """The first header of that name."""
        return self.headers.get(name, [otherwise])[0]


def parse_head(head: bytes) -> Reply:
    """A reply without its body; raises ``IngestError`` (``corrupt``) when it is none."""
    first, *fields = head.decode("latin-1").split("\r\n")
    match = re.match(r"RTSP/\d\.\d (\d{3})", first)
    if match is None:
        raise IngestError("corrupt", "the answer is not RTSP")
    headers: dict[str, list[str]] = {}
    for line in fields:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return Reply(int(match.group(1)), headers, "")


def body_length(reply: Reply) -> int:
    """Bytes that follow the head."""
    length = reply.header("content-length", "0")
    return min(int(length) if length.isdigit() else 0, MAX_REPLY)


class Conversation:
    """A connected socket and what has been said on it. ``asking`` gets the socket as soon as there is one."""

    def __init__(self, target: Target, timeout_s: float, asking: Callable[[socket.socket], None]) -> None:
        self.target = target
        self.login = Login(target.user, target.password)
        self.session: str | None = None
        self._deadline = time.monotonic() + timeout_s
        self._number = 0
        self._data = b""
        self.early = b""  # interleaved packets that came before the answer to PLAY
        family = socket.AF_INET6 if ":" in target.peer[0] else socket.AF_INET
        self.link = socket.socket(family, socket.SOCK_STREAM)
        try:
            asking(self.link)
            self.link.settimeout(timeout_s)
            self.link.connect(target.peer)
            if target.tls:
                # Cameras carry certificates of their own making: the line is encrypted, who answers is not proven.
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                self.link = context.wrap_socket(self.link, server_hostname=target.host)
                asking(self.link)
        except BaseException:
            self.link.close()
            raise

    def ask(self, method: str, uri: str, headers: dict[str, str] | None = None) -> Reply:
        """One request, once more with the login where that is asked for; raises ``IngestError`` unless it says 200."""
        reply = self._exchange(method, uri, headers or {})
        if reply.status == 401 and self.login.challenged(reply.headers.get("www-authenticate", [])):
            reply = self._exchange(method, uri, headers or {})
        if 300 <= reply.status < 400:
            raise IngestError(
                "redirected", "the camera sends us elsewhere; put the final address into the facility file"
            )
        if reply.status == 461:
            raise IngestError("no_video", "the camera does not send over TCP; allow it in the camera's own settings")
        if reply.status != 200:
            raise IngestError(_REASONS.get(reply.status, "unreachable"), f"RTSP status {reply.status} to {method}")
        return reply

    def request(self, method: str, uri: str, headers: dict[str, str] | None = None) -> bytes:
        """The bytes of a request, numbered and with the login."""
        self._number += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._number}", "User-Agent: vms"]
        if self.session is not None:
            lines.append(f"Session: {self.session}")
        authorization = self.login.header(method, uri)
        if authorization is not None:
            lines.append(f"Authorization: {authorization}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def rest(self) -> bytes:
        """What came and is no reply: the beginning of the stream."""
        return self.early + self._data

    def _exchange(self, method: str, uri: str, headers: dict[str, str]) -> Reply:
        self.link.sendall(self.request(method, uri, headers))
        while True:
            self._skip_packets()
            end = self._data.find(b"\r\n\r\n")
            if end >= 0:
                break
            self._receive()
        reply = parse_head(self._data[:end])
        self._data = self._data[end + 4 :]
        wanted = body_length(reply)
        while len(self._data) < wanted:
            self._receive()
        body, self._data = self._data[:wanted], self._data[wanted:]
        return Reply(reply.status, reply.headers, body.decode("utf-8", "replace"))

    def _skip_packets(self) -> None:
        """Some cameras send pictures before they have answered."""
        while self._data[:1] == b"$":
            while len(self._data) < 4 or len(self._data) < 4 + int.from_bytes(self._data[2:4], "big"):
                self._receive()
            size = 4 + int.from_bytes(self._data[2:4], "big")
            self.early += self._data[:size]
            self._data = self._data[size:]
            if len(self.early) > MAX_EARLY:
                raise IngestError("corrupt", "the camera sends and does not answer")

    def _receive(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.link.settimeout(left)
        chunk = self.link.recv(65536)
        if not chunk:
            raise IngestError("unreachable", "the camera closed the connection")
        self._data += chunk
        if len(self._data) > MAX_REPLY:
            raise IngestError("corrupt", "the camera's answer is too long")
