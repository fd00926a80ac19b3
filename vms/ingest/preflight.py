"""DESCRIBE before opening: names what is wrong with a camera, and keeps libav from following a redirect.

A silent, refusing, redirecting or audio-only server is told apart here, outside libav, within a bounded
time. Sources: RFC 2326 (RTSP), RFC 2617 (Basic and Digest), RFC 8866 (SDP).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from vms.domain.errors import IngestError
from vms.ingest import sockets

TIMEOUT_S = 5.0
_MAX_REPLY = 256 * 1024
_CODECS = {"H264": "h264", "H265": "hevc", "HEVC": "hevc"}
_REASONS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 453: "busy", 503: "busy"}


@dataclass(frozen=True, slots=True)
class Target:
    """A camera URL taken apart; ``peer`` is the resolved address that the session will use."""

    url: str  # without user-info
    peer: tuple[str, int]
    host: str
    tls: bool
    user: str | None
    password: str | None


def target_of(url: str) -> Target:
    """Takes ``url`` apart and resolves its host; raises ``IngestError``."""
    parts = urlsplit(url)
    tls = parts.scheme == "rtsps"
    host = parts.hostname or ""
    try:
        port = parts.port or (322 if tls else 554)
        peer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][:2]
    except ValueError as err:
        raise IngestError("configuration", "the URL's port is no number") from err
    except OSError as err:
        raise IngestError("unreachable", f"{host} has no address") from err
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password or "") if user is not None else None
    return Target(bare, (str(peer[0]), int(peer[1])), host, tls, user, password)


def describe(
    target: Target, timeout_s: float = TIMEOUT_S, asking: Callable[[socket.socket], None] = lambda _: None
) -> str:
    """The codec (``h264`` or ``hevc``) of the camera's video; raises ``IngestError`` with a named reason.

    ``asking`` gets the connection while it lasts: shutting it down ends the wait.
    """
    deadline = time.monotonic() + timeout_s
    try:
        with _connected(target, timeout_s, asking) as link:
            status, headers, body = _exchange(link, target, 1, None, deadline)
            if status == 401 and target.user is not None:
                authorization = _authorize(headers.get("www-authenticate", []), target)
                status, headers, body = _exchange(link, target, 2, authorization, deadline)
    except TimeoutError as err:
        raise IngestError("timeout", f"no answer within {timeout_s:g} s") from err
    except (OSError, ssl.SSLError) as err:
        raise IngestError("unreachable", err.strerror or type(err).__name__) from err
    if 300 <= status < 400:
        raise IngestError("redirected", "the camera sends us elsewhere; put the final address into the facility file")
    if status != 200:
        raise IngestError(_REASONS.get(status, "unreachable"), f"RTSP status {status}")
    return _video_codec(body)


@contextlib.contextmanager
def _connected(target: Target, timeout_s: float, asking: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    link = socket.socket(socket.AF_INET6 if ":" in target.peer[0] else socket.AF_INET, socket.SOCK_STREAM)
    with sockets.aside(link):
        try:
            asking(link)
            link.settimeout(timeout_s)
            link.connect(target.peer)
            if target.tls:
                # Cameras carry self-signed certificates; libav does not check them either.
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                link = context.wrap_socket(link, server_hostname=target.host)
                asking(link)
            yield link
        finally:
            link.close()


def _exchange(
    link: socket.socket, target: Target, number: int, authorization: str | None, deadline: float
) -> tuple[int, dict[str, list[str]], str]:
    lines = [f"DESCRIBE {target.url} RTSP/1.0", f"CSeq: {number}", "Accept: application/sdp", "User-Agent: vms"]
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(link, deadline, len(data))
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    match = re.match(r"RTSP/\d\.\d (\d{3})", first)
    if match is None:
        raise IngestError("corrupt", "the answer is not RTSP")
    headers: dict[str, list[str]] = {}
    for line in fields:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    length = headers.get("content-length", ["0"])[0]
    wanted = min(int(length) if length.isdigit() else 0, _MAX_REPLY)
    while len(rest) < wanted:
        rest += _receive(link, deadline, len(rest))
    return int(match.group(1)), headers, rest.decode("utf-8", "replace")


def _receive(link: socket.socket, deadline: float, have: int) -> bytes:
    # One byte a second must not reset the clock, so the bound is on the whole exchange.
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    link.settimeout(left)
    chunk = link.recv(65536)
    if not chunk:
        raise IngestError("unreachable", "the camera closed the connection")
    if have + len(chunk) > _MAX_REPLY:
        raise IngestError("corrupt", "the camera's description is too long")
    return chunk


def _authorize(challenges: list[str], target: Target) -> str:
    user, password = target.user or "", target.password or ""
    offers = [_fields(c[6:]) for c in challenges if c.lower().startswith("digest")]
    # MD5 is what libav can answer too; a camera may offer SHA-256 first.
    fields = next((f for f in offers if f.get("algorithm", "md5").lower() == "md5"), None)
    if fields is None:
        if offers and not any(c.lower().startswith("basic") for c in challenges):
            raise IngestError("unauthorized", f"digest algorithm {offers[0]['algorithm']} is not supported")
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    one = _md5(f"{user}:{realm}:{password}")
    two = _md5(f"DESCRIBE:{target.url}")
    answer = f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{target.url}"'
    if "auth" in [word.strip() for word in fields.get("qop", "").split(",")]:
        cnonce = secrets.token_hex(8)
        response = _md5(f"{one}:{nonce}:00000001:{cnonce}:auth:{two}")
        answer += f', qop=auth, nc=00000001, cnonce="{cnonce}"'
    else:
        response = _md5(f"{one}:{nonce}:{two}")
    if "opaque" in fields:
        answer += f', opaque="{fields["opaque"]}"'
    return f'{answer}, response="{response}"'


def _fields(challenge: str) -> dict[str, str]:
    """``name=value`` and ``name="value"``; a quoted value may hold commas."""
    return {k.lower(): quoted or bare for k, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # what the standard's Digest asks for


def _video_codec(sdp: str) -> str:
    if not re.search(r"^m=video ", sdp, re.MULTILINE):
        raise IngestError("no_video", "the camera offers no video track")
    section = re.split(r"^m=", sdp.split("m=video ", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    names = re.findall(r"^a=rtpmap:\d+ ([\w.-]+)/", section, re.MULTILINE)
    for name in names:
        if name.upper() in _CODECS:
            return _CODECS[name.upper()]
    raise IngestError("unsupported_codec", f"{', '.join(names) or 'unnamed'}: set the camera to H.264 or H.265")
