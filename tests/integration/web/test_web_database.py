"""The running role notices that its database's file or a table is gone, ends, and is whole when it starts again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.web.rig import WebRig
from tests.support.waiting import PATIENCE, until_async
from vms.domain.clock import rfc3339
from vms.domain.errors import VmsError


async def hold(rig: WebRig) -> str:
    now = datetime.now(UTC)
    span = {"start": rfc3339(now - timedelta(hours=2)), "end": rfc3339(now - timedelta(hours=1))}
    answer = await rig.http.post("/api/holds", json={"cameras": ["cam-1"], **span, "reason": "vụ việc 12"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def held(rig: WebRig) -> dict[str, str]:
    items: list[dict[str, Any]] = (await rig.http.get("/api/holds")).json()["items"]
    return {one["id"]: one["owner"] for one in items}


async def ended(rig: WebRig) -> str:
    assert rig._task is not None
    with pytest.raises(VmsError) as said:
        await asyncio.wait_for(rig._task, 20 * PATIENCE)
    return str(said.value)


async def test_a_deleted_file_costs_nothing_and_nobody_has_to_log_in_again(rig: WebRig) -> None:
    first = await hold(rig)
    (rig.data / "vms.db").unlink()
    second = await hold(rig)  # it has the file open: what is answered is kept
    assert "removed or replaced" in await ended(rig)
    await rig.start()
    assert await held(rig) == {first: "admin", second: "admin"}
    assert {path.name for path in rig.data.glob("vms.db*")} == {"vms.db", "vms.db-wal", "vms.db-shm"}


async def test_a_dropped_table_is_begun_anew_and_the_holds_in_it_come_back_from_the_bus(rig: WebRig) -> None:
    one = await hold(rig)
    with closing(sqlite3.connect(rig.data / "vms.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE holds")
    assert "damaged" in await ended(rig)
    await rig.start()
    await rig.login()

    async def back() -> bool:
        return await held(rig) == {one: "recovered"}

    await until_async(back, 20)
