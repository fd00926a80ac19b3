"""Chains that wait: quiet cameras and rules, and a host's clock that is set meanwhile."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.clocks import ManualClock
from tests.support.escalating import SITE, Escalating, ScriptedCourier, later
from web.database.schema_duty import Quiet
from web.quiet import store

OFFICER, LEAD = ("officer", 0), ("site_lead", 0)


async def test_a_snoozed_rule_calls_nobody_until_it_is_over(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    quiet = await rig.quiet(minutes=30)
    for name in ("goes-on", "ends", "other-rule"):
        await rig.tell(name, rule="crowd" if name == "other-rule" else "breach")
    await rig.run()
    alert = await rig.alert("goes-on")
    assert (alert["chain"]["state"], alert["quiet"]["id"], alert["quiet"]["by"]) == ("quiet", quiet, "lan")
    assert (alert["steps"][-1]["kind"], alert["steps"][-1]["note"]) == ("quieted", "sửa cổng")
    assert [push.body for push in courier.to("lan-ntfy")] == ["other-rule"]
    await rig.tell("ends", "ended")
    clock.advance(30 * 60)
    await rig.run()
    assert [await rig.chain(name) for name in ("goes-on", "ends")] == ["running", "quiet"]
    assert (await rig.alert("ends"))["chain"]["next_at"] is None
    assert [push.body for push in courier.to("lan-ntfy")] == ["other-rule", "goes-on"]


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "run-out"])
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "found"])
async def test_after_a_snooze_a_group_climbs_for_the_one_that_goes_on(
    rig: Escalating, clock: ManualClock, stored: bool, ended: bool
) -> None:
    """Also where the alert whose chain it shares is over itself; ``found``: by the loop, at the next rung."""
    await rig.roster()
    for name in ("first", "goes-on"):
        await rig.tell(name)
        await rig.run()
    await rig.tell("first", "ended")
    span = rig.now, rig.now + timedelta(minutes=30)
    snooze = store.made("snooze", (SITE, "cam-1"), "breach", span, "sửa cổng", "lan")
    if stored:
        async with rig.database.change() as change:
            await store.put(change, [snooze])
    else:
        snooze = dataclasses.replace(snooze, id=await rig.quiet())
        clock.advance(90)
        await rig.run()
    # By hand all of a group are kept quiet; by the loop the one whose chain it is.
    assert [await rig.chain(name) for name in ("first", "goes-on")] == ["quiet", "quiet" if stored else "joined"]
    before = len(await rig.deliveries())
    clock.advance(60 if ended else 30 * 60)
    if ended:
        async with rig.database.change() as change:
            await store.end(change, snooze.id, "lan")
    await rig.run()
    (climbs,) = [name for name in ("first", "goes-on") if await rig.chain(name) == "running"]
    assert (await rig.duties(climbs))[0] == OFFICER
    assert len(await rig.deliveries()) > before


async def test_a_quiet_that_is_ended_early_lets_the_chain_begin(rig: Escalating, clock: ManualClock) -> None:
    await rig.roster()
    quiet = await rig.quiet("maintenance", rule=None)
    await rig.tell("a")
    await rig.run()
    assert await rig.chain("a") == "quiet"
    clock.advance(60)
    async with rig.database.change() as change:
        await change.connection.execute(update(Quiet).where(Quiet.id == quiet).values(ended_at=rig.now, ended_by="lan"))
    await rig.run()
    assert (await rig.chain("a"), await rig.duties("a")) == ("running", [OFFICER])


async def test_maintenance_of_a_camera_says_nothing_of_its_site(rig: Escalating) -> None:
    """Its alerts are only filed under that camera."""
    await rig.roster()
    await rig.quiet("maintenance", rule=None)
    await rig.tell("own")
    for kind, rule in (("site_unreachable", "site-unreachable"), ("canary", "canary")):
        await rig.tell(kind, kind=kind, rule=rule)
    await rig.run()
    assert [await rig.chain(name) for name in ("own", "site_unreachable", "canary")] == ["quiet", "running", "running"]


async def test_maintenance_that_begins_does_not_silence_what_was_there_before(
    rig: Escalating, clock: ManualClock
) -> None:
    """A snooze does: who puts it was called for just that."""
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    clock.advance(1)
    await rig.quiet("maintenance")
    clock.advance(89)
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD]
    await rig.quiet("snooze")
    clock.advance(180)
    await rig.run()
    assert (await rig.duties("a"), await rig.chain("a")) == ([OFFICER, LEAD], "quiet")


@pytest.mark.parametrize("step", [3600.0, -3600.0])
async def test_a_clock_that_is_set_calls_nobody_early_or_late(rig: Escalating, clock: ManualClock, step: float) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    await later(rig, clock, 60)
    clock.step(step)
    await later(rig, clock, 29)
    assert await rig.duties("a") == [OFFICER]
    await rig.tell("b", camera="cam-2")
    await later(rig, clock, 1)
    assert await rig.duties("a") == [OFFICER, LEAD]
    assert await rig.duties("b") == [OFFICER]
    alert = await rig.alert("a")
    assert alert["chain"]["next_at"] == alert["calls"][-1]["deadline"]
    await later(rig, clock, 90)
    assert await rig.duties("b") == [OFFICER, LEAD]


async def test_a_clock_that_was_set_back_while_the_role_was_away_postpones_nothing(
    rig: Escalating, clock: ManualClock
) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    await rig.tell("unseen", camera="cam-2")
    clock.step(-3600)
    await rig.again()
    await rig.run()
    assert await rig.duties("unseen") == [OFFICER]
    clock.advance(90)
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD]


async def test_what_was_taken_before_the_clock_was_set_back_is_no_reason_to_call_nobody(
    rig: Escalating, clock: ManualClock
) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    await rig.take("a")
    await later(rig, clock, 300)
    clock.step(-3600)
    await rig.run()
    await rig.tell("b")
    await rig.run()
    assert (await rig.chain("b"), await rig.duties("b")) == ("running", [OFFICER])


async def test_a_long_snooze_of_a_warning_is_a_short_one_of_what_is_critical(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    await rig.quiet(minutes=480)
    await rig.tell("warning", severity="warning")
    await rig.tell("critical")
    clock.advance(59 * 60)
    await rig.tell("second")
    await rig.run()
    assert [await rig.chain(name) for name in ("warning", "critical", "second")] == ["quiet", "quiet", "quiet"]
    clock.advance(60)
    await rig.run()
    assert await rig.chain("warning") == "quiet"
    assert {await rig.chain(name) for name in ("critical", "second")} == {"running", "joined"}
    assert len(courier.to("lan-ntfy")) == 1
