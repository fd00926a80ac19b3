"""A real NATS server with JetStream that tests start, kill and start again over the same files."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_port
from tests.support.waiting import wait_until
from vms.bus.connection import BusAddress


class NatsServer:
    """``start`` and ``kill`` as often as wanted; the port and the files stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.address = BusAddress(self.url, self.url)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nats.conf"
        config.write_text(self.configuration(), encoding="utf-8")
        beside = Path(sys.executable).parent / "nats-server"
        binary = str(beside) if beside.exists() else shutil.which("nats-server")
        assert binary, "nats-server is neither beside python nor on the PATH"
        with (self.folder / "log").open("ab") as out:
            self._process = subprocess.Popen([binary, "-c", str(config)], stdout=out, stderr=out)
        wait_until(self._answers, 10, "nats-server answers")

    def configuration(self) -> str:
        return (
            f"listen: 127.0.0.1:{self.port}\nmax_payload: 8MB\n"
            f'jetstream {{ store_dir: "{self.folder}/js", sync_interval: always }}\n'
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False


@contextlib.contextmanager
def nats_server(folder: Path) -> Iterator[NatsServer]:
    """One that runs, and is gone afterwards."""
    server = NatsServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
