"""Seek in a recording → first painted frame, in headless Chromium: ``python -m tests.bench.seek``.

Makes its own service (NATS, recorder, web in processes of their own) over an hour of 1080p25 at 2.5 Mbit/s, or asks a
running one: ``--url URL --password P [--camera C]``, which needs some minutes of H.264.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from tests.support.hls_page import FLAGS, hls_page
from tests.support.nats_bus import NatsServer, nats_server
from tests.support.past import Past, counted
from tests.support.ports import free_port
from tests.support.recorder_rig import killable
from tests.support.waiting import wait_until
from vms.bus.connection import Bus
from vms.domain.clock import rfc3339

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
WEB = """
import asyncio, json, pathlib, sys
from vms.bus.connection import BusAddress
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from web import process
asyncio.run(process.run(Environment.read(pathlib.Path(sys.argv[1]), {}), BusAddress(sys.argv[2], sys.argv[2]),
    Facility.model_validate(json.loads(sys.argv[3])), "127.0.0.1", int(sys.argv[4]), asyncio.Event()))
"""
FACILITY = """{"facility": {"name": "F"}, "sites": [{"id": "s", "name": "S", "cameras": [
 {"id": "c", "name": "C", "placement": "gate", "enabled": false, "streams": {"main": "rtsp://127.0.0.1/x"}}]}]}"""


@contextlib.contextmanager
def own_service(minutes: int, kbit: int, gop: int) -> Iterator[str]:
    """The address of a service that has so many minutes of camera ``c``, up to the last whole hour."""
    folder = Path(tempfile.mkdtemp(prefix="seek-"))
    try:
        data, port = folder / "data", free_port()
        past = Past(data / "recordings", "s", "c")
        units = counted((1920, 1080), 500, gop, kbit)
        start = time.time() // 3600 * 3600 - minutes * 60
        past.record("h264", units, start, minutes * 1500, size=(1920, 1080))
        past.close()
        with nats_server(folder / "nats") as server, killable(data, server):
            web = subprocess.Popen(
                [sys.executable, "-c", WEB, str(data), server.url, FACILITY, str(port)], cwd=ROOT,
                env={**os.environ, "VMS_ADMIN_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            try:
                asyncio.run(_tell(past, server))
                yield f"http://127.0.0.1:{port}"
            finally:
                web.terminate()
                web.wait(10)
    finally:
        shutil.rmtree(folder)


async def _tell(past: Past, server: NatsServer) -> None:
    bus = await Bus.connect(server.address, "past")
    await bus.ensure_storage()
    await past.publish(bus)
    await bus.close()


def logged_in(url: str, user: str, password: str) -> httpx.Client:
    """A client with a session, once the service answers."""
    client = httpx.Client(base_url=url, headers={"Origin": url}, timeout=30)

    def entered() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return client.post("/api/session", json={"username": user, "password": password}).status_code == 200
        return False

    wait_until(entered, 20, "the service lets us in")
    return client


def footage_of(client: httpx.Client, camera: str | None, hours: float) -> tuple[str, datetime, datetime]:
    """A camera and the last span of it that has footage, two hours at most."""
    now = datetime.now(UTC)
    for one in [camera] if camera else [c["id"] for c in client.get("/api/cameras").json()["items"]]:
        asked = {"start": rfc3339(now - timedelta(hours=hours)), "end": rfc3339(now), "merge": "true"}
        spans = client.get(f"/api/cameras/{one}/timeline", params=asked).json()["segments"]
        if spans:
            begin, end = (datetime.fromisoformat(moment) for moment in (spans[0]["start"], spans[-1]["end"]))
            return one, max(begin, end - timedelta(hours=2)), end
    raise SystemExit("no camera has footage")


def line(what: str, found: list[float], unit: str = "ms") -> None:
    """One row: p50, p95, the longest."""
    found = sorted(found)
    p95 = found[min(len(found) - 1, int(len(found) * 0.95))]
    print(f"| {what} | {len(found)} | {statistics.median(found):.0f} | {p95:.0f} | {found[-1]:.0f} | {unit} |")


def measure(url: str, client: httpx.Client, camera: str, start: datetime, end: datetime, rounds: int) -> None:
    """Prints the table."""
    address = f"/api/cameras/{camera}/playback.m3u8?start={rfc3339(start)}&end={rfc3339(end)}"
    print(f"{camera}: {rfc3339(start)} … {rfc3339(end)}")
    print("| what | rounds | p50 | p95 | most | |\n|---|---|---|---|---|---|")
    lists: list[float] = []

    def listed() -> httpx.Response | None:
        begun = time.perf_counter()
        answer = client.get(address)
        lists.append((time.perf_counter() - begun) * 1000)
        return answer if answer.status_code == 200 else None

    answer = wait_until(listed, 20, "the recorder answers")
    assert answer
    del lists[:-1]
    for _ in range(5):
        assert listed()
    line("playlist, the first time", lists[:1])
    line("playlist, again", lists[1:])
    media = next(row for row in answer.text.splitlines() if row.startswith("/api/segments/"))
    speeds = []
    for _ in range(5):
        begun = time.perf_counter()
        size = len(client.get(media).content)
        speeds.append(size / 1e6 / (time.perf_counter() - begun))
    line("a whole file", speeds, "MB/s")
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = hls_page(browser.new_context(), url, client.cookies["vms_session"])
        places = random.Random(1)
        length = (end - start).total_seconds()
        opened = [page.evaluate("([u, p]) => open(u, p)", [address, places.uniform(1, length - 5)]) for _ in range(8)]
        line("open a span → painted", opened)
        total = page.evaluate("details().total")
        line("seek, paused → painted", [page.evaluate("seek", places.uniform(1, total - 5)) for _ in range(rounds)])
        page.evaluate("video.play()")
        line("seek, playing → painted", [page.evaluate("seek", places.uniform(1, total - 5)) for _ in range(rounds)])
        errors = page.evaluate("state.errors.filter(one => one[1] != 'aborted')")
        print(f"errors: {errors}")
        browser.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--camera")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--kbit", type=int, default=2500)
    parser.add_argument("--gop", type=int, default=50)
    asked = parser.parse_args()
    service = contextlib.nullcontext(asked.url) if asked.url else own_service(asked.minutes, asked.kbit, asked.gop)
    with service as url:
        client = logged_in(url, asked.user, asked.password)
        camera, start, end = wait_until(
            lambda: footage_of(client, asked.camera, asked.minutes / 60 + 2), 20, "the footage is known"
        )
        measure(url, client, camera, start, end, asked.rounds)


if __name__ == "__main__":
    main()
