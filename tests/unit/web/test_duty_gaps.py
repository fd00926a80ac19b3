"""Gaps beside a slow reckoning of them, and over HTTP beside whom an alert would call."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from tests.support.duty_desk import Desk, duty_desk
from web.database.schema_duty import Channel
from web.duty.gaps import Rostered, called, gaps
from web.duty.on_duty import STAND_INS, on_duty
from web.duty.people import Person
from web.duty.policy import DEFAULT, DUTIES, OF_ALL_SITES, Duty, Ladder, Policy, Rung

SITES = ("s1", "s2")
START = datetime(2026, 11, 24, tzinfo=UTC)
HOURS = 24

people = st.builds(
    Person,
    st.integers(1, 6), st.just("p"), st.sampled_from(("duty", "site_lead", "supervisor", "admin", "viewer", "none")),
    st.one_of(st.none(), st.frozensets(st.sampled_from(SITES), min_size=1)), st.booleans(),
)  # fmt: skip


@st.composite
def shifts(draw: st.DrawFn) -> list[Rostered]:
    made = []
    for _ in range(draw(st.integers(0, 12))):
        duty = draw(st.sampled_from(DUTIES))
        site = draw(st.sampled_from((*SITES, None) if duty in OF_ALL_SITES else SITES))
        start = draw(st.integers(-5, HOURS + 2))
        until = start + draw(st.integers(1, 30))
        span = (START + timedelta(hours=one) for one in (start, until))
        made.append(Rostered(site, duty, draw(people), *span))
    return made


def slowly(rostered: Sequence[Rostered], site: str, duty: Duty) -> list[int]:
    """The hours in which nobody has it; told apart by its own words, not by those of the code."""
    free = []
    for hour in range(HOURS):
        at = START + timedelta(hours=hour)
        there = [
            one
            for one in rostered
            if one.duty == duty and one.site in (site, None) and one.start <= at < one.end
            and one.person.enabled and one.person.role not in ("none", "viewer")
            and (one.person.sites is None or site in one.person.sites)
        ]  # fmt: skip
        if not there:
            free.append(hour)
    return free


@given(shifts(), st.lists(people, max_size=6))
def test_gaps_are_the_hours_in_which_nobody_is_there(rostered: list[Rostered], everybody: list[Person]) -> None:
    found = gaps(SITES, DUTIES, rostered, everybody, (START, START + timedelta(hours=HOURS)))
    assert found == sorted(found, key=lambda one: one.start)
    for site in SITES:
        for duty in DUTIES:
            mine = [one for one in found if (one.site, one.duty) == (site, duty)]
            hours = [
                hour for one in mine for hour in range(_hour(one.start), _hour(one.end))
            ]  # fmt: skip
            assert hours == slowly(rostered, site, duty)
            assert all(one.end < after.start for one, after in itertools.pairwise(mine)), "whole, not in parts"
            for one in mine:
                assert all(who.enabled and who.role in STAND_INS[duty] for who in one.stand_ins)
                assert all(who.sites is None or (duty == "site_lead" and site in who.sites) for who in one.stand_ins)


def _hour(moment: datetime) -> int:
    return int((moment - START).total_seconds() // 3600)


def test_only_duties_that_a_ladder_calls_can_be_missed() -> None:
    assert called(DEFAULT) == DUTIES
    lone = Ladder(rungs=(Rung(duty="province"), Rung(duty="officer", after_s=60)))
    none = {"critical": None, "warning": None, "info": None}
    policy = Policy.model_validate({"security": none | {"critical": lone}, "technical": none})
    assert called(policy) == ("officer", "province")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with duty_desk(tmp_path) as one:
        async with one.as_("quan") as client:
            for body in (
                one.shift(-2, 6), one.shift(5, 9, "minh"), one.shift(12, 20, "lan", site="s2"),
                one.shift(-1, 24, "thuy", site=None, duty="province"), one.shift(0, 3, "tuan", duty="site_lead"),
                one.shift(2, 4, "lan", site="s2", duty="technician"),
            ):  # fmt: skip
                assert (await client.post("/api/duty/shifts", json=body)).status_code == 201
        yield one


async def asked(desk: Desk, name: str, **more: Any) -> list[tuple[Any, ...]]:
    async with desk.as_(name) as client:
        answer = await client.get("/api/duty/gaps", params={**desk.span(0, 24), **more})
    assert answer.status_code == 200, answer.text
    hour = {desk.at(one): one for one in range(25)}
    return [
        (one["site"], one["duty"], hour[one["start"]], hour[one["end"]], tuple(one["stand_ins"]))
        for one in answer.json()["items"]
    ]


async def test_gaps_say_who_stands_in(desk: Desk) -> None:
    found = await asked(desk, "quan")
    assert [one for one in found if one[0] == "s1"] == [
        ("s1", "technician", 0, 24, ("quan",)),
        ("s1", "site_lead", 3, 24, ("tuan",)),
        ("s1", "officer", 9, 24, ()),
    ]
    assert {one[1:] for one in found if one[0] == "s2"} == {
        ("officer", 0, 12, ()), ("officer", 20, 24, ()), ("site_lead", 0, 24, ()),
        ("technician", 0, 2, ("quan",)), ("technician", 4, 24, ("quan",)),
    }  # fmt: skip
    assert found == sorted(found, key=lambda one: one[2])


async def test_gaps_are_told_of_the_sites_within(desk: Desk) -> None:
    whole = await asked(desk, "quan")
    of_s1 = [one for one in whole if one[0] == "s1"]
    for name in ("tuan", "minh"):
        assert await asked(desk, name) == of_s1
    assert await asked(desk, "quan", site="s1") == of_s1
    async with desk.as_("tuan") as client:
        for path in ("gaps", "shifts", "shifts.csv"):
            params = desk.span(0, 24) | {"site": "s2"}
            assert (await client.get(f"/api/duty/{path}", params=params)).status_code == 404
    async with desk.as_("xem") as client:
        for path in ("gaps", "shifts", "shifts.csv", "now", "people", "policy"):
            assert (await client.get(f"/api/duty/{path}", params=desk.span(0, 24))).status_code == 403


async def test_a_disabled_person_leaves_a_gap(desk: Desk) -> None:
    await desk.disable("minh")
    assert ("s1", "officer", 6, 24, ()) in await asked(desk, "quan")


async def test_now_tells_whom_an_alert_calls(desk: Desk) -> None:
    """At each hour, as the escalation reads it."""
    for _ in range(25):
        async with desk.as_("quan") as client:
            answer = await client.get("/api/duty/now")
        assert answer.status_code == 200, answer.text
        told = answer.json()["items"]
        assert [one["site"] for one in told] == ["s1", "s2"]
        for one in told:
            for duty in one["duties"]:
                at = datetime.fromtimestamp(desk.clock.utc(), UTC)
                async with desk.context.database.read() as connection:
                    there = await on_duty(connection, one["site"], duty["duty"], at)
                assert [(who["user"], who["rostered"]) for who in duty["people"]] == [
                    (who.username, who.rostered) for who in there
                ], (one["site"], duty["duty"])
        desk.clock.advance(3600)


async def test_now_says_until_when_and_how_he_is_reached(desk: Desk) -> None:
    lan = await desk.id_of("lan")
    channel = {"user_id": lan, "gateway": "webpush", "address": "x", "label": "x", "language": "vi", "position": 0}
    states = (
        ("good", True, True, desk.now), ("better", True, True, desk.now + timedelta(hours=1)),
        ("untested", True, None, None), ("bad", True, False, desk.now + timedelta(hours=2)),
        ("off", False, True, desk.now + timedelta(hours=3)),
    )  # fmt: skip
    await desk.put(
        Channel,
        *(
            {"id": name, "enabled": on, "tested_ok": ok, "tested_at": at, "created_at": desk.now, **channel}
            for name, on, ok, at in states
        ),
    )
    reached = {"channels": 3, "tested": desk.at(1)}
    async with desk.as_("tuan") as client:
        (site,) = (await client.get("/api/duty/now")).json()["items"]
        people_told = (await client.get("/api/duty/people")).json()["items"]
    officers = next(one["people"] for one in site["duties"] if one["duty"] == "officer")
    assert officers == [{"user": "lan", "rostered": True, "until": desk.at(6), **reached}]
    assert people_told[0] == {"user": "lan", "role": "duty", "sites": None, **reached}


async def test_people_are_those_who_can_take_an_alert_on(desk: Desk) -> None:
    async def told(name: str) -> list[tuple[str, Any]]:
        async with desk.as_(name) as client:
            items = (await client.get("/api/duty/people")).json()["items"]
        return [(one["user"], one["sites"]) for one in items]

    everybody = [("hoa", ["s2"]), ("lan", None), ("minh", ["s1"]), ("quan", None), ("thuy", None), ("tuan", ["s1"])]
    assert await told("quan") == everybody
    assert await told("tuan") == everybody[1:], "nothing of the other site's people"
    await desk.disable("minh")
    assert ("minh", ["s1"]) not in await told("quan")
