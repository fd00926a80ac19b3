"""Cameras that say no: why is named, and they are not asked so often that they lock us out, or anybody else."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.filming import Filming
from tests.support.pulling import Pull
from tests.support.scripted_rtsp import Connection, ScriptedCamera, scripted
from tests.support.waiting import wait_until
from vms.ingest.backoff import Backoff

pytestmark = pytest.mark.faults


@dataclass
class Refusing:
    """Answers every request with ``status``; counts the connections that asked, and the passwords it was told."""

    status: str
    challenge: str = ""
    asked: int = 0
    passwords: int = 0

    def __call__(self, connection: Connection) -> None:
        self.asked += 1
        while connection.request() is not None:
            self.passwords += "authorization" in connection.headers
            headers = {"WWW_Authenticate": self.challenge} if self.challenge else {}
            connection.reply(self.status, **headers)


def most_attempts(reason: str, seconds: float) -> int:
    """How often a camera may be asked in ``seconds`` when every wait is as short as chance makes it."""

    class Least(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return a

    backoff, at, attempts = Backoff(Least()), 0.0, 1
    while (at := at + backoff.next_delay(reason, 0)) <= seconds:
        attempts += 1
    return attempts


def test_who_refuses_is_named_and_asked_rarely(pulls: Callable[[str], Pull], figure: Any, long: bool) -> None:
    seconds = 300.0 if long else 5.0
    cameras = {
        "unauthorized": Refusing("401 Unauthorized", 'Digest realm="cam", nonce="abc"'),
        "forbidden": Refusing("403 Forbidden"),
        "busy": Refusing("453 Not Enough Bandwidth"),
    }
    with scripted(*cameras.values()) as servers:
        begun = time.monotonic()
        pulled = {name: pulls(server.url) for name, server in zip(cameras, servers, strict=True)}
        wait_until(lambda: time.monotonic() > begun + seconds, seconds + 1, "they are tried for a while")
        took = time.monotonic() - begun
        asked = {name: camera.asked for name, camera in cameras.items()}
    for name, camera in cameras.items():
        assert set(pulled[name].sink.reasons) == {name}
        assert 1 <= asked[name] <= most_attempts(name, took), name
        assert camera.passwords <= asked[name]
    figure(
        14,
        "401, 403, 453",
        ", ".join(f"{name}: asked {count} times" for name, count in asked.items())
        + f"; passwords tried {cameras['unauthorized'].passwords}",
        "named; no storm",
        f"{seconds:g} s",
    )


@dataclass
class OneSession:
    """One connection at a time, and for ``lingers_s`` after a session it still believes in it: 453 for all others."""

    film: Filming
    lingers_s: float
    together: int = 0
    refused: int = 0
    _busy: int = 0
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: Connection) -> None:
        with self._lock:
            self._busy += 1
            self.together = max(self.together, self._busy)
            free = self._busy == 1 and time.monotonic() > self._until
        played = self.film.plays
        try:
            if free:
                self.film(connection)
            else:
                self.refused += 1
                while connection.request() is not None:
                    connection.reply("453 Not Enough Bandwidth")
        finally:
            with self._lock:
                self._busy -= 1
                if self.film.plays > played:
                    self._until = time.monotonic() + self.lingers_s


def test_a_camera_of_one_session(pulls: Callable[[str], Pull], figure: Any, long: bool) -> None:
    lingers_s = 60.0 if long else 3.0
    camera = OneSession(Filming(), lingers_s)
    first = ScriptedCamera(camera)
    pull = pulls(first.url)
    wait_until(lambda: pull.got(30), 15, "its one session is ours")
    at_first = camera.refused
    first.close()
    wait_until(lambda: pull.sink.ends and not first.open, 10, "the connection breaks")
    broke = time.monotonic()
    second = ScriptedCamera(camera, first.port)
    wait_until(lambda: len(pull.sink.runs) > 1, lingers_s + 15, "and is had again")
    took = time.monotonic() - broke
    figure(
        14,
        "a camera of one session",
        f"refused {at_first} times at first; after a break, its old session believed in for {lingers_s:g} s, ours "
        f"again after {took:.1f} s, asked {camera.refused} times in between; connections at once: {camera.together}",
        "no storm; one",
        "1",
    )
    second.close()
    assert at_first <= 1  # a crowded machine: the camera has not noticed yet that its questioner left
    assert camera.together <= 2
    assert camera.refused <= most_attempts("busy", took)
    assert set(pull.sink.reasons) <= {"busy", "unreachable", "ended"}
