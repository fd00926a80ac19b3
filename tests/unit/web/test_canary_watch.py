"""A canary's way through web: the table, the feed, the monitor outside; and the alert where it ends too soon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.msg import Msg
from sqlalchemy import func, select

from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.support.waiting import until, until_async
from tests.unit.web.walking import signed_in, two_sites
from vms.bus import subjects
from vms.domain.canary import CANARY_CAMERA, Canary
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import AlertEvent
from web.alerts import incoming
from web.canary import push
from web.canary.missing import REFUSALS, SLACK_S
from web.canary.push import CanaryPush
from web.canary.watch import CanaryWatch
from web.channels.push import Answer, Push
from web.consumers import alerts
from web.consumers.stream import Poison
from web.context import Context
from web.database.schema import Alert
from web.database.schema_duty import Canary as Kept

P = 300.0


class House:
    """A web over a clock that stands still, and a monitor that answers what it is told to."""

    def __init__(self, app: Any, clock: ManualClock) -> None:
        self.app, self.clock = app, clock
        self.context: Context = app.state.context
        self.pushed: list[Push] = []
        self.answers: Answer | None = Answer("sent", "200")
        self.number = 0
        self.restart()

    def restart(self) -> None:
        one = self.context
        self.push = CanaryPush(one.database, self.clock, self._carry)
        self.watch = CanaryWatch(one.database, self.clock, one.current, one.cameras, one.feed, self.push, P)
        one.reaching = replace(one.reaching, canaries=self.watch)

    async def _carry(self, push: Push) -> Answer | None:
        self.pushed.append(push)
        return self.answers

    async def come(self, site: str = "s1", **more: Any) -> None:
        """One is read from the bus, and the feed has been read."""
        self.number += 1
        one = Canary(id=f"c{self.number}", site=site, node="local", at=from_epoch(self.clock.utc()))
        async with self.context.database.change() as change:
            await alerts.apply(change, [message(one, **more)])
        await self.context.feed.refresh()

    async def play(self, seconds: float) -> list[tuple[str, str, str, str]]:
        """What the alerts are after so long: site, camera, reason, state."""
        for _ in range(round(seconds / 10)):
            self.clock.advance(10)
            for _ in range(20):  # it beats twice a second
                self.context.cameras.awake.look()
            await self.watch.look()
        query = select(Alert.site, Alert.camera, Alert.detail, Alert.ended_at).where(Alert.kind == "canary")
        async with self.context.database.read() as connection:
            rows = await connection.execute(query.order_by(Alert.opened_at, Alert.id))
            return [(one.site, one.camera, one.detail["reason"], "over" if one.ended_at else "open") for one in rows]

    async def row(self) -> Any:
        async with self.context.database.read() as connection:
            return (await connection.execute(select(Kept.__table__))).mappings().first()


def message(canary: Canary, subject: str | None = None) -> Msg:
    return Msg(None, subject=subject or subjects.stored(canary.site, CANARY_CAMERA, "canary"), data=canary.encode())  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr("web.cameras.awake.STILL_S", 20.0)
    clock = ManualClock()
    async with bare_web(tmp_path, two_sites(), clock) as app:
        yield House(app, clock)


@contextlib.asynccontextmanager
async def running(house: House) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in (house.watch.listen(), house.push.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_goes_the_whole_way_and_opens_no_alert(house: House) -> None:
    async with running(house), browser(house.app, await signed_in(house.app, "viewer")) as client:
        (never,) = (await client.get("/api/canaries")).json()["items"]
        assert (never["site"], never["state"], never["sent_at"]) == ("s1", "never", None)  # s2 has no cameras
        sent = from_epoch(house.clock.utc())
        await house.come()
        await until(lambda: house.pushed)
        assert await house.play(10) == []

        async def whole() -> bool:
            row = await house.row()
            return row["pushed_at"] is not None and row["told_at"] is not None

        await until_async(whole)
        row = await house.row()
        assert (row["id"], row["sent_at"], row["stored_at"], row["told_at"]) == ("c1", sent, sent, sent)
        (told,) = (await client.get("/api/canaries")).json()["items"]
        assert (told["state"], told["sent_at"], told["node"]) == ("fresh", rfc3339(sent), "local")
        assert (house.pushed[0].tag, house.pushed[0].urgent) == ("canary-s1", False)
        async with house.context.database.read() as connection:
            assert await connection.scalar(select(func.count()).select_from(Alert)) == 0


async def test_one_that_stays_away_alarms_until_it_is_back(house: House) -> None:
    async with running(house):
        await house.come()
        last = from_epoch(house.clock.utc())
        assert await house.play(2 * P + SLACK_S) == []
        house.clock.step(-7200)  # the host's clock is set, which is no matter
        assert await house.play(20) == [("s1", "cam-1", "stored_missing", "open")]
        async with browser(house.app, await signed_in(house.app, "viewer")) as client:
            (alert,) = (await client.get("/api/alerts", params={"kind": "canary"})).json()["items"]
            assert (alert["severity"], alert["detail"]["last_at"]) == ("critical", rfc3339(last))
            assert (await client.get("/api/canaries")).json()["items"][0]["state"] == "late"
        house.restart()
    async with running(house):
        assert await house.play(P) == [("s1", "cam-1", "stored_missing", "open")]
        await house.come()
        await until(lambda: len(house.pushed) == 2)
        assert await house.play(10) == [("s1", "cam-1", "stored_missing", "over")]


async def test_the_feed_that_tells_nobody(house: House) -> None:
    for _ in range(3):
        await house.come()  # nobody listens
        found = await house.play(P)
    assert found == [("s1", "cam-1", "told_missing", "open")]


async def test_a_camera_that_is_cut_off_with_its_site_is_not_told_twice(house: House) -> None:
    at = from_epoch(house.clock.utc())
    cut = AlertEvent(
        id="cut", event="opened", at=at, site="s1", camera="cam-1", rule="site-unreachable", kind="site_unreachable",
        severity="critical", opened_at=at,
    )  # fmt: skip
    lost = cut.model_copy(
        update={
            "id": "lost", "site": "_node", "camera": "local", "rule": "analysis-failed", "kind": "analysis_failed",
            "severity": "warning", "detail": {"reason": "detector_lost", "cameras": ["cam-2", "gone"]},
        }
    )  # fmt: skip
    for one in (cut, lost):
        async with house.context.database.change() as change:
            await incoming.apply(change, [one])
        assert await house.play(3 * P) == []
        now = from_epoch(house.clock.utc())
        async with house.context.database.change() as change:
            await incoming.apply(change, [one.model_copy(update={"event": "ended", "at": now, "ended_at": now})])
    assert await house.play(P) == []
    assert await house.play(P) == [("s1", "cam-1", "stored_missing", "open")]


async def test_a_monitor_that_refuses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "RETRY_S", 0.01)
    house.answers = Answer("failed", "500 Internal Server Error")
    async with running(house):
        await house.come()
        await until(lambda: len(house.pushed) >= REFUSALS)
        assert await house.play(10) == [("_node", "_web", "push_failed", "open")]
        async with house.context.database.read() as connection:
            detail = await connection.scalar(select(Alert.detail))
        assert detail == {"reason": "push_failed", "detail": "500 Internal Server Error"}
        house.answers = Answer("sent", "200")

        async def through() -> bool:
            return (await house.row())["pushed_at"] is not None

        await until_async(through)
        assert await house.play(10) == [("_node", "_web", "push_failed", "over")]


async def test_without_a_monitor_the_way_ends_at_the_websockets(house: House) -> None:
    house.answers = None
    async with running(house):
        await house.come()
        await until(lambda: house.push.refusals is None)
        assert await house.play(10) == []
    assert (await house.row())["pushed_at"] is None


async def test_of_many_that_come_at_once_the_last_counts_and_is_told(house: House) -> None:
    some = [Canary(id=f"c{n}", site="s1", at=from_epoch(house.clock.utc())) for n in range(50)]
    async with house.context.database.change() as change:
        await alerts.apply(change, [message(one) for one in some])
    await house.context.feed.refresh()
    assert (await house.row())["id"] == "c49"
    assert sum('"type":"canary"' in one.text for one in await house.context.feed.after(0)) == 1


@pytest.mark.parametrize("subject", ["vms.v1.s2._canary.canary", "vms.v1.s1.cam-1.canary", "vms.v1.s1._canary.alert"])
async def test_one_in_anothers_name_is_refused(house: House, subject: str) -> None:
    with pytest.raises(Poison):
        await house.come(subject=subject)
    assert await house.row() is None
