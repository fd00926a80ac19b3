"""Alerts that are raised at known moments, up to each of many websockets: through the service, and past it.

Belongs here: bus, web and clients as processes, raising alerts as a detector does, what came of them. Not here: the
clients themselves (``dashboards``), the peer's relay (``relay``), cameras (``entering``), the report (``alerts``).
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import yaml

from vms.bench.cost import Cost, usage
from vms.bench.relay import SUBJECT
from vms.bench.sides import running
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.outbox import Outbox
from vms.bus.tasks import end
from vms.domain.errors import VmsError
from vms.domain.messages import AlertEvent, Box
from vms.supervisor.broker import Broker, find_server, prepare

READY_S = 60.0
#: After the last alert, so long may it take to be told.
END_S = 10.0
#: Until sockets and caches have settled.
SETTLE_S = 2.0
#: Sockets that may be open in one session are twice as many.
CLIENTS_A_SESSION = 50
#: As large as a picture of an alert is.
SNAPSHOT = b"\xff\xd8" + random.Random(1).randbytes(30_000) + b"\xff\xd9"  # noqa: S311
PASSWORD = "bench-bench-bench"  # noqa: S105 - of a web that is gone in a minute
Raise = Callable[[AlertEvent], Awaitable[None]]
Moments = Mapping[str, list[float]]


@dataclass(frozen=True, slots=True)
class Told:
    """One side with so many clients: milliseconds from raising an alert to each client's receipt of it.

    ``lost`` and ``doubled`` are counted by client; ``web`` and ``bus`` are what the processes took meanwhile.
    """

    side: str
    clients: int
    rate: float
    alerts: int
    lost: int
    doubled: int
    p50: float
    p95: float
    p99: float
    most: float
    web: Cost
    bus: Cost


@dataclass(frozen=True, slots=True)
class Web:
    """A web that runs."""

    broker: Broker
    pid: int
    bus: int
    port: int
    folder: Path

    def cookies(self, count: int) -> list[str]:
        """Of as many new sessions."""
        found = (self._login() for _ in range(count))
        return [cookie for cookie in found if cookie is not None]

    def _login(self) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            body = json.dumps({"username": "admin", "password": PASSWORD})
            connection.request("POST", "/api/session", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status == 200:
                return (answer.getheader("Set-Cookie") or "").partition(";")[0]
        return None


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that runs."""

    url: str
    pid: int
    bus: int
    port: int


@contextlib.contextmanager
def web(folder: Path, facility: Mapping[str, Any]) -> Iterator[Web]:
    """``vms web`` as the supervisor starts it, with a bus of its own, once one may log in; gone afterwards."""
    folder.mkdir(parents=True)
    config = folder / "facility.yaml"
    config.write_text(yaml.safe_dump(facility), encoding="utf-8")
    broker, port = prepare(folder), _free_port()
    address = broker.addresses["web"]
    env = {**os.environ, "VMS_NATS_URL": address.core, "VMS_NATS_BULK_URL": address.bulk}
    env["VMS_ADMIN_PASSWORD"] = PASSWORD
    command = [sys.executable, "-m", "vms", "web", "--data", str(folder), "--config", str(config), "--port", str(port)]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        bus = stack.enter_context(running(broker.argv, env=broker.env, log=log))
        process = stack.enter_context(running(command, env=env, log=log))
        one = Web(broker, process.pid, bus.pid, port, folder)
        deadline = time.monotonic() + READY_S
        while not one.cookies(1):
            if process.poll() is not None or time.monotonic() > deadline:
                said = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
                raise VmsError(f"web did not begin: {' '.join(said)}")
            time.sleep(0.1)
        yield one
        if process.poll() is not None:
            raise VmsError("web ended while it was measured")


