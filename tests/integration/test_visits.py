"""Six visits to a room, known to the second: the count follows them, and each raises one alert.

Runs the whole service on the room's footage; each tile's burnt-in counter tells the moment it shows.
"""

from __future__ import annotations

import asyncio
import csv
import itertools
import json
import struct
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support.service import Service, service
from vms.demo.counter import read_counter

FPS = 10.0
#: Ground truth is good to 0.5 s, tiles come once a second, a person is confirmed by a second look.
SLACK_S = 2.0
#: In so long two visits begin, and one of those ends, wherever in the loop one looks first.
WATCH_S = 80.0


@pytest.fixture(scope="module")
def room(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, list[tuple[float, float]]]]:
    footage = shared / "footage" / "one-by-one-person-detection.mp4"
    with footage.with_suffix(".presence.csv").open(encoding="utf-8") as file:
        visits = [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]
    data = tmp_path_factory.mktemp("room") / "data"
    with service(data, ["demo", "--cameras", "1", "--video", str(footage)]) as one:
        camera = one.get("/api/cameras")["items"][0]["id"]
        one.wait_for(lambda: one.camera(camera)["state"] == "recording", 60, "recording")
        one.wait_for(lambda: one.camera(camera)["person_count"] is not None, 30, "counted")
        yield one, visits


async def watch(
    one: Service, camera: str, visits: list[tuple[float, float]]
) -> tuple[list[tuple[float, int]], list[dict[str, Any]]]:
    """(moment in the loop, persons) of each tile, and the messages of the alert socket, until two visits have begun."""
    seen: list[tuple[float, int]] = []
    told: list[dict[str, Any]] = []

    async def alerts() -> None:
        async with one.socket("/ws/alerts") as connection:
            async for message in connection:
                told.append(json.loads(message))

    async def tiles() -> None:
        async with one.socket("/ws/wall") as connection:
            await connection.send(json.dumps({"cameras": [camera], "fps": 2}))
            async for message in connection:
                assert isinstance(message, bytes)
                (length,) = struct.unpack_from(">H", message)
                header = json.loads(message[2 : 2 + length])
                picture = cv2.imdecode(np.frombuffer(message, np.uint8, offset=2 + length), cv2.IMREAD_COLOR)
                number = None if picture is None else read_counter(picture)
                if number is not None and header["persons"] is not None:
                    seen.append((number / FPS, header["persons"]))

    work = [asyncio.create_task(alerts()), asyncio.create_task(tiles())]
    until = time.monotonic() + WATCH_S
    done: set[asyncio.Task[None]] = set()
    while not done and time.monotonic() < until and not (entries(seen, visits) >= 2 and ended(told)):
        done, _ = await asyncio.wait(work, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
    for task in work:
        task.cancel()
    for task in done:
        task.result()
    return seen, told


def entries(seen: list[tuple[float, int]], visits: list[tuple[float, float]]) -> int:
    """Visits that began while it was watched."""
    return sum(1 for (a, _), (b, _) in itertools.pairwise(seen) for start, _ in visits if a < start <= b)


def ended(told: list[dict[str, Any]]) -> set[str]:
    """Alerts that were seen to begin and to end."""
    opened = {m["data"]["id"] for m in told if m["type"] == "alert.opened" and m["data"]["kind"] == "zone_breach"}
    return opened & {m["data"]["id"] for m in told if m["type"] == "alert.ended"}


@pytest.mark.timeout(600)
async def test_count_and_alerts_follow_the_visits(room: tuple[Service, list[tuple[float, float]]]) -> None:
    one, visits = room
    camera = one.get("/api/cameras")["items"][0]["id"]
    begun = time.monotonic()
    seen, told = await watch(one, camera, visits)
    assert len(seen) > time.monotonic() - begun  # two tiles a second were asked for
    wrong = [
        (at, persons)
        for at, persons in seen
        if min(abs(at - edge) for visit in visits for edge in visit) > SLACK_S
        and persons != sum(start < at < end for start, end in visits)
    ]
    print(f"{len(seen)} tiles, {len(wrong)} of them with a wrong count")
    assert not wrong
    assert {persons for _, persons in seen} == {0, 1}

    opened = [m["data"] for m in told if m["type"] == "alert.opened" and m["data"]["kind"] == "zone_breach"]
    assert entries(seen, visits) >= 2
    assert len({alert["id"] for alert in opened}) == len(opened)
    assert abs(len(opened) - entries(seen, visits)) <= 1  # the window's ends may cut one off
    assert ended(told)
    assert [m["seq"] for m in told] == sorted({m["seq"] for m in told})
    for alert in opened:
        assert datetime.fromisoformat(alert["opened_at"]).tzinfo is not None
        assert one.client.get(alert["snapshot"]).content[:2] == b"\xff\xd8"
