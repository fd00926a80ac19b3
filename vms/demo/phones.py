"""The officers' telephones of a demo: what the service sends them is told, and shown on the terminal.

A receiver of webhooks, as a gateway of SMS would be (apprise's ``json://``). Not here: who has which (``people``).
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

#: The gateway's name in ``VMS_NOTIFY_DEMO``.
VARIABLE = "VMS_NOTIFY_DEMO"
#: A message with its picture, as base64 (bytes).
MOST = 2 << 20

Report = Callable[[dict[str, object]], None]


def gateway(port: int) -> str:
    """The gateway's address, with the place for whose telephone it is."""
    return f"json://127.0.0.1:{port}/{{address}}"


@contextlib.contextmanager
def telephones(port: int, report: Report) -> Iterator[None]:
    """Takes messages at 127.0.0.1:``port`` meanwhile; each is one ``report``. 0: there are none."""
    if not port:
        yield
        return

    class Telephone(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= MOST:
                self.send_error(413)
                return
            try:
                given = json.loads(self.rfile.read(length))
                said = {"title": str(given["title"]), "body": str(given["message"])}
                said["picture"] = str(bool(given.get("attachments")))
            except (ValueError, KeyError, TypeError):
                self.send_error(400)
                return
            report({"event": "push", "to": unquote(self.path.strip("/")), **said})
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: the report does."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Telephone)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="telephones", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
