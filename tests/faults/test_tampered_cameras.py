"""Cameras that are covered, turned away, defocused or frozen, beside one that nobody touches, and the whole service.

All of them wait side by side. Each films a drawn room, shows what was done to it until an alert opens, and the room
again until that ends.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.support.figures import Figures
from tests.support.footage import Unit, coded
from tests.support.scripted_rtsp import Connection, ScriptedCamera, h264_sdp
from tests.support.service import Service, service
from tests.support.tampering import Light, Sensor, blurred, drawn, turned
from tests.support.waiting import until
from vms.ingest.stream import TIMESCALE

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
SIZE, FPS = (320, 180), 5
GOP = 2 * FPS
ROOM = drawn(1, SIZE)
#: What is before the lens after it happened; of a frozen one the last picture, of the untouched one the room.
TAMPERED = {
    "covered": np.full_like(ROOM, 16),
    "moved": turned(ROOM, 0.4),
    "defocused": blurred(ROOM, 0.02),
    "frozen": ROOM,
}
UNTOUCHED = "untouched"
#: A camera's room is shown for so many groups of pictures of 2 s before anything happens: it has to be learnt.
LEARNT = 25


def film(light: Light, groups: int, seed: int) -> list[tuple[Unit, ...]]:
    """Groups of pictures of ``light``, each picture with noise of its own."""
    sensor = Sensor(SIZE, seed)
    grey = (sensor.see(light, 2) for _ in range(groups * GOP))
    units = coded((np.repeat(one[..., None], 3, 2) for one in grey), SIZE, FPS)
    return [units[at : at + GOP] for at in range(0, len(units), GOP)]


class Tampered:
    """A behaviour for ``ScriptedCamera``: the room, or with ``at_work`` what was done to it."""

    def __init__(self, kind: str, seed: int) -> None:
        self.room = film(ROOM, 8, seed)
        # One group over and over is a picture that stands still to the last bit of its noise.
        self.other = film(TAMPERED.get(kind, ROOM), 1 if kind == "frozen" else 8, seed + 1)
        self.at_work = False
        self.showing = self.room  # to whoever analyses
        self.since = 0.0  # when, UTC seconds
        self.shown = 0  # groups since

    def __call__(self, connection: Connection) -> None:
        if connection.shake_hands(h264_sdp(connection.port, self.room[0])):
            connection.play(self._pictures("sub" in connection.target), FPS)

    def _pictures(self, analysed: bool) -> Iterator[Unit]:
        ticks = TIMESCALE // FPS
        for group in itertools.count():
            units = self.other if self.at_work else self.room
            if analysed and units is not self.showing:
                self.showing, self.since, self.shown = units, time.time(), 0
            self.shown += analysed
            for number, unit in enumerate(units[group % len(units)], group * GOP):
                yield replace(unit, pts=number * ticks, dts=number * ticks)

    def learnt(self) -> bool:
        return self.showing is self.room and self.shown >= LEARNT


class Told:
    """What the alert socket tells: alerts by camera, in the order in which they opened."""

    def __init__(self) -> None:
        self.alerts: dict[str, dict[str, dict[str, Any]]] = {}

    async def follow(self, one: Service) -> None:
        async with one.socket("/ws/alerts") as connection:
            async for message in connection:
                told = json.loads(message)
                # That it counts what moves, as it is told to here, is the node's alert.
                if told["type"].startswith("alert.") and told["data"]["camera"] is not None:
                    alert = told["data"] | {"told": time.time()}
                    self.alerts.setdefault(alert["camera"], {})[alert["id"]] = alert

    def have(self, what: str, count: int) -> bool:
        """Whether each tampered camera has so many alerts, the last of them ``what``; none may have more."""
        words = {
            camera: ["ended" if one["ended_at"] else "open" for one in alerts.values()]
            for camera, alerts in self.alerts.items()
        }
        assert all(len(one) <= count for one in words.values()), words
        return words == {camera: [*["ended"] * (count - 1), what] for camera in TAMPERED}


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@pytest.fixture
def cameras() -> Iterator[dict[str, tuple[Tampered, ScriptedCamera]]]:
    with ExitStack() as stack:
        made = {}
        for seed, kind in enumerate((*TAMPERED, UNTOUCHED)):
            behaviour = Tampered(kind, 2 * seed)
            made[kind] = (behaviour, ScriptedCamera(behaviour))
            stack.callback(made[kind][1].close)
        yield made


def facility(cameras: dict[str, tuple[Tampered, ScriptedCamera]]) -> dict[str, Any]:
    def camera(name: str, port: int) -> dict[str, Any]:
        streams = {part: f"rtsp://127.0.0.1:{port}/{part}" for part in ("main", "sub")}
        rules = [{"id": "blind", "kind": "tamper", "rearm_s": 1}]
        return {"id": name, "name": name, "placement": "corridor", "streams": streams, "rules": rules}

    site = {"id": "s", "name": "S", "cameras": [camera(name, one.port) for name, (_, one) in cameras.items()]}
    return {"facility": {"name": "F"}, "detector": {"model": "motion"}, "sites": [site]}


async def test_a_tampered_camera_raises_one_alert_and_an_untouched_one_none(
    cameras: dict[str, tuple[Tampered, ScriptedCamera]], tmp_path: Path, figure: Figures, long: bool
) -> None:
    config = tmp_path / "facility.yaml"
    config.write_text(yaml.safe_dump(facility(cameras)), encoding="utf-8")
    rounds, touched = 5 if long else 1, {name: cameras[name][0] for name in TAMPERED}
    found: dict[str, list[float]] = {name: [] for name in touched}
    over: list[float] = []
    with service(tmp_path / "data", ["up", "--config", str(config)]) as one:
        told = Told()

        async def tell(what: str, count: int) -> None:
            await until(lambda: following.done() or told.have(what, count), 60, f"each is {what}")
            assert not following.done(), following.result()

        following = asyncio.create_task(told.follow(one))
        for count in range(1, rounds + 1):
            await until(lambda: all(film.learnt() for film in touched.values()), 120, "the rooms are learnt")
            for film in touched.values():
                film.at_work = True
            await tell("open", count)
            for name, film in touched.items():
                alert = list(told.alerts[name].values())[-1]
                assert (alert["kind"], alert["rule"], alert["detail"]["tamper"]) == ("tamper", "blind", name)
                assert one.client.get(alert["snapshot"]).content[:2] == b"\xff\xd8"
                found[name].append(seconds(alert["opened_at"]) - film.since)
                film.at_work = False
            await tell("ended", count)
            for name, film in touched.items():
                over.append(list(told.alerts[name].values())[-1]["told"] - film.since)
        # Of the one beside them, and of anything else, nothing was told.
        untouched = one.camera(UNTOUCHED)
        assert (untouched["person_count"] is not None, untouched["tamper"]) == (True, None)
        assert sorted(told.alerts) == sorted(TAMPERED)
        following.cancel()
    after = ", ".join(f"{name} {max(each):.0f} s" for name, each in found.items())
    figure(
        8,
        "a camera is covered, turned, defocused, or its picture frozen",
        f"one `tamper` each, at worst after: {after}; told to be over after {max(over):.0f} s; beside them none",
        "≤ 60 s; none of a quiet room",
        str(rounds),
    )
