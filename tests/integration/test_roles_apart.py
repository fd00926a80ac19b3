"""Roles on different hosts: `web` in a network namespace that reaches the bus and nothing else.

No route to the cameras, no recordings folder: live picture, snapshot, timeline and alerts work all the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.gst_camera import gst_server
from tests.support.nats_bus import NatsServer
from tests.support.service import Service, live_pictures

pytestmark = pytest.mark.netns

NAMESPACE = f"vms-web-{os.getpid()}"
HERE, THERE = f"10.213.{os.getpid() % 250}.1", f"10.213.{os.getpid() % 250}.2"
SECRET = "bus-secret"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("network namespaces need root")
    link = f"v{os.getpid()}"
    ip("netns", "add", NAMESPACE)
    try:
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE)
        ip("addr", "add", f"{HERE}/24", "dev", link)
        ip("link", "set", link, "up")
        ip("-n", NAMESPACE, "addr", "add", f"{THERE}/24", "dev", "eth0")
        ip("-n", NAMESPACE, "link", "set", "eth0", "up")
        ip("-n", NAMESPACE, "link", "set", "lo", "up")
        yield NAMESPACE
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=False)


class OpenNats(NatsServer):
    """Reachable from the namespace, with a password."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"nats://vms:{SECRET}@{HERE}:{self.port}"

    def configuration(self) -> str:
        return (
            f"listen: 0.0.0.0:{self.port}\nmax_payload: 8MB\n"
            f'authorization {{ user: "vms", password: "{SECRET}" }}\n'
            f'jetstream {{ store_dir: "{self.folder}/js", sync_interval: always }}\n'
        )


@pytest.fixture(scope="module")
def apart(namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, int]]:
    folder = tmp_path_factory.mktemp("apart")
    bus = OpenNats(folder / "nats")
    bus.start()
    workers: list[subprocess.Popen[bytes]] = []
    web: Service | None = None
    try:
        with gst_server({"/main": {"codec": "h264"}, "/sub": {"size": [320, 180], "fps": 10, "gop": 10}}) as cameras:
            config = folder / "facility.yaml"
            config.write_text(yaml.safe_dump(_facility(cameras.url("/main"), cameras.url("/sub"))), encoding="utf-8")
            env = {**os.environ, "VMS_NATS_URL": bus.url}
            for role in ("recorder", "detector", "renderer"):
                with (folder / f"{role}.log").open("wb") as out:
                    argv = [sys.executable, "-m", "vms", role, "--data", str(folder / "site")]
                    workers.append(subprocess.Popen(argv, env=env, stdout=out, stderr=out))
            web = Service(
                folder / "centre", ["web", "--config", str(config)], host=THERE, env={"VMS_NATS_URL": bus.url},
                prefix=("ip", "netns", "exec", namespace),
            )  # fmt: skip
            web.start()
            yield web, cameras.port
    finally:
        if web is not None:
            web.kill()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(10)
        bus.kill()


def _facility(main: str, sub: str) -> dict[str, Any]:
    camera = {
        "id": "cam", "name": "Cổng", "placement": "gate", "streams": {"main": main, "sub": sub},
        "rules": [{"id": "empty", "kind": "occupancy", "min": 1, "dwell_s": 1}],
    }  # fmt: skip
    return {"facility": {"name": "Xa"}, "sites": [{"id": "s", "name": "S", "cameras": [camera]}]}


def test_the_namespace_does_not_reach_the_camera(apart: tuple[Service, int], namespace: str) -> None:
    _, port = apart
    for host in ("127.0.0.1", HERE):
        probe = f"import socket; socket.create_connection(({host!r}, {port}), 2)"
        tried = subprocess.run(
            ["ip", "netns", "exec", namespace, sys.executable, "-c", probe], capture_output=True, check=False
        )
        assert tried.returncode != 0


async def test_live_snapshot_timeline_and_alert(apart: tuple[Service, int]) -> None:
    web, _ = apart
    web.wait_for(lambda: web.camera("cam")["state"] == "recording", 40, "recorded")
    described, data = await live_pictures(web, "cam", "main", 20)
    assert described["mime"].startswith("video/mp4")
    assert len(data) > 5000
    answer = web.wait_for(
        lambda: (r := web.client.get("/api/cameras/cam/snapshot.jpg")).status_code == 200 and r, 20, "a snapshot"
    )
    assert answer.content[:2] == b"\xff\xd8"
    query = {"at": datetime.now(UTC).isoformat()}
    past = web.wait_for(
        lambda: (r := web.client.get("/api/cameras/cam/snapshot.jpg", params=query)).status_code == 200 and r,
        20,
        "a snapshot of the past",
    )
    assert past.content[:2] == b"\xff\xd8"

    def recorded() -> Any:
        end = datetime.now(UTC)
        start = end - timedelta(minutes=5)
        return web.get("/api/cameras/cam/timeline", start=start.isoformat(), end=end.isoformat())["segments"]

    web.wait_for(recorded, 20, "the timeline knows the segment")
    # The rule asks for a person where none is: its alert crosses the bus like any other.
    alert = web.wait_for(lambda: web.get("/api/alerts")["items"], 40, "an alert")[0]
    assert alert["kind"] == "occupancy"
    picture = web.client.get(alert["snapshot"])
    assert picture.content[:2] == b"\xff\xd8"
    assert not (web.data / "recordings").exists()
