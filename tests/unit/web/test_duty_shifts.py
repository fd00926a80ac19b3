"""Shifts over HTTP: who may enter which, what is refused, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, update

from tests.support.audit_log import entries
from tests.support.duty_desk import Desk, duty_desk, two_sites
from vms.domain.facility import Facility
from web.configuration.revisions import import_facility, latest
from web.database.schema import User
from web.database.schema_duty import Shift

PATH = "/api/duty/shifts"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with duty_desk(tmp_path) as one:
        yield one


async def listed(client: Any, desk: Desk, **more: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params={**desk.span(-100, 100), **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_shift_is_entered_changed_and_taken_out(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        made = (await client.post(PATH, json=desk.shift(1, 9, note="  thay\n Minh "))).json()
        assert await listed(client, desk) == [made]
        assert (made["note"], made["created_by"], made["able"]) == ("thay Minh", "quan", True)
        changed = (await client.patch(f"{PATH}/{made['id']}", json={"user": "MINH", "end": desk.at(8)})).json()
        assert changed == made | {"user": "minh", "end": desk.at(8)}
        assert await listed(client, desk) == [changed]
        assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 204
        assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 404
        assert await listed(client, desk) == []
    assert await desk.told() == ["s1", "s1", "s1"]
    written = [one for one in await entries(desk.context.database) if str(one["action"]).startswith("shift.")]
    assert [(one["action"], one["site"], one["object"]) for one in written] == [
        ("shift.put", "s1", made["id"]), ("shift.put", "s1", made["id"]), ("shift.remove", "s1", made["id"]),
    ]  # fmt: skip
    assert written[1]["detail"]["before"]["user"] == "lan"
    assert written[2]["detail"]["before"]["user"] == "minh"


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"user": "nobody"}, 422, "'nobody' is nobody who may take alerts of the site on"),
        ({"user": "xem"}, 422, "'xem' is nobody"),  # looks on, and takes nothing on
        ({"user": "hoa"}, 422, "'hoa' is nobody"),  # of the other site
        ({"site": None}, 422, "'officer' is a duty at one site"),
        ({"site": None, "duty": "province", "user": "hoa"}, 422, "'hoa' is nobody who may take alerts of all sites"),
        ({"site": "s9"}, 404, "there is no such site"),
        ({"duty": "cook"}, 422, "duty"),
        ({"note": "x" * 201}, 422, "at most 200"),
        ({"note": "a\u202eb"}, 422, "control characters"),
        ({"note": "a\x00b"}, 422, "control characters"),
        ({"more": 1}, 422, "Extra"),
        ({"start": "2026-11-24T06:00"}, 422, "timezone"),
        ({"start": "9999-12-31T23:59:59Z"}, 422, "between 1970 and 9998"),
    ],
)
async def test_what_no_shift_may_say_is_refused(desk: Desk, change: dict[str, Any], status: int, said: str) -> None:
    async with desk.as_("quan") as client:
        answer = await client.post(PATH, json=desk.shift(1, 9) | change)
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"]
        made = (await client.post(PATH, json=desk.shift(1, 9))).json()
        if "more" not in change:
            again = await client.patch(f"{PATH}/{made['id']}", json=change)
            assert (again.status_code, said in again.json()["detail"]) == (status, True), again.text
        assert await listed(client, desk) == [made]


async def test_a_shift_ends_after_it_starts_and_within_a_week(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        for start, end, said in ((9, 9, "not after"), (9, 1, "not after"), (0, 7 * 24 + 0.01, "at most 7 days")):
            answer = await client.post(PATH, json=desk.shift(start, end))
            assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
            assert answer.json()["errors"][0]["at"] == "body.end"
        assert (await client.post(PATH, json=desk.shift(0, 7 * 24))).status_code == 201


async def test_nobody_has_the_same_duty_there_twice_at_a_time(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        first = (await client.post(PATH, json=desk.shift(8, 16))).json()
        for start, end in ((8, 16), (7, 9), (15, 17), (9, 10), (0, 24)):
            answer = await client.post(PATH, json=desk.shift(start, end))
            assert (answer.status_code, answer.json()["type"]) == (409, "about:blank#overlap"), (start, end)
            assert (answer.json()["start"], answer.json()["end"]) == (first["start"], first["end"])
        for more in (desk.shift(16, 24), desk.shift(0, 8), desk.shift(8, 16, "minh"), desk.shift(8, 16, site="s2"),
                     desk.shift(8, 16, duty="site_lead"), desk.shift(8, 16, duty="province", site=None),
                     desk.shift(8, 16, duty="province")):  # fmt: skip
            assert (await client.post(PATH, json=more)).status_code == 201, more
        answer = await client.post(PATH, json=desk.shift(9, 10, duty="province", site=None))
        assert answer.json()["type"] == "about:blank#overlap"
        moved = await client.patch(f"{PATH}/{first['id']}", json={"end": desk.at(17)})
        assert moved.json()["type"] == "about:blank#overlap"
        assert (await client.patch(f"{PATH}/{first['id']}", json={"end": desk.at(15)})).status_code == 200


async def test_a_lead_has_his_own_sites_and_not_all_of_them(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        of_s2 = (await client.post(PATH, json=desk.shift(1, 9, "hoa", site="s2"))).json()
        of_all = (await client.post(PATH, json=desk.shift(1, 9, "thuy", site=None, duty="province"))).json()
    async with desk.as_("tuan") as client:
        mine = (await client.post(PATH, json=desk.shift(1, 9, "minh"))).json()
        assert {one["id"] for one in await listed(client, desk)} == {mine["id"], of_all["id"]}
        for path, body in ((f"{PATH}/{of_s2['id']}", {"note": "x"}), (f"{PATH}/none", {"note": "x"})):
            assert (await client.patch(path, json=body)).json()["detail"] == "there is no such shift"
            assert (await client.delete(path)).status_code == 404
        assert (await client.post(PATH, json=desk.shift(20, 22, site="s2"))).status_code == 404
        assert (await client.patch(f"{PATH}/{mine['id']}", json={"site": "s2"})).status_code == 404
        assert (await client.post(PATH, json=desk.shift(20, 22, "hoa"))).status_code == 422
        all_of_them = [
            await client.post(PATH, json=desk.shift(20, 22, "thuy", site=None, duty="province")),
            await client.patch(f"{PATH}/{of_all['id']}", json={"note": "x"}),
            await client.patch(f"{PATH}/{of_all['id']}", json={"site": "s1"}),
            await client.patch(f"{PATH}/{mine['id']}", json={"site": None, "duty": "province", "user": "thuy"}),
            await client.delete(f"{PATH}/{of_all['id']}"),
        ]
        assert [one.status_code for one in all_of_them] == [403] * 5
        assert {one["id"] for one in await listed(client, desk)} == {mine["id"], of_all["id"]}


async def test_a_list_is_of_the_span_and_of_the_site(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        for body in (desk.shift(0, 8), desk.shift(8, 16), desk.shift(8, 16, site="s2"),
                     desk.shift(8, 16, "thuy", site=None, duty="province")):  # fmt: skip
            assert (await client.post(PATH, json=body)).status_code == 201
        at_eight = (await client.get(PATH, params=desk.span(8, 9))).json()["items"]
        assert [(one["site"], one["user"]) for one in at_eight if one["start"] == desk.at(0)] == []
        assert len(at_eight) == 3
        assert [one["site"] for one in await listed(client, desk, site="s2")].count("s1") == 0
        assert len(await listed(client, desk, site="s2")) == 2  # that for all is its own, too
        for params in (desk.span(9, 8), desk.span(0, 93 * 24), {"start": desk.at(0)}, {"start": "x", "end": "y"}):
            assert (await client.get(PATH, params=params)).status_code == 422


async def test_a_person_who_went_is_shown_as_nobody_to_call(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        made = (await client.post(PATH, json=desk.shift(1, 9, "minh"))).json()
        user = await desk.id_of("minh")
        assert (await client.patch(f"/api/users/{user}", json={"enabled": False})).status_code == 200
        assert await desk.told() == ["s1", None], "gaps are others now"
        assert [one["able"] for one in await listed(client, desk)] == [False]
        assert (await client.patch(f"{PATH}/{made['id']}", json={"note": "x"})).status_code == 422
        assert (await client.patch(f"{PATH}/{made['id']}", json={"user": "lan"})).json()["able"]
        async with desk.context.database.change() as change:  # no route does
            await change.connection.execute(delete(User).where(User.username == "lan"))
        assert await listed(client, desk) == []


async def test_the_shifts_of_a_site_that_is_gone_can_only_be_looked_at_and_taken_out(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        made = (await client.post(PATH, json=desk.shift(1, 9, "hoa", site="s2"))).json()
        stated = two_sites().model_dump(mode="json", exclude_none=True)
        del stated["sites"][1]
        await import_facility(desk.context.database, desk.context.clock, Facility.model_validate(stated))
        found = await latest(desk.context.database)
        assert found is not None
        desk.context.current.replace(found)
        for name in ("quan", "hoa"):
            async with desk.as_(name) as viewer:
                assert await listed(viewer, desk) == [made]
        assert (await client.patch(f"{PATH}/{made['id']}", json={"note": "x"})).status_code == 404
        gaps = (await client.get("/api/duty/gaps", params=desk.span(0, 10))).json()["items"]
        assert {one["site"] for one in gaps} == {"s1"}
        assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 204


async def test_a_role_of_tomorrow_is_nobody_to_call(desk: Desk) -> None:
    async with desk.as_("quan") as client:
        await client.post(PATH, json=desk.shift(1, 9))
        async with desk.context.database.change() as change:
            await change.connection.execute(update(User).where(User.username == "lan").values(role="of-tomorrow"))
        assert [one["able"] for one in await listed(client, desk)] == [False]


async def test_more_than_one_answer_holds_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.duty.shifts.MOST_LISTED", 2)
    whose = {"site": "s1", "duty": "officer", "user_id": await desk.id_of("lan"), "created_by": "x"}
    when = {"start": desk.now, "end": desk.now, "created_at": desk.now}
    for number in range(3):
        async with desk.as_("quan") as client:
            span = desk.span(-1, 1)
            assert (await client.get(PATH, params=span)).status_code == 200, number
        await desk.put(Shift, {"id": f"{number}", **whose, **when})
    async with desk.as_("quan") as client:
        for path in (PATH, f"{PATH}.csv", "/api/duty/gaps"):
            assert (await client.get(path, params=desk.span(-1, 1))).status_code == 422
