"""A real HTTP server on loopback that holds files and, as told, cuts, stalls, trickles, refuses or leads elsewhere."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a path does with a request; it writes the answer itself.
Act = Callable[[BaseHTTPRequestHandler], None]


class FileServer:
    """``files`` are served with ranges; ``acts`` of a path are used up first, one a request."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.files: dict[str, bytes] = {}
        self.acts: dict[str, list[Act]] = {}
        self.asked: list[tuple[str, str | None]] = []  # path and range
        self.closing = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append((request.path, request.headers.get("Range")))
        if acts := self.acts.get(request.path):
            acts.pop(0)(request)
        elif (body := self.files.get(request.path)) is None:
            request.send_error(404)
        else:
            send(request, body)

    def stall(self, first: bytes, length: int) -> Act:
        """Says ``length``, sends ``first`` and then nothing until the client has gone or the test is over."""

        def act(request: BaseHTTPRequestHandler) -> None:
            _head(request, 200, {"Content-Length": str(length)})
            request.wfile.write(first)
            request.wfile.flush()
            self.closing.wait(30)
            request.close_connection = True

        return act


def send(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """The whole or the range asked for, as RFC 9110 says (one range, open at the end)."""
    first = int((request.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    if first >= len(body) > 0:
        _head(request, 416, {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"})
        return
    headers = {"Content-Length": str(len(body) - first)}
    if first:
        headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
    _head(request, 206 if first else 200, headers)
    request.wfile.write(body[first:])


def cut(body: bytes, after: int) -> Act:
    """Says the whole length, sends so many bytes and closes."""

    def act(request: BaseHTTPRequestHandler) -> None:
        _head(request, 200, {"Content-Length": str(len(body))})
        request.wfile.write(body[:after])
        request.close_connection = True

    return act


def whole(body: bytes) -> Act:
    """The whole, whatever range is asked for."""

    def act(request: BaseHTTPRequestHandler) -> None:
        _head(request, 200, {"Content-Length": str(len(body))})
        request.wfile.write(body)

    return act


def chunks(body: bytes, size: int) -> Act:
    """In chunks, without a length; the last one, which ends them, is left out when ``size`` is negative."""

    def act(request: BaseHTTPRequestHandler) -> None:
        _head(request, 200, {"Transfer-Encoding": "chunked"})
        for start in range(0, len(body), abs(size)):
            piece = body[start : start + abs(size)]
            request.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if size > 0:
            request.wfile.write(b"0\r\n\r\n")
        request.close_connection = True

    return act


def refuse(code: int) -> Act:
    """An error."""
    return lambda request: request.send_error(code)


def lead(to: str) -> Act:
    """A redirect."""
    return lambda request: _head(request, 302, {"Location": to, "Content-Length": "0"})


def _head(request: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    request.send_response(code)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()


@contextlib.contextmanager
def file_server(tls: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    """A running server, over TLS with ``tls``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with contextlib.suppress(ConnectionError):  # a client that has enough goes
                files.answer(self)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    files = FileServer(server.server_port)
    if tls is not None:
        files.url = files.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield files
    finally:
        files.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
