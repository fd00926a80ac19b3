"""What ``vms bench alerts`` shows, and that its clients read a websocket in whatever pieces it comes."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import asdict

import pytest

from tests.support.ports import free_port
from vms.bench.alerts import Report, table
from vms.bench.cost import Cost
from vms.bench.dashboards import Dashboard, watch
from vms.bench.entering import Entered, entries
from vms.bench.streams import DRAWN
from vms.bench.telling import Told
from web.frames import framed

COST = Cost(12.0, 10.0, 2.0, 2**28, 2**27, 1)


def told(number: int, size: int = 10) -> str:
    data = {"id": f"a{number}", "site": "s", "camera": f"c{number % 2}", "text": "." * size}
    one = {"seq": number, "epoch": "e", "type": "alert.opened", "data": data}
    return json.dumps(one, separators=(",", ":"))


def test_the_table_sets_the_service_beside_the_relay() -> None:
    sides = tuple(Told(side, 50, 10, 300, 0, 1, 9.0, p95, 30.0, 40.0, COST, COST)
                  for side, p95 in (("service", 20.0), ("relay", 2.5)))  # fmt: skip
    report = Report("2026-01-01T00:00:00+00:00", "2 cores", 30, sides, (Entered(4, 50, 36, 1, 300, 700, 900, 950),))
    lines = table(report).splitlines()
    assert "20.0" in lines[4]
    assert lines[4].split()[8] == "8"  # the ratio
    assert lines[-1].split()[3:] == ["4", "36", "1", "300", "700", "900", "950"]
    assert json.loads(json.dumps(asdict(report)))["entered"][0]["missed"] == 1


def test_known_entries_are_the_visits_of_the_drawn_scene() -> None:
    found = entries(DRAWN)
    assert len(found) == 3
    for frame in found:
        assert DRAWN.truth(frame)
        assert not DRAWN.truth(frame - 1)


@pytest.mark.parametrize("piece", [1, 3, 1000, 10**6])
async def test_each_alert_is_noted_once_however_it_comes(piece: int) -> None:
    moments: dict[str, list[float]] = defaultdict(list)
    one = Dashboard(b"", moments)
    camera_state = json.dumps({"seq": 9, "epoch": "e", "type": "camera.state", "data": {"id": "c1"}})
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + framed(
        [told(1), camera_state, told(2, 300), told(3, 70_000)]
    )
    for begin in range(0, len(stream), piece):
        one.data_received(stream[begin : begin + piece])
    assert one.opened.done()
    assert {name: len(at) for name, at in moments.items()} == {"c1 a1": 1, "c0 a2": 1, "c1 a3": 1}


async def test_who_is_not_let_in_is_an_error() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        writer.close()

    port = free_port()
    async with await asyncio.start_server(refuse, "127.0.0.1", port):
        with pytest.raises(ConnectionError, match="403"):
            await watch(port, "/ws/alerts", 2, ["a=b"], asyncio.StreamReader())
