"""Real endpoints on this host: an HTTP receiver with faults to choose from, and one that speaks ntfy's protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Got:
    """One request; ``path`` without its query."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Keeps what it gets. ``answer``: status and body of what follows; ``mood``: ``hang`` and ``trickle`` never end."""

    port: int = 0
    answer: tuple[int, bytes] = (200, b"")
    headers: dict[str, str] = field(default_factory=dict)
    mood: str = "good"
    got: list[Got] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def reply(self, got: Got) -> tuple[int, bytes]:
        """What is answered, with the request already kept."""
        return self.answer

    def wait(self, count: int = 1) -> list[Got]:
        wait_until(lambda: len(self.got) >= count, 20, f"{count} requests came")
        return self.got


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body)
            receiver.got.append(got)
            if receiver.mood == "hang":
                receiver.over.wait(60)
                self.close_connection = True
                return
            status, said = receiver.reply(got)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(1 << 20 if receiver.mood == "trickle" else len(said)))
            self.end_headers()
            with contextlib.suppress(OSError):
                while receiver.mood == "trickle" and not receiver.over.wait(0.2):
                    self.wfile.write(b".")
                self.wfile.write(said)

        do_GET = do_POST = do_PUT = _take

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextlib.contextmanager
def receiving(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """The receiver at 127.0.0.1, with its port, until the block ends."""
    receiver = receiver or Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Published:
    """One message of a topic, as ntfy's subscribers would see it."""

    topic: str
    title: str
    message: str
    attachment: bytes | None = None
    filename: str | None = None


@dataclass
class Ntfy(Receiver):
    """ntfy's publishing: JSON to the root, or a body to ``/TOPIC`` with its fields in headers or the query.

    See https://docs.ntfy.sh/publish. With ``token`` others are refused as it does.
    """

    token: str | None = None
    published: list[Published] = field(default_factory=list)

    def reply(self, got: Got) -> tuple[int, bytes]:
        if self.answer[0] != 200:
            return self.answer
        if self.token is not None and got.headers.get("authorization") != f"Bearer {self.token}":
            return 403, b'{"code":40301,"http":403,"error":"forbidden"}'
        if got.method not in ("POST", "PUT"):
            return 404, b'{"code":40401,"http":404,"error":"page not found"}'
        if got.path == "/":
            told = got.json
            one = Published(told["topic"], told.get("title", ""), told.get("message", ""))
        else:
            told = {name.removeprefix("x-"): value for name, value in {**got.headers, **got.query}.items()}
            file = "filename" in told
            text = told.get("message", "") if file else got.body.decode()
            attached = got.body if file else None
            one = Published(got.path.strip("/"), told.get("title", ""), text, attached, told.get("filename"))
        self.published.append(one)
        return 200, json.dumps({"id": "x", "event": "message", "topic": one.topic}).encode()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
