"""How long a month of one camera takes: ``python -m tests.bench.timeline``. Figures only; no test asserts them."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from vms.domain.clock import SystemClock
from vms.settings.environment import Environment
from web.database.engine import Database
from web.database.schema import CameraFirst, Gap, MinuteCount, Segment
from web.timeline.query import timeline

START = datetime(2026, 10, 1, tzinfo=UTC)
SPAN = timedelta(days=31)


def rows(gaps: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """44 640 files of a minute; a few thousand of them are cut short by a gap that follows."""
    rng = random.Random(1)
    cut = set(rng.sample(range(44_640), gaps))
    segments, missing = [], []
    for number in range(44_640):
        start = START + timedelta(minutes=number)
        end = start + timedelta(seconds=rng.uniform(20, 50) if number in cut else 60)
        segments.append({
            "id": f"c.{number}", "site": "s", "camera": "c", "node": "local", "run": f"r{number // 100}",
            "start": start, "end": end, "path": f"s/c/{number}.mp4", "codec": "avc1.64001f", "width": 1920,
            "height": 1080,
            "bytes": 18_000_000, "frames": 1500, "sha256": "0" * 64, "timescale": 90000, "first_tfdt": 0,
            "anchor_utc": start,
        })  # fmt: skip
        if number in cut:
            missing.append({
                "id": f"g{number}", "site": "s", "camera": "c", "node": "local", "start": end,
                "end": None if rng.random() < 0.2 else start + timedelta(minutes=1), "cause": "network",
                "reason": "unreachable",
            })  # fmt: skip
    return segments, missing


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(Environment.read(Path(folder), {}), SystemClock())
        segments, gaps = rows(4000)
        counts = [
            {"site": "s", "camera": "c", "at": START + timedelta(minutes=n), "mean": 0.4, "max": 2, "samples": 120}
            for n in range(44_640)
        ]
        async with database.change() as change:
            await change.connection.execute(insert(Segment), segments)
            await change.connection.execute(insert(Gap), gaps)
            await change.connection.execute(insert(MinuteCount), counts)
            await change.connection.execute(insert(CameraFirst), [{"camera": "c", "at": START}])
        for days in (1, 31):
            for merge in (False, True):
                took, cpu, size = [], [], 0
                for _ in range(3):
                    begun, worked = time.perf_counter(), time.process_time()
                    async with database.read() as connection:
                        end = START + timedelta(days=days)
                        body = await timeline(connection, "c", START, end, end, merged=merge)
                    took.append(time.perf_counter() - begun)
                    cpu.append(time.process_time() - worked)
                    size = len(body)
                times = f"{min(took):.2f} to {max(took):.2f} s ({min(cpu):.2f} s of CPU)"
                print(f"{days:2d} days, merge={merge}: {times}, {size / 1e6:.2f} MB")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
