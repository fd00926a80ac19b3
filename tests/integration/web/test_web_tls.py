"""HTTPS as a browser finds it: login, sockets, a certificate renewed beside them, and a start that is refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import websockets

from tests.integration.web.rig import PASSWORD, NatsServer, WebRig, facility
from tests.support.certificates import made
from tests.support.ports import free_port
from tests.support.waiting import until_async
from web import tls
from web.tls import Pair


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    one = made(tmp_path / "tls")
    monkeypatch.setenv(tls.CERTIFICATE, str(one.certificate))
    monkeypatch.setenv(tls.KEY, str(one.key))
    monkeypatch.setattr(tls, "LOOK_S", 0.05)
    return one


def trusting(pair: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pair.certificate))


@pytest_asyncio.fixture
async def rig(tmp_path: Path, server: NatsServer, pair: Pair) -> AsyncIterator[WebRig]:
    one = WebRig(tmp_path / "data", server.url, facility())
    await one.http.aclose()
    one.http = httpx.AsyncClient(base_url=f"https://127.0.0.1:{one.port}", verify=trusting(pair), timeout=10)
    try:
        await one.start()
        yield one
    finally:
        await one.close()


async def test_login_and_sockets_by_https_alone(rig: WebRig, pair: Pair) -> None:
    origin = f"https://127.0.0.1:{rig.port}"
    login = {"username": "admin", "password": PASSWORD}
    answer = await rig.http.post("/api/session", json=login, headers={"Origin": origin})
    assert answer.status_code == 200
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == tls.HSTS
    async with httpx.AsyncClient() as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get(f"http://127.0.0.1:{rig.port}/healthz")
    cookie = {"Cookie": f"vms_session={rig.http.cookies['vms_session']}"}
    url = f"wss://127.0.0.1:{rig.port}/ws/alerts"
    async with websockets.connect(
        url, ssl=trusting(pair), origin=websockets.Origin(origin), additional_headers=cookie
    ) as socket:
        assert await (await socket.ping()) >= 0


async def test_a_renewed_certificate_is_taken_beside_open_connections(rig: WebRig, pair: Pair, tmp_path: Path) -> None:
    await rig.login()
    cookie = {"Cookie": f"vms_session={rig.http.cookies['vms_session']}"}
    url = f"wss://127.0.0.1:{rig.port}/ws/alerts"
    async with websockets.connect(url, ssl=trusting(pair), additional_headers=cookie) as socket:
        fresh = made(tmp_path / "tls", "fresh")
        for source, target in ((fresh.certificate, pair.certificate), (fresh.key, pair.key)):
            shutil.copy(source, target)

        async def taken() -> bool:
            async with httpx.AsyncClient(verify=trusting(fresh)) as client:
                with contextlib.suppress(httpx.TransportError):
                    return (await client.get(f"https://127.0.0.1:{rig.port}/healthz")).status_code == 200
            return False

        await until_async(taken, 20)
        assert await (await socket.ping()) >= 0


@pytest.fixture
def refused(tmp_path: Path, server: NatsServer) -> subprocess.CompletedProcess[str]:
    one = made(tmp_path / "a", "a")
    other = made(tmp_path / "b", "b")
    env = {
        **os.environ, "VMS_NATS_URL": server.url, tls.CERTIFICATE: str(one.certificate), tls.KEY: str(other.key),
    }  # fmt: skip
    argv = [sys.executable, "-m", "vms", "web", "--data", str(tmp_path / "data"), "--port", str(free_port())]
    return subprocess.run(argv, env=env, capture_output=True, encoding="utf-8", check=False, timeout=60)


def test_two_that_do_not_belong_together_are_one_line_at_the_start(
    refused: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert f"{tls.KEY}={tmp_path}/b/b.key is not the key of {tls.CERTIFICATE}={tmp_path}/a/a.pem" in refused.stderr
