"""The policy over HTTP, and who is told that the roster or the policy has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert

from tests.support.audit_log import entries
from tests.support.duty_desk import Desk, duty_desk
from vms.domain.clock import rfc3339
from web.api.socket_alerts import _concerns
from web.database.schema_duty import DutyPolicy
from web.duty.policy import DEFAULT
from web.duty.terms import CHANGED
from web.grant import Grant

PATH = "/api/duty/policy"
QUICK: dict[str, Any] = DEFAULT.model_dump(mode="json") | {
    "technical": {"critical": {"rungs": [{"duty": "technician"}], "repeat_s": 600}, "warning": None, "info": None}
}


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with duty_desk(tmp_path) as one:
        yield one


async def test_a_policy_is_put_upon_the_one_that_was_seen(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        default = DEFAULT.model_dump(mode="json")
        nobody = {"by": None, "at": None}
        assert (await client.get(PATH)).json() == {"revision": 0, "policy": default, "default": default, **nobody}
        for _ in range(2):  # the same again changes nothing
            answer = await client.put(PATH, json={"policy": default, "base_revision": 0})
            assert (answer.status_code, answer.json()) == (200, {"revision": 0})
        assert (await client.put(PATH, json={"policy": QUICK, "base_revision": 0})).json() == {"revision": 1}
        late = await client.put(PATH, json={"policy": default, "base_revision": 0})
        assert (late.status_code, late.json()["type"], late.json()["revision"]) == (409, "about:blank#changed", 1)
        found = (await client.get(PATH)).json()
    assert (found["revision"], found["by"], found["at"]) == (1, "quan", rfc3339(desk.now))
    assert found["policy"] == late.json()["policy"]
    assert found["policy"]["technical"]["warning"] is None
    assert await desk.told() == [None]
    (written,) = [one for one in await entries(desk.context.database) if one["action"] == "duty.change"]
    assert written["object"] == "revision 1"
    assert sorted(written["detail"]) == ["technical.critical", "technical.warning"]
    assert written["detail"]["technical.warning"][1] == "nobody"
    assert "technician after 0 s; again every 600 s" in written["detail"]["technical.critical"][1]


@pytest.mark.parametrize(
    "change",
    [
        {"security": {"critical": None, "warning": None, "info": None}},
        {"security": {"critical": {"rungs": []}, "warning": None, "info": None}},
        {
            "security": {
                "critical": {"rungs": [{"duty": "officer"}, {"duty": "officer"}]},
                "warning": None,
                "info": None,
            }
        },
        {"technical": {"critical": None}},
        {"technical": {"critical": None, "warning": None, "info": None, "worse": None}},
        {"more": {}},
    ],
)
async def test_a_policy_that_cannot_be_meant_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    async with desk.as_("quan") as client:
        answer = await client.put(PATH, json={"policy": QUICK | change, "base_revision": 0})
        assert answer.status_code == 422, answer.text
        assert (await client.get(PATH)).json()["revision"] == 0


async def test_it_is_read_by_whom_it_concerns_and_put_by_who_sees_all(desk: Desk) -> None:
    for name in ("tuan", "lan", "xem"):
        async with desk.as_(name) as client:
            assert (await client.put(PATH, json={"policy": QUICK, "base_revision": 0})).status_code == 403
            assert (await client.get(PATH)).status_code == (403 if name == "xem" else 200)


async def test_gaps_are_those_of_the_policy_in_force(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        without: dict[str, Any] = QUICK | {"technical": {"critical": None, "warning": None, "info": None}}
        for base, policy, duties in ((0, QUICK, 4), (1, without, 3)):
            await client.put(PATH, json={"policy": policy, "base_revision": base})
            told = (await client.get("/api/duty/gaps", params=desk.span(0, 1))).json()["items"]
            assert len({one["duty"] for one in told}) == duties
            assert {len(one["duties"]) for one in (await client.get("/api/duty/now")).json()["items"]} == {duties}


async def test_a_policy_of_a_newer_service_is_told_as_the_default(desk: Desk) -> None:
    row = {"revision": 7, "at": desk.now, "author": "x", "policy": {"of": "tomorrow"}}
    async with desk.context.database.change() as change:
        await change.connection.execute(insert(DutyPolicy).values(**row))
    async with desk.as_("quan") as client:
        assert (await client.get(PATH)).json() == {
            "revision": 7, "policy": DEFAULT.model_dump(mode="json"), "default": DEFAULT.model_dump(mode="json"),
            "by": "x", "at": rfc3339(desk.now),
        }  # fmt: skip


async def test_changes_are_told_to_who_may_see_the_roster(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        await client.post("/api/duty/shifts", json=desk.shift(0, 8))
        await client.post("/api/duty/shifts", json=desk.shift(0, 8, site="s2"))
        await client.post("/api/duty/shifts", json=desk.shift(0, 8, "thuy", site=None, duty="province"))
        await client.put(PATH, json={"policy": QUICK, "base_revision": 0})
    await desk.context.feed.refresh()
    told = [one for one in await desk.context.feed.after(0) if one.kind == CHANGED]
    assert [one.site for one in told] == ["s1", "s2", None, None]
    for name, heard in (("quan", 4), ("lan", 4), ("tuan", 3), ("hoa", 3), ("xem", 0)):
        async with desk.as_(name) as client:
            identity = await desk.context.sessions.identify(client.headers["Cookie"].partition("=")[2])
        assert identity is not None
        grant = Grant(identity, desk.context)
        assert len([one for one in told if _concerns(grant, one)]) == heard, name
