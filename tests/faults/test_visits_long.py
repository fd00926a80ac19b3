"""A room with six known visits as a camera, over and over: each raises one alert, soon, and nothing else does.

The whole service on real footage over RTSP; the burnt-in counter of the tiles says when each loop began. Half an hour
in the long form, one loop in the short one.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
import statistics
import struct
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.support.figures import Figures
from tests.support.service import Service, service
from vms.demo.counter import read_counter

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
FPS = 10.0
#: An alert belongs to a visit from so long before its labelled begin (± 0.5 s) until so long after its end.
SLACK_S = (1.0, 2.0)
#: The dwell of each rule, by its id: one that fires at once, and the default.
RULES = {"at-once": 0.0, "breach": 1.0}
EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]


@dataclass(slots=True)
class Watched:
    """What was seen and told, in UTC seconds."""

    loops: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # begin of each, by its tiles
    opened: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))  # rule: when, told
    since: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # rule: since when it held

    def visits(self, labelled: Sequence[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
        """Those that lie wholly in the time that was watched."""
        starts = [statistics.median(begins) for begins in self.loops.values()]
        all_of_them = sorted((start + a, start + b) for start in starts for a, b in labelled)
        return [(a, b) for a, b in all_of_them if a > begin + SLACK_S[0] and b < end - SLACK_S[1]]


@pytest.fixture(scope="module")
def room(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    data = tmp_path_factory.mktemp("visits") / "data"
    film = shared / "footage" / "one-by-one-person-detection.mp4"
    with service(data, ["demo", "--cameras", "1", "--video", str(film)]) as one:
        camera = one.get("/api/cameras")["items"][0]["id"]
        one.wait_for(lambda: one.camera(camera)["person_count"] is not None, 60, "counted")
        zones = [{"id": "all", "kind": "restricted", "polygon": EVERYWHERE}]
        rules = [
            {"id": id_, "kind": "zone_breach", "zone": "all", "dwell_s": dwell, "rearm_s": 1}
            for id_, dwell in RULES.items()
        ]
        put(one, camera, "rules", [])
        put(one, camera, "zones", zones)
        put(one, camera, "rules", rules)
        yield one, camera


def put(one: Service, camera: str, part: str, items: list[dict[str, Any]]) -> None:
    answer = one.client.put(f"/api/cameras/{camera}/{part}", json={"items": items})
    assert answer.status_code == 200, answer.text


async def watch(one: Service, camera: str, seconds: float, loop_s: float) -> Watched:
    """What the alert socket tells, and the loops' begins, for so long."""
    seen = Watched()

    async def alerts() -> None:
        async with one.socket("/ws/alerts") as connection:
            async for message in connection:
                told = json.loads(message)
                alert = told["data"]
                if told["type"] == "alert.opened" and alert["kind"] == "zone_breach":
                    at = datetime.fromisoformat(alert["opened_at"]).timestamp()
                    seen.opened[alert["rule"]].append((at, time.time()))
                    seen.since[alert["rule"]].append(datetime.fromisoformat(alert["detail"]["since"]).timestamp())

    async def tiles() -> None:
        first: float | None = None
        async with one.socket("/ws/wall") as connection:
            await connection.send(json.dumps({"cameras": [camera], "fps": 0.5}))
            async for message in connection:
                assert isinstance(message, bytes)
                (length,) = struct.unpack_from(">H", message)
                header = json.loads(message[2 : 2 + length])
                picture = cv2.imdecode(np.frombuffer(message, np.uint8, offset=2 + length), cv2.IMREAD_COLOR)
                number = None if picture is None else read_counter(picture)
                if number is not None:
                    begin = datetime.fromisoformat(header["at"]).timestamp() - number / FPS
                    first = begin if first is None else first
                    seen.loops[round((begin - first) / loop_s)].append(begin)

    work = [asyncio.create_task(alerts()), asyncio.create_task(tiles())]
    done, _ = await asyncio.wait(work, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in work:
        task.cancel()
    for task in done:
        task.result()
    return seen


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else math.nan


async def test_each_visit_is_alarmed_once_and_nothing_else(
    room: tuple[Service, str], shared: Path, figure: Figures, long: bool
) -> None:
    one, camera = room
    film = shared / "footage" / "one-by-one-person-detection.mp4"
    with film.with_suffix(".presence.csv").open(encoding="utf-8") as file:
        labelled = [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]
    with av.open(str(film)) as container:
        loop_s = container.streams.video[0].frames / FPS
    begin = time.time()
    seen = await watch(one, camera, 1800 if long else loop_s + 10, loop_s)
    visits = seen.visits(labelled, begin, time.time())
    assert len(visits) >= len(labelled) - 1
    for rule, dwell in RULES.items():
        of_visit: dict[int, list[int]] = defaultdict(list)
        false = []
        for n, (at, _) in enumerate(seen.opened[rule]):
            near = [v for v, (a, b) in enumerate(visits) if a - SLACK_S[0] <= at <= b + SLACK_S[1]]
            if near:
                of_visit[near[0]].append(n)
            elif visits[0][0] - SLACK_S[0] <= at <= visits[-1][1] + SLACK_S[1]:
                false.append(at)
        times = [len(of_visit[v]) for v in range(len(visits))]
        firsts = [(visits[v][0], of_visit[v][0]) for v in range(len(visits)) if of_visit[v]]
        opened = [seen.opened[rule][n][0] - entry for entry, n in firsts]
        told = [seen.opened[rule][n][1] - entry for entry, n in firsts]
        held = [seen.since[rule][n] - entry for entry, n in firsts]
        figure(
            29,
            f"known visits, dwell {dwell:g} s",
            f"{len(visits)} visits: once {times.count(1)}, never {times.count(0)}, "
            f"more {sum(count > 1 for count in times)}, between {len(false)}; entry → seen {_both(held)}, "
            f"→ alarm {_both(opened)}, → dashboard {_both(told)}",
            "each once; p95 ≤ 1 s; none between",
            f"{(time.time() - begin) / 60:.0f} min, entry ± 0.5 s",
        )
        assert times.count(0) == 0, (rule, times)
        assert sum(times) + len(false) <= len(visits) + max(1, len(visits) // 20), (rule, times, false)


def _both(values: Sequence[float]) -> str:
    return f"p50 {percentile(values, 0.5):.2f} s, p95 {percentile(values, 0.95):.2f} s"
