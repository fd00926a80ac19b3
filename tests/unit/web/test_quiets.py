"""What is snoozed or under maintenance: who may, for how long, and what becomes of the chains that run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from tests.support.bare_web import bare_web, browser
from tests.support.clocks import ManualClock
from tests.unit.web.walking import signed_in, two_sites
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import AlertEvent
from web.alerts import incoming
from web.configuration import revisions
from web.context import Context
from web.database.schema import Alert, Event
from web.database.schema_duty import Delivery
from web.quiet import store

REASON = {"reason": "cành cây che ống kính"}


class House:
    """A web whose clock stands still; ``cam-1`` and ``cam-2`` hang at ``s1``."""

    def __init__(self, app: Any, clock: ManualClock) -> None:
        self.app, self.clock = app, clock
        self.context: Context = app.state.context

    @property
    def now(self) -> datetime:
        return from_epoch(self.clock.utc())

    async def alert(self, name: str, camera: str = "cam-1", rule: str = "breach", **more: Any) -> None:
        event = AlertEvent.model_validate(
            {
                "id": name, "event": "opened", "at": self.now, "site": "s1", "camera": camera, "rule": rule,
                "kind": "zone_breach", "severity": "warning", "opened_at": self.now, **more,
            }
        )  # fmt: skip
        async with self.context.database.change() as change:
            await incoming.apply(change, [event])

    async def over(self, name: str) -> None:
        await self.alert(name, event="ended", at=self.now, ended_at=self.now)

    async def in_force(self, camera: str = "cam-1", rule: str = "breach", after_s: float = 0) -> str | None:
        async with self.context.database.read() as connection:
            alert = {"camera": camera, "rule": rule, "kind": rule.replace("-", "_"), "severity": "warning"}
            found = await store.in_force(connection, alert, self.now + timedelta(seconds=after_s))
        return None if found is None else found.id

    async def events(self, kind: str) -> int:
        async with self.context.database.read() as connection:
            return len((await connection.scalars(select(Event.seq).where(Event.type == kind))).all())


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = ManualClock()
    async with bare_web(tmp_path, two_sites(), clock) as app:
        yield House(app, clock)


async def test_a_snooze_stops_the_chains_of_its_rule_and_its_end_starts_them_again(house: House) -> None:
    for name in ("one", "two"):
        await house.alert(name)
    await house.alert("other", camera="cam-2")
    await house.alert("third", rule="crowd")
    due = {"rung": 0, "round": 0, "duty": "officer", "user_id": 1, "username": "lan", "channel": "sms"}
    due |= {"attempt": 1, "stand_in": False}
    async with house.context.database.change() as change:
        row = {"alert_id": "one", "state": "due", "due_at": house.now, **due}
        await change.connection.execute(insert(Delivery).values(row))
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        made = await client.post("/api/alerts/one/snooze", json={"minutes": 30, **REASON})
        assert made.status_code == 201, made.text
        quiet = made.json()
        until = rfc3339(house.now + timedelta(minutes=30))
        assert (quiet["camera"], quiet["rule"], quiet["until"], quiet["in_force"]) == ("cam-1", "breach", until, True)
        chains = {one["id"]: one for one in (await client.get("/api/alerts")).json()["items"]}
        assert {name: one["chain"]["state"] for name, one in chains.items()} == {
            "one": "quiet", "two": "quiet", "other": "due", "third": "due",
        }  # fmt: skip
        said = {"id": quiet["id"], "kind": "snooze", "until": until, "reason": REASON["reason"], "by": quiet["by"]}
        assert (chains["one"]["quiet"], chains["one"]["chain"]["next_at"]) == (said, until)
        assert [step["kind"] for step in chains["one"]["steps"]] == ["opened", "quieted"]
        assert (await client.get("/api/quiets")).json()["items"] == [quiet]
        for kept, ids in ((True, {"one", "two"}), (False, {"other", "third"})):
            listed = (await client.get("/api/alerts", params={"quiet": kept})).json()["items"]
            assert {one["id"] for one in listed} == ids
        await house.over("two")
        house.clock.advance(60)
        assert (await client.delete(f"/api/quiets/{quiet['id']}")).status_code == 204
        assert (await client.delete(f"/api/quiets/{quiet['id']}")).status_code == 204
        chains = {one["id"]: one for one in (await client.get("/api/alerts")).json()["items"]}
        assert chains["one"]["chain"] | {"by": None} == {
            "state": "due", "rung": None, "next_at": rfc3339(house.now), "by": None,
        }  # fmt: skip
        assert (chains["one"]["quiet"], chains["two"]["chain"]["state"]) == (None, "quiet")
        assert (await client.get("/api/quiets")).json()["items"] == []
        (past,) = (await client.get("/api/quiets", params={"ended": True})).json()["items"]
        assert (past["id"], past["in_force"], past["ended_by"]) == (quiet["id"], False, quiet["by"])
    async with house.context.database.read() as connection:
        assert (await connection.execute(select(Delivery.state, Delivery.answer))).all() == [("skipped", "quiet")]
    assert await house.events("quiet.changed") == 2


async def test_what_another_makes_quiet_stays_so(house: House) -> None:
    await house.alert("one")
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        first = (await client.post("/api/alerts/one/snooze", json={"minutes": 5, **REASON})).json()["id"]
        second = (await client.post("/api/alerts/one/snooze", json={"minutes": 20, **REASON})).json()["id"]
        await client.delete(f"/api/quiets/{first}")
        told = (await client.get("/api/alerts/one")).json()
        assert (told["chain"]["state"], told["quiet"]["id"], await house.in_force()) == ("quiet", second, second)
        await client.delete(f"/api/quiets/{second}")
        assert (await client.get("/api/alerts/one")).json()["chain"]["state"] == "due"


async def test_what_shared_a_snoozed_chain_is_called_for_once_that_is_over(house: House) -> None:
    """Also when the alert whose chain it was has ended meanwhile; not where somebody took that on before."""
    for name in ("first", "goes-on", "taken", "of-taken"):
        await house.alert(name)
    async with house.context.database.change() as change:
        for name, chain, group in (
            ("first", "running", None), ("goes-on", "joined", "first"), ("taken", "stopped", None),
            ("of-taken", "joined", "taken"),
        ):  # fmt: skip
            put = update(Alert).where(Alert.id == name)
            await change.connection.execute(put.values(chain=chain, chain_at=None, group_id=group))
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        quiet = (await client.post("/api/alerts/first/snooze", json={"minutes": 5, **REASON})).json()["id"]
        told = (await client.get("/api/alerts/goes-on")).json()
        assert (told["chain"]["state"], told["quiet"]["id"]) == ("quiet", quiet)
        await house.over("first")
        await client.delete(f"/api/quiets/{quiet}")
        names = ("first", "goes-on", "of-taken")
        states = [(await client.get(f"/api/alerts/{name}")).json()["chain"]["state"] for name in names]
    assert states == ["quiet", "due", "joined"]


@pytest.mark.parametrize(
    ("severity", "asked", "status"),
    [
        ("critical", {"minutes": 60, **REASON}, 201),
        ("critical", {"minutes": 61, **REASON}, 422),
        ("warning", {"minutes": 480, **REASON}, 201),
        ("warning", {"minutes": 481, **REASON}, 422),
        ("warning", {"minutes": 0, **REASON}, 422),
        ("warning", {"minutes": 5, "reason": " \n"}, 422),
        ("warning", {"minutes": 5, "reason": "\x1b[2J"}, 422),
    ],
)
async def test_bounds_of_a_snooze(house: House, severity: str, asked: dict[str, Any], status: int) -> None:
    await house.alert("one", severity=severity)
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        assert (await client.post("/api/alerts/one/snooze", json=asked)).status_code == status
    assert (await house.in_force() is None) is (status == 422)


@pytest.mark.parametrize(
    ("start_h", "until_h", "status"),
    [(0, 7 * 24, 201), (-9, 1, 201), (0, 7 * 24 + 1, 422), (2, 1, 422), (-2, -1, 422), (92 * 24, 92 * 24 + 1, 201),
     (92 * 24 + 1, 92 * 24 + 2, 422), (1, 1, 422)],
)  # fmt: skip
async def test_bounds_of_maintenance(house: House, start_h: float, until_h: float, status: int) -> None:
    span = {
        "start": (house.now + timedelta(hours=start_h)).isoformat(),
        "until": (house.now + timedelta(hours=until_h)).isoformat(),
    }
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        made = await client.post("/api/quiets", json={"cameras": ["cam-1", "cam-2", "cam-1"], **span, **REASON})
        assert made.status_code == status, made.text
        if status == 201:
            items = made.json()["items"]
            assert [one["camera"] for one in items] == ["cam-1", "cam-2"]
            assert all(one["in_force"] is (start_h <= 0) for one in items)
            assert items[0]["start"] >= rfc3339(house.now)
        too_many = {"cameras": [f"c{n}" for n in range(51)], **span, **REASON}
        assert (await client.post("/api/quiets", json=too_many)).status_code == 422


async def test_maintenance_is_in_force_from_its_start_to_its_end_for_every_rule(house: House) -> None:
    span = {
        "start": (house.now + timedelta(hours=1)).isoformat(),
        "until": (house.now + timedelta(hours=2)).isoformat(),
    }
    await house.alert("one")
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        made = await client.post("/api/quiets", json={"cameras": ["cam-1"], **span, **REASON})
        quiet = made.json()["items"][0]["id"]
        assert (await client.get("/api/alerts/one")).json()["chain"]["state"] == "due"
    at = {after_s: await house.in_force(rule="any", after_s=after_s) for after_s in (0, 3599, 3600, 7199, 7200)}
    assert at == {0: None, 3599: None, 3600: quiet, 7199: quiet, 7200: None}
    assert await house.in_force("cam-2", after_s=3600) is None


async def test_maintenance_of_cameras_says_nothing_of_their_site(house: House) -> None:
    span = {"start": house.now.isoformat(), "until": (house.now + timedelta(hours=1)).isoformat()}
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        await client.post("/api/quiets", json={"cameras": ["cam-1", "cam-2"], **span, **REASON})
        assert await house.in_force(rule="any")
        assert await house.in_force(rule="site-unreachable") is None
        await house.alert("whole", rule="site-unreachable", kind="site_unreachable")
        made = await client.post("/api/alerts/whole/snooze", json={"minutes": 5, **REASON})
        assert await house.in_force(rule="site-unreachable") == made.json()["id"]


async def test_a_nodes_alert_can_be_snoozed(house: House) -> None:
    await house.alert("disk", camera="local", site="_node", rule="storage", kind="storage")
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        made = (await client.post("/api/alerts/disk/snooze", json={"minutes": 5, **REASON})).json()
        assert (made["site"], made["camera"], made["node"]) == (None, None, "local")
        assert (await client.get("/api/alerts/disk")).json()["chain"]["state"] == "quiet"
        assert (await client.get("/api/quiets")).json()["items"] == [made]
    assert await house.in_force("local", "storage") == made["id"]


async def test_what_is_of_another_site_and_of_a_camera_that_is_gone(house: House) -> None:
    await house.alert("one")
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        quiet = (await client.post("/api/alerts/one/snooze", json={"minutes": 5, **REASON})).json()["id"]
        async with browser(house.app, await signed_in(house.app, "site_lead", ["s2"])) as other:
            for ended in (False, True):
                assert (await other.get("/api/quiets", params={"ended": ended})).json()["items"] == []
            assert (await other.delete(f"/api/quiets/{quiet}")).status_code == 404
            assert (await other.get("/api/quiets", params={"cursor": quiet})).status_code == 422
        facility = house.context.current.facility
        site = facility.sites[0]
        without = facility.model_copy(
            update={"sites": (site.model_copy(update={"cameras": site.cameras[1:]}), *facility.sites[1:])}
        )
        house.context.current.replace(revisions.Configured(9, house.now, without))
        assert (await client.get("/api/quiets")).json()["items"] == []
        (past,) = (await client.get("/api/quiets", params={"ended": True})).json()["items"]
        assert (past["id"], past["in_force"]) == (quiet, False)


async def test_pages(house: House) -> None:
    made = []
    async with browser(house.app, await signed_in(house.app, "duty")) as client:
        for number in range(5):
            await house.alert(f"a{number}", rule=f"r{number}")
            made.append((await client.post(f"/api/alerts/a{number}/snooze", json={"minutes": 5, **REASON})).json())
            house.clock.advance(1)
        found, cursor = [], None
        while True:
            params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/quiets", params=params)).json()
            found += page["items"]
            if (cursor := page["next"]) is None:
                break
    assert found == made[::-1]
