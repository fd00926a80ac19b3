"""What a noted look costs: ``python -m tests.bench.audit``. Figures only; no test asserts them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from tests.support.audit_log import LAN
from vms.domain.clock import SystemClock
from vms.settings.environment import Environment
from web.audit import chain
from web.audit.log import AuditLog
from web.audit.notes import MOST_PENDING
from web.audit.verify import check
from web.database.engine import Database

SPAN = {"from": "2026-03-01T12:00:00.000Z", "to": "2026-03-01T12:01:00.000Z"}
CHANGES = 200


def note(audit: AuditLog, camera: str) -> None:
    audit.note(LAN, "recording.play", site="s1", camera=camera, detail=SPAN)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(Environment.read(Path(folder), {}), SystemClock())
        audit = AuditLog(database, SystemClock())
        for words, cameras in (("again", 1), ("for the first time", MOST_PENDING)):
            begun = time.perf_counter()
            for number in range(MOST_PENDING):
                note(audit, f"cam-{number % cameras}")
            print(f"a look noted {words}: {(time.perf_counter() - begun) / MOST_PENDING * 1e6:.1f} us")
        begun = time.perf_counter()
        await audit.flush()
        print(f"{MOST_PENDING} of them written: {time.perf_counter() - begun:.2f} s")
        for words, written in (("with", True), ("without", False)):
            begun = time.perf_counter()
            for _ in range(CHANGES):
                async with database.change() as change:
                    await change.record("alert.opened", {})
                    if written:
                        await chain.write(change, LAN, "hold.put", detail={"reason": "r"})
            print(f"a change {words} its entry: {(time.perf_counter() - begun) / CHANGES * 1e3:.2f} ms")
        begun = time.perf_counter()
        async with database.read() as connection:
            whole, _ = await check(connection)
        took = time.perf_counter() - begun
        await database.close()
        size = await asyncio.to_thread((Path(folder) / "vms.db").stat)
        print(f"{whole} entries verified: {took:.2f} s; the database has {size.st_size / whole:.0f} bytes an entry")


if __name__ == "__main__":
    asyncio.run(main())
