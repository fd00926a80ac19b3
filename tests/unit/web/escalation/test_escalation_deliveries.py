"""Attempts over a real database: retried, over the next channel, judged before they leave, stopped, sent again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.support.clocks import ManualClock
from tests.support.escalating import Escalating, ScriptedCourier
from tests.support.waiting import until
from web.channels.endpoints import Subscription
from web.channels.push import Answer
from web.database.schema import User
from web.database.schema_duty import Channel
from web.escalation import deliveries
from web.escalation.deliveries import PER_WAY

OFFICER, LEAD, PROVINCE = ("officer", 0), ("site_lead", 0), ("province", 0)


def refuses() -> Answer:
    return Answer("failed", "500 Internal Server Error", 3)


async def attempts(rig: Escalating, alert: str, call: int = 0) -> list[tuple[str, int, str]]:
    (person,) = (await rig.alert(alert))["calls"][call]["people"]
    return [(one["channel"].partition(" · ")[0], one["attempt"], one["state"]) for one in person["attempts"]]


async def test_a_channel_that_fails_is_tried_three_times_and_then_the_next(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    courier.answers["ntfy"] = refuses
    await rig.tell("a")
    await rig.run()
    assert await attempts(rig, "a") == [("ntfy", 1, "failed"), ("ntfy", 2, "due")]
    clock.advance(3)
    await rig.run()
    assert await attempts(rig, "a") == [("ntfy", 1, "failed"), ("ntfy", 2, "failed"), ("ntfy", 3, "due")]
    clock.advance(10)
    await rig.run()
    assert await attempts(rig, "a") == [*(("ntfy", i, "failed") for i in (1, 2, 3)), ("mail", 1, "sent")]
    assert await rig.duties("a") == [OFFICER], "he was reached: he has his time"
    (first, *_) = (await rig.alert("a"))["calls"][0]["people"][0]["attempts"]
    assert (first["answer"], first["took_ms"]) == ("500 Internal Server Error", 3)


async def test_who_cannot_be_reached_at_all_is_not_waited_for(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    courier.answers |= {"ntfy": refuses, "mail": lambda: Answer("gone", "no such address")}
    await rig.tell("a")
    for _ in range(13):
        await rig.run()
        clock.advance(1)
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD]
    assert len(courier.to("huong-web")) == 1
    clock.advance(90 + 180)
    await rig.run()
    await rig.tell("b", camera="cam-2")
    for _ in range(14):
        await rig.run()
        clock.advance(1)
    assert [name for name, _, _ in await attempts(rig, "b")] == ["ntfy"] * 3, "a channel that is gone is not used again"


async def test_a_channel_that_hangs_is_given_up(
    rig: Escalating, courier: ScriptedCourier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "HANG_S", 0.05)
    await rig.roster()
    courier.held["ntfy"] = asyncio.Event()
    await rig.tell("a")
    await rig.run()
    (person,) = (await rig.alert("a"))["calls"][0]["people"]
    assert (person["attempts"][0]["state"], person["attempts"][0]["answer"]) == ("failed", "no answer within 0.05 s")


async def test_a_dead_gateway_holds_up_no_other(rig: Escalating, clock: ManualClock, courier: ScriptedCourier) -> None:
    """Nor those for long who wait for their turn at it and have another."""
    await rig.shift(await rig.user("lan", sites=["s1"], dead="lan-dead", mail="lan-mail"), "officer")
    await rig.shift(await rig.user("mai", sites=["s1"], ntfy="mai-ntfy"), "officer")
    courier.held["dead"] = asyncio.Event()
    alerts = 3 * PER_WAY
    for number in range(alerts):
        await rig.tell(f"a{number}", camera=f"cam-{number}")
    await rig.run()
    assert len(courier.to("mai-ntfy")) == alerts
    assert (len(courier.to("lan-dead")), courier.to("lan-mail")) == (PER_WAY, [])
    clock.advance(20)
    await rig.run()
    await rig.run()
    assert len(courier.to("lan-mail")) == alerts - PER_WAY
    courier.held["dead"].set()
    await rig.run()
    assert all(row["state"] != "due" for row in await rig.deliveries())


async def test_one_makers_push_service_holds_up_no_others(rig: Escalating, courier: ScriptedCourier) -> None:
    """Both are the gateway ``webpush``."""
    dead, good = (Subscription(f"https://{maker}.example/1", "p", "a").text() for maker in ("dead", "good"))
    await rig.shift(await rig.user("lan", sites=["s1"], webpush=dead), "officer")
    await rig.shift(await rig.user("mai", sites=["s1"], webpush=good), "officer")
    courier.held["dead.example"] = asyncio.Event()
    alerts = 3 * PER_WAY
    for number in range(alerts):
        await rig.tell(f"a{number}", camera=f"cam-{number}")
    await rig.run()
    assert (len(courier.to(good)), len(courier.to(dead))) == (alerts, PER_WAY)
    courier.held["dead.example"].set()
    await rig.run()
    assert len(courier.to(dead)) == alerts


async def test_what_was_taken_does_not_wait_for_a_dead_gateway(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.shift(await rig.user("lan", sites=["s1"], dead="lan-dead", mail="lan-mail"), "officer")
    courier.held["dead"] = asyncio.Event()
    for number in range(PER_WAY + 2):
        await rig.tell(f"a{number}", camera=f"cam-{number}")
    await rig.run()
    waiting = {f"a{number}" for number in range(PER_WAY + 2)} - {push.body for push in courier.to("lan-dead")}
    for name in waiting:
        await rig.take(name, "minh")
    clock.advance(20)
    await rig.run()
    assert {row["state"] for row in await rig.deliveries() if row["alert_id"] in waiting} == {"failed"}
    assert courier.to("lan-mail") == []


async def test_an_address_that_several_share_gets_one_message(rig: Escalating, courier: ScriptedCourier) -> None:
    for name in ("lan", "mai"):
        await rig.shift(await rig.user(name, sites=["s1"], telegram="-100"), "officer")
    await rig.tell("a")
    await rig.run()
    assert len(courier.to("-100")) == 1
    people = (await rig.alert("a"))["calls"][0]["people"]
    assert [(one["attempts"][0]["state"], one["attempts"][0]["answer"]) for one in people] == [
        ("sent", "200 OK"), ("skipped", "goes to the address of lan"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (update(User).where(User.username == "lan").values(enabled=False), "account disabled"),
        (update(User).where(User.username == "lan").values(sites=["s2"]), "may not see it"),
        (update(User).where(User.username == "lan").values(role="viewer"), "may not see it"),
        (update(Channel).where(Channel.gateway == "ntfy").values(enabled=False), "channel removed"),
    ],
)
async def test_what_changed_meanwhile_is_looked_at_before_it_leaves(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier, changed: object, said: str
) -> None:
    await rig.roster()
    courier.answers["ntfy"] = refuses
    await rig.tell("a")
    await rig.run()
    async with rig.database.change() as change:
        await change.connection.execute(changed)
    clock.advance(3)
    await rig.run()
    (person,) = (await rig.alert("a"))["calls"][0]["people"]
    assert (person["attempts"][1]["state"], person["attempts"][1]["answer"]) == ("skipped", said)
    assert len(courier.to("lan-mail")) == (said == "channel removed")
    assert (await rig.duties("a"))[1:] == ([] if said == "channel removed" else [LEAD])


async def test_nobody_is_called_once_it_is_taken_and_browsers_are_told_by_whom(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    await rig.tell("a")
    await rig.run()
    clock.advance(90)
    await rig.run()
    courier.answers["ntfy"] = refuses
    await rig.take("a", "minh")
    await rig.run()
    clock.advance(3600)
    await rig.run()
    assert await rig.duties("a") == [OFFICER, LEAD]
    assert [(push.body, push.silent) for push in courier.to("huong-web")] == [
        ("a", False), ("đã có người nhận: minh", True),
    ]  # fmt: skip
    assert len(courier.to("lan-ntfy")) == 1, "only a browser can take a message back"
    assert [len(call["people"][0]["attempts"]) for call in (await rig.alert("a"))["calls"]] == [1, 1]
    await rig.take("a", "minh", "resolved")
    await rig.run()
    assert len(courier.to("huong-web")) == 2


async def test_taken_while_the_message_is_under_way(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.shift(await rig.user("lan", sites=["s1"], webpush="lan-web", ntfy="lan-ntfy"), "officer")
    held = courier.held["webpush"] = asyncio.Event()
    await rig.tell("a")
    await rig.run()
    assert len(courier.to("lan-web")) == 1
    await rig.take("a", "minh")
    await rig.run()
    assert len(courier.to("lan-web")) == 1, "nobody is known to have been reached yet"
    held.set()
    await rig.run()
    assert [push.silent for push in courier.to("lan-web")] == [False, True]
    assert await rig.chain("a") == "stopped"


async def test_a_retry_of_what_was_taken_is_not_sent(
    rig: Escalating, clock: ManualClock, courier: ScriptedCourier
) -> None:
    await rig.roster()
    courier.answers["ntfy"] = refuses
    await rig.tell("a")
    await rig.run()
    await rig.take("a", "minh")
    clock.advance(3)
    await rig.run()
    (person,) = (await rig.alert("a"))["calls"][0]["people"]
    assert person["attempts"][-1]["answer"] == "not needed any more: stopped by minh"
    assert (len(courier.carried), await rig.duties("a")) == (1, [OFFICER])


async def test_what_was_under_way_when_the_process_died_is_sent_again(
    rig: Escalating, courier: ScriptedCourier
) -> None:
    await rig.roster()
    courier.held["ntfy"] = asyncio.Event()
    await rig.tell("a")
    await rig.run()
    assert len(courier.to("lan-ntfy")) == 1
    del courier.held["ntfy"]
    await rig.again()
    await rig.run()
    assert len(courier.to("lan-ntfy")) == 2
    assert await attempts(rig, "a") == [("ntfy", 1, "sent")]


async def test_a_courier_that_breaks_has_failed(rig: Escalating, courier: ScriptedCourier) -> None:
    def breaks() -> Answer:
        raise RuntimeError("a fault of ours")

    await rig.roster()
    courier.answers["ntfy"] = breaks
    await rig.tell("a")
    await rig.run()
    assert (await attempts(rig, "a"))[0] == ("ntfy", 1, "failed")


async def test_an_answer_that_cannot_be_written_down_holds_up_no_other(
    rig: Escalating, courier: ScriptedCourier, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.roster()
    courier.answers["ntfy"] = lambda: Answer("sent", "OK", 2**70)
    await rig.shift(await rig.user("mai", sites=["s1"], mail="mai-mail"), "officer")
    await rig.tell("a")
    await rig.run()
    people = (await rig.alert("a"))["calls"][0]["people"]
    assert [(one["user"], one["attempts"][0]["state"]) for one in people] == [("lan", "failed"), ("mai", "sent")]
    assert "delivery.unwritten alert=a" in caplog.text


async def test_the_loop_calls_by_itself_and_waits_for_a_database_that_is_away(
    rig: Escalating, courier: ScriptedCourier, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.roster()
    await rig.tell("a")
    with closing(sqlite3.connect(tmp_path / "vms.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        loop = asyncio.create_task(rig.escalation.run())
        await until(lambda: "escalation.waiting" in caplog.text)
        assert courier.carried == []
        other.execute("ROLLBACK")
    await until(lambda: len(courier.to("lan-ntfy")) == 1)
    await rig.tell("b", camera="cam-2")
    await until(lambda: len(courier.to("lan-ntfy")) == 2)
    assert caplog.text.count("escalation.waiting") == 1
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
