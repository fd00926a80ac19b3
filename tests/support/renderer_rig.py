"""The role ``vms renderer`` as a process of its own over a real bus, and who asks it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.support.nats_bus import NatsServer
from tests.support.recorded import CAMERA, SITE
from tests.support.waiting import PATIENCE, until_async
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.rendering import RenderHeader, RenderRequest

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def renderer(data: Path, server: NatsServer, models: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Runs until the block ends; its log is ``renderer.log`` beside ``data``."""
    data.mkdir(parents=True, exist_ok=True)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "VMS_NATS_URL": server.url}
    if models is not None:
        env["VMS_MODELS_DIR"] = str(models)
    with data.with_name("renderer.log").open("ab") as log:
        argv = [sys.executable, "-m", "vms", "renderer", "--data", str(data)]
        process = subprocess.Popen(argv, env=env, stdout=log, stderr=log, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5 * PATIENCE)
            process.kill()
        process.wait()


class Asker:
    """Asks as web does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, at: float, what: str = "frame", camera: str = CAMERA, **more: Any) -> Msg:
        request = RenderRequest.model_validate({"what": what, "at": from_epoch(at), **more})
        return await self.raw(request.encode(), camera, request.patience_s)

    async def raw(self, payload: bytes, camera: str = CAMERA, timeout: float = 5) -> Msg:
        return await self._client.request(subjects.control(SITE, camera, "render"), payload, timeout * PATIENCE)

    async def until_it_listens(self) -> None:
        async def heard() -> bool:
            with contextlib.suppress(nats.errors.Error):
                return bool((await self.raw(b"{}", timeout=0.2)).headers)
            return False

        await until_async(heard, 20, "the renderer answers")


@contextlib.asynccontextmanager
async def asking(server: NatsServer) -> AsyncIterator[Asker]:
    client = await nats.connect(server.url)
    try:
        yield Asker(client)
    finally:
        await client.close()


def refusal(msg: Msg) -> str | None:
    """Why there is no picture; None when there is one."""
    return (msg.headers or {}).get(RenderHeader.ERROR)


def taken(msg: Msg) -> float:
    """When its frame was taken."""
    return datetime.fromisoformat((msg.headers or {})[RenderHeader.AT]).timestamp()
