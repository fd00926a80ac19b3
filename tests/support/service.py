"""The whole service as a user starts it: ``python -m vms up`` or ``vms demo`` in processes of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until

PASSWORD = "một-mật-khẩu-dài"


class Service:
    """A running command and an administrator's session with it."""

    def __init__(self, data: Path, arguments: list[str], *, host: str = "127.0.0.1", env: dict[str, str] | None = None,
                 prefix: tuple[str, ...] = ()) -> None:  # fmt: skip
        self.data = data
        self.port = free_port()
        self.base = f"http://{host}:{self.port}"
        self.log = data.with_name(f"{data.name}.log")
        self._argv = [*prefix, sys.executable, "-m", "vms", *arguments, "--data", str(data)]
        self._argv += ["--host", host, "--port", str(self.port)]
        self._env = {**os.environ, "VMS_ADMIN_PASSWORD": PASSWORD, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=10)

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self._argv, env=self._env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        wait_until(self._signed_in, 30, "web answers and lets us in")

    def _signed_in(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-2000:]
        with contextlib.suppress(httpx.TransportError):
            answer = self.client.post("/api/session", json={"username": "admin", "password": PASSWORD})
            return answer.status_code == 200
        return False

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(path, params=params)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def camera(self, camera: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/cameras/{camera}")
        return found

    def wait_for(self, condition: Callable[[], Any], timeout: float, what: str) -> Any:
        """Waits; what failed is shown with the end of the service's log."""
        try:
            return wait_until(condition, timeout, what)
        except AssertionError as err:
            states = [(c["id"], c["state"], c["reason"]) for c in self.get("/api/cameras")["items"]]
            raise AssertionError(f"{err}\n{states}\n{self.log.read_text(encoding='utf-8')[-3000:]}") from None

    @contextlib.asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[websockets.ClientConnection]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        url = self.base.replace("http", "ws") + path
        async with websockets.connect(
            url, origin=websockets.Origin(self.base), additional_headers={"Cookie": cookies}, max_size=16 * 2**20
        ) as connection:
            yield connection

    def children(self) -> list[int]:
        assert self.process is not None
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, encoding="utf-8", check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def child(self, role: str) -> int:
        """The process id of a role, 0 while there is none."""
        for pid in self.children():
            with contextlib.suppress(OSError):
                if role.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                    return pid
        return 0

    def stop(self) -> int:
        """SIGTERM; returns the exit code. Nothing may be left behind."""
        assert self.process is not None
        self.client.close()
        children = self.children()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(8 * PATIENCE)
        left = [pid for pid in children if Path(f"/proc/{pid}").exists()]
        assert not left, f"left behind: {left}"
        return code

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(8 * PATIENCE)
            self.process.kill()


@contextlib.contextmanager
def service(data: Path, arguments: list[str], **options: Any) -> Iterator[Service]:
    """One that runs, and is gone afterwards."""
    running = Service(data, arguments, **options)
    try:
        running.start()
        yield running
    finally:
        running.kill()


async def live_pictures(running: Service, camera: str, profile: str, count: int) -> tuple[dict[str, Any], bytes]:
    """The first text message and ``count`` fragments behind the initialisation segment.

    Asks again as a browser does while the stream is said to be connecting.
    """
    async with asyncio.timeout(20 * PATIENCE):
        while True:
            async with running.socket(f"/ws/live/{camera}?profile={profile}") as connection:
                described: dict[str, Any] = json.loads(await connection.recv(decode=True))
                data, fragments = b"", -1
                while fragments < count and "mime" in described:
                    message = await connection.recv()
                    if isinstance(message, bytes):
                        data += message
                        fragments += 1
                if fragments == count:
                    return described, data
            await asyncio.sleep(0.2)
