"""Chains over a real database: called at their deadlines, grouped, quiet, stopped; a clock that is set, a burst."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select

from tests.support.clocks import ManualClock
from tests.support.escalating import Escalating, ScriptedCourier, escalating, later
from tests.support.waiting import until_async
from vms.domain.clock import SystemClock
from web.database.schema import Alert, Event
from web.database.schema_duty import Call, Delivery
from web.duty.policy import DEFAULT, MOST_ROUNDS, Ladder, Rung

OFFICER, LEAD, PROVINCE = ("officer", 0), ("site_lead", 0), ("province", 0)


async def test_who_does_not_answer_is_followed_by_the_next_at_the_deadline(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    assert await rig.duties("a") == [OFFICER]
    assert [address for _, address, _ in courier.carried] == ["lan-ntfy"]
    await later(rig, clock, 89)
    assert await rig.duties("a") == [OFFICER]
    await later(rig, clock, 1)
    assert await rig.duties("a") == [OFFICER, LEAD]
    await later(rig, clock, 180)
    assert await rig.duties("a") == [OFFICER, LEAD, PROVINCE]
    alert = await rig.alert("a")
    assert [step["kind"] for step in alert["steps"]] == ["opened", "called", "called", "called"]
    assert [step["note"] for step in alert["steps"][1:]] == ["officer", "site_lead", "province"]
    assert alert["calls"][0]["deadline"] == alert["calls"][1]["at"]
    (person,) = alert["calls"][1]["people"]
    assert (person["user"], person["stand_in"]) == ("huong", False)
    assert [(one["state"], one["answer"]) for one in person["attempts"]] == [("sent", "200 OK")]


async def test_the_last_rung_is_called_again_until_it_is_enough(rig: Escalating, clock: ManualClock) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    for _ in range(2 + MOST_ROUNDS):
        clock.advance(300)
        await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD, *(("province", i) for i in range(MOST_ROUNDS + 1))]
    assert await rig.chain("a") == "running"
    clock.advance(300)
    await rig.run()
    assert (await rig.alert("a"))["chain"] | {"rung": 2} == {
        "state": "exhausted", "rung": 2, "next_at": None, "by": None,
    }  # fmt: skip


async def test_rungs_that_reach_nobody_are_not_waited_for(rig: Escalating, courier: ScriptedCourier) -> None:
    await rig.shift(await rig.user("binh", sites=["s1"]), "officer")  # has no channel; there is no site lead at all
    await rig.user("minh", "supervisor", webpush="minh-web")
    await rig.tell("a")
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD, PROVINCE]
    alert = await rig.alert("a")
    assert [len(call["people"]) for call in alert["calls"]] == [1, 0, 1]
    assert [(one["state"], one["answer"]) for one in alert["calls"][0]["people"][0]["attempts"]] == [
        ("skipped", "no channel")
    ]
    assert alert["calls"][2]["people"][0]["stand_in"] is True
    assert len(courier.to("minh-web")) == 1
    assert [step["note"] for step in alert["steps"] if step["kind"] == "called"] == ["province"]


async def test_with_nobody_to_call_at_all_the_last_rung_keeps_its_interval(rig: Escalating, clock: ManualClock) -> None:
    await rig.tell("a")
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD, PROVINCE]
    clock.advance(299)
    await rig.run()
    assert len(await rig.duties("a")) == 3
    clock.advance(1)
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD, PROVINCE, ("province", 1)]


async def test_alerts_of_one_rule_share_a_chain_and_any_of_them_stops_it(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    for name in ("a", "b", "c"):
        await rig.tell(name)
    await rig.tell("elsewhere", camera="cam-2")
    await rig.run()
    assert [(await rig.alert(name))["group"] for name in ("a", "b", "c", "elsewhere")] == [None, "a", "a", None]
    assert [await rig.chain(name) for name in ("b", "c")] == ["joined", "joined"]
    assert sorted(push.body for push in courier.to("lan-ntfy")) == ["a", "elsewhere"]
    assert (await rig.alert("b"))["calls"] == (await rig.alert("a"))["calls"]

    await rig.take("b", "huong")
    assert [await rig.chain(name) for name in ("a", "b", "c")] == ["stopped", "stopped", "joined"]
    assert (await rig.alert("a"))["chain"]["by"] == "huong"
    assert [(await rig.alert(name))["state"] for name in ("a", "b", "c")] == ["open", "acknowledged", "open"]
    clock.advance(59)
    await rig.tell("within")
    await rig.run()
    assert ((await rig.alert("within"))["group"], await rig.chain("within")) == ("a", "joined")
    clock.advance(61)
    await rig.tell("after")
    await rig.run()
    assert ((await rig.alert("after"))["group"], await rig.chain("after")) == (None, "running")


async def test_a_group_is_taken_on_in_one_go(rig: Escalating) -> None:
    await rig.roster()
    for name in ("a", "b", "c"):
        await rig.tell(name)
    await rig.run()
    taken = await rig.take("c", group=True)
    assert [one["id"] for one in taken] == ["c", "a", "b"]
    assert {(one["state"], one["chain"]["state"]) for one in taken} == {("acknowledged", "stopped")}
    resolved = await rig.take("a", step="resolved", group=True)
    assert {one["state"] for one in resolved} == {"resolved"}
    assert len(resolved) == 3


async def test_what_is_more_severe_than_its_group_calls_by_itself(rig: Escalating) -> None:
    await rig.roster()
    await rig.tell("a", severity="warning")
    await rig.run()
    await rig.tell("b", severity="warning")
    await rig.tell("worse")
    await rig.run()
    assert [await rig.chain(name) for name in ("a", "b", "worse")] == ["running", "joined", "running"]
    await rig.tell("b", "updated")  # it has become critical, but the critical chain runs already
    await rig.run()
    assert (await rig.alert("b"))["group"] == "worse"
    await rig.tell("info", camera="cam-2", severity="info")
    await rig.run()
    assert await rig.chain("info") == "none"
    await rig.tell("info", "updated", camera="cam-2", severity="critical")
    await rig.run()
    assert (await rig.chain("info"), await rig.duties("info")) == ("running", [OFFICER])


async def test_what_mends_itself_stops_its_chain_and_goes_on_for_another_of_its_group(rig: Escalating) -> None:
    await rig.shift(await rig.user("ky", "admin", ntfy="ky"), "technician", None)
    said = {"kind": "storage", "rule": "disk", "severity": "critical"}
    for name in ("a", "b"):
        await rig.tell(name, **said)
        await rig.run()
    assert [await rig.chain(name) for name in ("a", "b")] == ["running", "joined"]
    await rig.tell("a", "ended", **said)
    assert await rig.chain("a") == "running"
    await rig.tell("b", "ended", **said)
    assert (await rig.alert("a"))["chain"] | {"rung": 0} == {
        "state": "stopped", "rung": 0, "next_at": None, "by": "over",
    }  # fmt: skip
    await rig.tell("c", **said)
    await rig.run()
    assert await rig.chain("c") == "running", "nobody has taken on the one before"


async def test_what_was_over_before_anybody_looked(rig: Escalating, clock: ManualClock) -> None:
    await rig.roster()
    long_ago = rig.now - timedelta(minutes=16)
    for name, said in {
        "critical": {}, "warning": {"severity": "warning"}, "camera": {"kind": "camera_offline", "rule": "o"},
    }.items():  # fmt: skip
        await rig.tell(name, opened_at=long_ago, **{**said, "camera": name})
        await rig.tell(name, "ended", **{**said, "camera": name})
    await rig.tell("taken", camera="cam-9")
    await rig.take("taken", "huong")
    await rig.run()
    found = {name: (await rig.alert(name))["chain"] for name in ("critical", "warning", "camera", "taken")}
    assert {name: (one["state"], one["by"]) for name, one in found.items()} == {
        "critical": ("running", None), "warning": ("stopped", "over"), "camera": ("stopped", "over"),
        "taken": ("stopped", "huong"),
    }  # fmt: skip


async def test_a_policy_that_calls_nobody_any_more_ends_what_runs(rig: Escalating, clock: ManualClock) -> None:
    await rig.roster()
    await rig.tell("a", severity="warning")
    await rig.run()
    await rig.policy(DEFAULT.model_copy(update={"security": {**DEFAULT.security, "warning": None}}))
    clock.advance(600)
    await rig.run()
    assert (await rig.chain("a"), await rig.duties("a")) == ("none", [OFFICER])


async def test_nothing_is_called_after_it_was_taken_while_rungs_follow_each_other(
    tmp_path: Path, courier: ScriptedCourier
) -> None:
    """The loop runs beside those who take alerts on, and each rung follows at once."""
    rungs = tuple(Rung(duty=duty) for duty in ("officer", "site_lead", "province"))
    ladder = Ladder(rungs=rungs, repeat_s=60)
    async with escalating(tmp_path / "beside", SystemClock(), courier) as rig:
        await rig.roster()
        await rig.policy(DEFAULT.model_copy(update={"security": {**DEFAULT.security, "critical": ladder}}))
        loop = asyncio.create_task(rig.escalation.run())
        names = [f"a{number}" for number in range(30)]
        called: dict[str, int] = {}
        for name in names:
            await rig.tell(name, camera=name)
        for name in random.Random(23).sample(names, len(names)):
            await rig.take(name, "minh")
            called[name] = len((await rig.alert(name))["calls"])
        await rig.tell("last")
        await until_async(lambda: _has_called(rig, "last", 3))
        assert {name: len((await rig.alert(name))["calls"]) for name in names} == called
        assert {await rig.chain(name) for name in names} == {"stopped"}
        await until_async(lambda: _nothing_due(rig))
        sent = [row for row in await rig.deliveries() if row["taken_by"] is None and row["state"] == "sent"]
        told = [row for row in await rig.deliveries() if row["taken_by"] is not None]
        browsers = {(row["alert_id"], row["channel_id"]) for row in sent if row["channel"].startswith("webpush")}
        assert {(row["alert_id"], row["channel_id"]) for row in told} == {
            one for one in browsers if one[0] != "last"
        }, "each browser that was reached is told, also where it was reached in that moment"
        assert len(told) == len({(row["alert_id"], row["channel_id"]) for row in told})
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def _has_called(rig: Escalating, alert: str, rungs: int) -> bool:
    return len((await rig.alert(alert))["calls"]) >= rungs


async def _nothing_due(rig: Escalating) -> bool:
    return all(row["state"] != "due" for row in await rig.deliveries())


async def test_an_alert_that_cannot_be_called_for_holds_up_no_other(
    rig: Escalating, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.roster()
    for name in ("bad", "good"):
        await rig.tell(name, camera=name)
    in_the_way = {"alert_id": "bad", "rung": 0, "round": 0, "duty": "officer", "at": rig.now}
    async with rig.database.change() as change:
        await change.connection.execute(insert(Call).values(in_the_way))
    await rig.run()
    assert [await rig.chain(name) for name in ("bad", "good")] == ["due", "running"]
    assert "chain.refused alert=bad" in caplog.text
    async with rig.database.change() as change:
        await change.connection.execute(delete(Call).where(Call.alert_id == "bad"))
    clock.advance(60)
    await rig.run()
    assert await rig.duties("bad") == [OFFICER]


async def test_a_thousand_alerts_at_once_each_call_somebody_once(rig: Escalating, courier: ScriptedCourier) -> None:
    await rig.roster()
    for number in range(1000):
        await rig.tell(f"a{number}", camera=f"cam-{number % 500}")
    await rig.run()
    bodies = [push.body for push in courier.to("lan-ntfy")]
    assert (len(bodies), len(set(bodies))) == (500, 500)
    async with rig.database.read() as connection:
        query = select(Alert.chain, func.count()).group_by(Alert.chain)
        assert dict((await connection.execute(query)).all()) == {"running": 500, "joined": 500}
        told = await connection.scalar(select(func.count()).where(Event.type == "alert.updated"))
        assert told == 1000
        assert await connection.scalar(select(func.count()).where(Delivery.state == "sent")) == 500
