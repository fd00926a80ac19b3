"""A bus, a web and a worker that raises alerts, each a process, killed and started again over their files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx
import psutil
import yaml

from tests.support.alert_watcher import Watcher
from tests.support.nats_bus import NatsServer
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PASSWORD = "một-mật-khẩu-dài"
#: Far fewer than one session may have.
SOCKETS_A_SESSION = 50


def facility(sites: int, cameras: int) -> tuple[dict[str, object], dict[str, str]]:
    """A facility file's content with ``cameras`` a site, and the site of each camera."""
    rule = {"id": "breach", "kind": "zone_breach", "zone": "z"}
    zone = {"id": "z", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1]]}
    of_site = {f"s{s}-c{c}": f"s{s}" for s in range(sites) for c in range(cameras)}

    def camera(name: str) -> dict[str, object]:
        streams = {"main": "rtsp://127.0.0.1:9/main"}
        return {"id": name, "name": name, "placement": "gate", "streams": streams, "zones": [zone], "rules": [rule]}

    named = [
        {"id": site, "name": site, "cameras": [camera(name) for name, its in of_site.items() if its == site]}
        for site in sorted(set(of_site.values()))
    ]
    return {"facility": {"name": "F"}, "sites": named}, of_site


class House:
    """Its parts begin with ``start``; each can be killed with -9."""

    def __init__(self, folder: Path, sites: int = 4, cameras: int = 5) -> None:
        self.folder = folder
        self.bus = NatsServer(folder / "nats")
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.facility, self.site_of = facility(sites, cameras)
        self.web: subprocess.Popen[bytes] | None = None
        self.source: subprocess.Popen[bytes] | None = None
        self._cookies: list[str] = []
        self.http = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=30)

    def start(self) -> None:
        """Bus and web; somebody has logged in."""
        self.bus.start()
        self.start_web()
        self.login()

    def start_web(self) -> None:
        """Returns at once."""
        config = self.folder / "facility.yaml"
        config.write_text(yaml.safe_dump(self.facility), encoding="utf-8")
        env = {**os.environ, "VMS_ADMIN_PASSWORD": PASSWORD, "VMS_NATS_URL": self.bus.url}
        command = [sys.executable, "-m", "vms", "web", "--data", str(self.folder / "data"), "--config", str(config)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "web.log").open("ab") as out:
            self.web = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def login(self, username: str = "admin", password: str = PASSWORD) -> str:
        """Once web answers; the cookie of a new session."""
        asked = {"username": username, "password": password}

        def answered() -> bool:
            assert self.web is not None
            assert self.web.poll() is None, (self.folder / "web.log").read_text(encoding="utf-8")[-3000:]
            with contextlib.suppress(httpx.TransportError):
                return self.http.post("/api/session", json=asked).status_code == 200
            return False

        wait_until(answered, 30, f"web lets {username} in")
        cookie = f"vms_session={self.http.cookies['vms_session']}"
        self._cookies.append(cookie)
        return cookie

    def watchers(self, count: int, of_one_site: int = 0) -> list[Watcher]:
        """``count`` clients; the last ``of_one_site`` of them may know of the first site alone."""
        plain = count - of_one_site
        cookies = [self.login() for _ in range(-(-plain // SOCKETS_A_SESSION))]
        found = [self._watcher(cookies[number // SOCKETS_A_SESSION]) for number in range(plain)]
        if of_one_site:
            site = min(self.site_of.values())
            body = {"username": "khu", "role": "site_lead", "sites": [site], "password": PASSWORD}
            assert self.http.post("/api/users", json=body).status_code == 201
            cookie = self.login("khu")
            found += [self._watcher(cookie, site) for _ in range(of_one_site)]
        return found

    def _watcher(self, cookie: str, site: str | None = None) -> Watcher:
        return Watcher(lambda: self.base.replace("http", "ws"), lambda: cookie, site)

    def start_source(self, rate: float, bulk: int = 0) -> None:
        """The worker; what it noted before is gone on with. ``bulk``: so many bytes more in each alert's detail."""
        command = [sys.executable, "-m", "tests.support.alert_source", str(self.folder / "source")]
        command += ["--bus", self.bus.url, "--rate", str(rate), "--cameras", json.dumps(self.site_of)]
        command += ["--bulk", str(bulk)]
        with (self.folder / "source.log").open("ab") as out:
            self.source = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out)

    def end_source(self) -> None:
        """No more alerts; it ends once each is stored."""
        assert self.source is not None
        assert self.source.stdin is not None
        self.source.stdin.close()
        code = self.source.wait(120)
        assert code == 0, (self.folder / "source.log").read_text(encoding="utf-8")[-3000:]
        self.source = None

    def kill_web(self) -> None:
        """With -9."""
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.web = None

    def kill_source(self) -> None:
        """With -9."""
        if self.source is not None:
            self.source.kill()
            self.source.wait()
            assert self.source.stdin is not None
            self.source.stdin.close()
            self.source = None

    def announced(self) -> dict[str, tuple[str, float]]:
        """Camera and UTC second of each alert that the worker meant to raise, by id."""
        found = (line.split() for line in self._lines("announced"))
        return {words[0]: (words[1], float(words[2])) for words in found}

    def acknowledged(self) -> list[str]:
        """Ids of those that the bus has."""
        return self._lines("acknowledged")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / "source" / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def sockets(self) -> int:
        """How many of its websockets web believes in."""
        for line in self.http.get("/metrics").text.splitlines():
            if line.startswith('vms_web_sockets{kind="alerts"}'):
                return int(float(line.rpartition(" ")[2]))
        raise AssertionError("no figure of sockets")

    def memory(self) -> int:
        """What web's process holds (RSS, bytes)."""
        assert self.web is not None
        return int(psutil.Process(self.web.pid).memory_info().rss)

    def close(self) -> None:
        """Everything ends."""
        self.kill_source()
        self.kill_web()
        self.bus.kill()
        self.http.close()


@contextlib.contextmanager
def house(folder: Path, **options: int) -> Iterator[House]:
    """One that runs, and is gone afterwards."""
    one = House(folder, **options)
    try:
        one.start()
        yield one
    finally:
        one.close()


@contextlib.asynccontextmanager
async def watching(watchers: Sequence[Watcher], seed: int | None) -> AsyncIterator[None]:
    """They read meanwhile; with ``seed`` each is restless."""
    tasks = [
        asyncio.create_task(one.watch(None if seed is None else random.Random(f"{seed} {number}")))
        for number, one in enumerate(watchers)
    ]
    try:
        yield
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def owed(house: House, watchers: Sequence[Watcher]) -> list[tuple[Watcher, set[str]]]:
    """To each client the acknowledged alerts that it may know of."""
    announced, acknowledged = house.announced(), set(house.acknowledged())
    return [
        (one, {id_ for id_ in acknowledged if one.site in (None, house.site_of[announced[id_][0]])}) for one in watchers
    ]


def judge(house: House, watchers: Sequence[Watcher]) -> None:
    """Each acknowledged alert once on each client that may know of it, in order, and none that was never raised."""
    announced = house.announced().keys()
    assert set(house.acknowledged()) <= announced
    for number, (one, due) in enumerate(owed(house, watchers)):
        told = one.opened.keys()
        assert not one.wrong, (number, one.wrong[:5], len(one.wrong))
        assert not due - told, (number, sorted(due - told)[:5], len(due - told), len(due))
        assert not told - announced, (number, sorted(told - announced)[:5])
        assert not one.disorder(), (number, one.disorder()[:5])


def latest(house: House, watchers: Sequence[Watcher], until: float) -> float:
    """UTC second by which all that was raised before ``until`` had been told to all who never left."""
    before = [id_ for id_, (_, at) in house.announced().items() if at < until]
    return max(one.opened[id_] for one in watchers for id_ in before if id_ in one.opened)


def now() -> float:
    """UTC seconds, as the worker notes them."""
    return time.time()
