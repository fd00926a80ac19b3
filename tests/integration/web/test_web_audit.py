"""The audit over the bus: asked for by HTTP, done by a recorder, answered by web; an alert of it that ends."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from recorder import journal
from recorder.alarms import NodeAlarms
from recorder.index import nightly
from recorder.index.nightly import Nightly
from recorder.index.rebuild import rebuild
from recorder.index.telling import order, spans, tell
from tests.integration.web.rig import WebRig
from tests.integration.web.worker import Worker
from tests.support.nats_bus import NatsServer
from tests.support.recorder_rig import recorder
from tests.support.shelves import record
from tests.support.waiting import until_async
from vms.bus.connection import Bus
from vms.bus.outbox import Outbox
from vms.domain.clock import SystemClock
from vms.domain.index import DaySum
from vms.domain.messages import Gap

MINUTES = 30


class Auditor:
    """Who asks for audits and reads what is told of them."""

    def __init__(self, rig: WebRig) -> None:
        self.rig = rig

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.rig.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def known(self) -> bool:
        answer = await self.rig.http.post("/api/index/audits")
        if answer.status_code == 503:
            return False
        assert (answer.status_code, answer.json()) == (202, {"nodes": ["local"]})
        return True

    async def noted(self) -> bool:
        entries = (await self.get("/api/audit", action="index.audit"))["items"]
        return any(one["detail"]["nodes"] == ["local"] for one in entries)

    async def audit(self) -> dict[str, Any]:
        """One that began after this was called."""
        asked = datetime.now(UTC)
        await until_async(self.known, 20, "web hears of the node")
        await until_async(self.noted, 20, "the audit log tells who began one")

        async def done() -> dict[str, Any] | None:
            items = (await self.get("/api/index/audits"))["items"]
            assert len(items) <= 1
            return next((one for one in items if datetime.fromisoformat(one["at"]) > asked), None)

        found = await until_async(done, 60, "the audit is done and told")
        assert found
        assert found["compared"] is True
        return found

    async def alert(self, state: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            items = (await self.get("/api/alerts", kind="index"))["items"]
            assert len(items) <= 1, "one alert as long as anything differs"
            return next((one for one in items if (one["ended_at"] is None) == (state == "open")), None)

        found = await until_async(there, 20, f"the alert is {state}")
        assert found
        return found


def kinds(result: dict[str, Any]) -> list[str]:
    return sorted({one["kind"] for one in result["differences"]})


async def test_what_differs_is_told_alarmed_and_mended(
    rig: WebRig, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "AGAIN_S", 0.5)  # the second question, of days that differ
    synced_by: set[int] = set()
    put = Outbox.put

    def watched(self: Outbox, subject: str, payload: bytes, msg_id: str, *, sync: bool = False) -> None:
        if subject.endswith(".alert"):
            synced_by.add(threading.get_ident())
        put(self, subject, payload, msg_id, sync=sync)

    monkeypatch.setattr(Outbox, "put", watched)
    start = time.time() // 60 * 60 - 7200
    root = rig.data / "recordings"
    segments = record(root, "cam-1", start, MINUTES, site="s1")
    span = {"start": segments[0].start.isoformat(), "end": datetime.now(UTC).isoformat()}
    one = Auditor(rig)

    async def timeline() -> set[str]:
        return {item["id"] for item in (await one.get("/api/cameras/cam-1/timeline", **span))["segments"]}

    async with recorder(rig.data, server):
        # The database never heard of the first of them: its recorder tells only the last minutes again.
        first = await one.audit()
        assert (kinds(first), first["cameras"], first["files"]) == (["index"], 2, MINUTES)
        alert = await one.alert("open")
        assert (alert["node"], alert["severity"]) == ("local", "warning")
        assert (alert["detail"]["reason"], set(alert["detail"]["kinds"])) == ("differences", {"index"})

        async def told() -> bool:
            return {item.id for item in segments} <= await timeline()

        await until_async(told, 30, "the database is told again by itself")
        lost = segments[MINUTES // 2]
        (root / lost.path).unlink()
        assert (await one.audit())["differences"][0]["path"] == lost.path

        async def updated() -> bool:
            return set((await one.alert("open"))["detail"]["kinds"]) == {"missing"}

        await until_async(updated, 20, "the same alert says what it is now")
        assert (await one.alert("open"))["id"] == alert["id"]
        *_, done = rebuild(root, "s1", "cam-1", "local", now=datetime.now(UTC), alone=False)
        assert (done.missing, done.unmended) == (1, [])
        order(rig.data, "s1", "cam-1")

        async def without() -> bool:
            return lost.id not in await timeline()

        await until_async(without, 30, "the database is told of the loss")
        last = await one.audit()
        assert (last["differences"], last["total"], last["files"]) == ([], 0, MINUTES - 1)
        assert (await one.alert("ended"))["id"] == alert["id"]
    assert synced_by
    assert threading.get_ident() not in synced_by, "no sync in the event loop"


async def test_what_moves_while_one_looks_is_no_difference(
    rig: WebRig, server: NatsServer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage ends between the look at the journal and the question to the database: it is asked as it is then."""
    monkeypatch.setattr(nightly, "AGAIN_S", 0.1)
    root, clock = rig.data / "recordings", SystemClock()
    segments = record(root, "cam-1", time.time() // 60 * 60 - 7200, 5, site="s1")
    start = segments[-1].end
    assert start
    gap = Gap(id="g", site="s1", camera="cam-1", start=start, end=None, cause="network", reason="unreachable")
    journal.append(root, "gap", gap)
    bus = await Bus.connect(server.address, "recorder")
    for span in spans(root, "s1", "cam-1", datetime.now(UTC)):
        await tell(bus, span)
    ended = gap.model_copy(update={"end": datetime.now(UTC).replace(microsecond=0)})
    asked = nightly._different
    answers = []

    async def watched(*question: Any) -> list[DaySum] | None:
        if not answers:
            journal.append(root, "gap", ended)
            await worker.store(ended, "gap", "ended")

            async def kept() -> bool:
                query = {"start": start.isoformat(), "end": datetime.now(UTC).isoformat()}
                body = (await rig.http.get("/api/cameras/cam-1/timeline", params=query)).json()
                ends = [one["end"] for one in body["gaps"] if one["cause"] == "network"]
                return [datetime.fromisoformat(end) for end in ends] == [ended.end]

            await until_async(kept, 20, "the database knows that it ended")
        answers.append(await asked(*question))
        return answers[-1]

    monkeypatch.setattr(nightly, "_different", watched)
    outbox = Outbox(rig.data / "outbox" / "r.jsonl")
    alarms = NodeAlarms("local", "r", rig.data / "state" / "alarms-r.json", outbox, clock)
    result = await Nightly(rig.data, root, "local", "r", None, alarms, clock).audit(bus)
    assert [len(days or ()) for days in answers] == [1, 0]
    assert (result.differences, result.compared, len(outbox)) == ((), True, 0)
    await bus.close()
    outbox.close()
    alarms.close()
