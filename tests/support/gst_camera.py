"""GStreamer's RTSP server as a process of its own: started, frozen, killed and started again on the same port."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.waiting import wait_until

SCRIPT = Path(__file__).with_name("gst_rtsp.py")
PYTHON = "/usr/bin/python3"  # the system's: the bindings are a package of the distribution


class GstServer:
    """``mounts`` as in ``gst_rtsp.py``; give each client a mount of its own."""

    def __init__(self, mounts: dict[str, dict[str, Any]], **spec: Any) -> None:
        self.port = spec.pop("port", None) or free_port()
        self._spec = {**spec, "mounts": mounts, "port": self.port}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [PYTHON, str(SCRIPT), json.dumps(self._spec)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        assert self._process.stdout is not None
        assert int(self._process.stdout.readline()) == self.port

    def url(self, mount: str, userinfo: str = "") -> str:
        return f"rtsp://{userinfo + '@' if userinfo else ''}127.0.0.1:{self.port}{mount}"

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self._process.pid}/stat")
        wait_until(
            lambda: stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", 5, "the server stands still"
        )

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextlib.contextmanager
def gst_server(mounts: dict[str, dict[str, Any]], **spec: Any) -> Iterator[GstServer]:
    """One that runs, and is gone afterwards."""
    server = GstServer(mounts, **spec)
    server.start()
    try:
        yield server
    finally:
        server.kill()