@contextlib.contextmanager
def dashboards(port: int, path: str, clients: int, cookies: Sequence[str]) -> Iterator[Callable[[], Moments]]:
    """So many clients, once all are connected; what is called gives what they were told, and ends them."""
    command = [sys.executable, "-m", "vms.bench.dashboards", "--port", str(port), "--path", path]
    command += ["--clients", str(clients)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:

        def line(said: object) -> Any:
            assert process.stdin is not None  # noqa: S101 - for the type checker
            assert process.stdout is not None  # noqa: S101
            process.stdin.write(json.dumps(said) + "\n")
            process.stdin.flush()
            if not (answer := process.stdout.readline()):
                raise VmsError("the clients ended by themselves: not all of them were let in")
            return json.loads(answer)

        try:
            line(list(cookies))
            yield lambda: line("")
        finally:
            process.kill()


async def through(one: Web, clients: int, rate: float, seconds: float, cameras: Sequence[tuple[str, str]]) -> Told:
    """Alerts of ``cameras`` (site, camera) through the outbox, the stream, web's database."""
    cookies = await asyncio.to_thread(one.cookies, -(-clients // CLIENTS_A_SESSION))
    bus = await Bus.connect(one.broker.addresses["detector"], "bench", role="detector")
    outbox = Outbox(one.folder / "outbox" / f"bench-{clients}.jsonl")
    sending = asyncio.create_task(outbox.run(bus))

    async def put(alert: AlertEvent) -> None:
        subject = subjects.stored(alert.site, alert.camera, "alert")
        await asyncio.to_thread(outbox.put, subject, alert.encode(), alert.msg_id, sync=True)

    try:
        with dashboards(one.port, "/ws/alerts", clients, cookies) as told:
            return await _measured("service", clients, rate, seconds, cameras, put, told, (one.pid,), (one.bus,))
    finally:
        await end((sending,))
        outbox.close()
        await bus.close()


@contextlib.contextmanager
def relay(folder: Path) -> Iterator[Relay]:
    """Plain NATS and a bare relay behind it; gone afterwards."""
    port = _free_port()
    server = [find_server(), "-a", "127.0.0.1", "-p", str(port)]
    url = f"nats://127.0.0.1:{port}"
    command = [sys.executable, "-m", "vms.bench.relay", "--bus", url]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "relay.log").open("wb"))
        bus = stack.enter_context(running(server, log=log))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        stack.enter_context(process)
        stack.callback(process.kill)
        answer = process.stdout.readline() if process.stdout is not None else ""
        if not answer:
            raise VmsError("the relay did not begin")
        yield Relay(url, process.pid, bus.pid, int(json.loads(answer)["port"]))


async def past(one: Relay, clients: int, rate: float, seconds: float, cameras: Sequence[tuple[str, str]]) -> Told:
    """The same alerts over plain NATS and a bare relay, without their pictures."""
    client = await nats.connect(one.url)

    async def publish(alert: AlertEvent) -> None:
        data = alert.model_dump(mode="json", exclude={"snapshot"})
        told = {"seq": 1, "epoch": "", "type": "alert.opened", "data": data}
        await client.publish(SUBJECT, json.dumps(told, separators=(",", ":")).encode())
        await client.flush()

    try:
        with dashboards(one.port, "/", clients, [""]) as told:
            return await _measured("relay", clients, rate, seconds, cameras, publish, told, (one.pid,), (one.bus,))
    finally:
        await client.close()


async def _measured(
    side: str,
    clients: int,
    rate: float,
    seconds: float,
    cameras: Sequence[tuple[str, str]],
    put: Raise,
    told: Callable[[], Moments],
    web_pids: Iterable[int],
    bus_pids: Iterable[int],
) -> Told:
    chance = random.Random(clients)  # noqa: S311
    await asyncio.sleep(SETTLE_S)
    web_before, bus_before = usage(web_pids), usage(bus_pids)
    raised: dict[str, float] = {}
    due = time.monotonic()
    begun = due
    while (due := due + chance.expovariate(rate)) < begun + seconds:  # as unrelated things happen, not by the beat
        await asyncio.sleep(due - time.monotonic())
        alert = _alert(f"{clients}-{len(raised)}", *cameras[len(raised) % len(cameras)])
        raised[f"{alert.camera} {alert.id}"] = time.monotonic()
        await put(alert)
    web_cost, bus_cost = usage(web_pids).since(web_before), usage(bus_pids).since(bus_before)
    await asyncio.sleep(END_S if side == "service" else SETTLE_S)
    found = await asyncio.to_thread(told)
    waits = sorted(1000 * (at - began) for name, began in raised.items() for at in found.get(name, ()))
    if not waits:
        raise VmsError(f"{side}: not one alert was told")
    doubled = sum(max(0, len(found.get(name, ())) - clients) for name in raised)
    lost = sum(max(0, clients - len(found.get(name, ()))) for name in raised)
    p50, p95, p99 = (quantile(waits, share) for share in (0.5, 0.95, 0.99))
    return Told(side, clients, rate, len(raised), lost, doubled, p50, p95, p99, waits[-1], web_cost, bus_cost)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of what is sorted, by rank."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _alert(name: str, site: str, camera: str) -> AlertEvent:
    now = datetime.now(UTC)
    boxes = (Box(x=0.31, y=0.22, w=0.11, h=0.45, track=7, confidence=0.87),)
    return AlertEvent(
        id=f"bench-{name}", event="opened", at=now, site=site, camera=camera, rule="breach", kind="zone_breach",
        zone="all", severity="critical", opened_at=now, persons=1, boxes=boxes, snapshot=SNAPSHOT,
        detail={"zone": "all", "since": now.isoformat()},
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
