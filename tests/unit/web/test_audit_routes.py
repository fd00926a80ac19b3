"""Reading the audit log over HTTP: who may, filters, exports that do no harm, and the head."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.audited import PASSWORD, WHEN, Audited, audited
from vms.domain.clock import rfc3339
from web.accounts import users
from web.accounts.sessions import hash_of
from web.api.exported import MOST_EXPORTS
from web.audit import chain, read
from web.audit.entry import ACTIONS, SERVICE, Actor, made

WORDS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "<img src=x onerror=alert(1)>", 'a"b,c\nd', "Đêm")


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    async with audited(tmp_path) as one:
        async with one.context.database.change() as change:
            for number, word in enumerate(WORDS):
                by = Actor(word, "supervisor", "192.0.2.7")
                at = WHEN + timedelta(minutes=number)
                site, camera = ("s1", "cam-1") if number % 2 else ("s2", f"gone-{number}")
                await chain.append(
                    change, [made(at, by, "hold.put", site=site, camera=camera, object=word, detail={"reason": word})]
                )
        yield one


async def items(client: Any, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/audit", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_page_after_the_other_newest_first(web: Audited) -> None:
    async with web.browser("admin") as client:
        whole = await items(client, limit=500)
        assert [one["seq"] for one in whole] == list(range(len(whole), 0, -1))
        pages, cursor = [], None
        while True:
            answer = (
                await client.get("/api/audit", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
            ).json()
            pages += answer["items"]
            if (cursor := answer["next"]) is None:
                break
    assert pages == whole


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"camera": "cam-1"}, 4),
        ({"site": "s2"}, 4),
        ({"site": "s1,s2", "action": "hold.put,hold.release"}, 8),
        ({"user": "Đêm"}, 1),
        ({"outcome": "refused"}, 0),
        ({"start": rfc3339(WHEN), "end": rfc3339(WHEN + timedelta(minutes=3))}, 3),
        ({"q": "ONERROR"}, 1),
        ({"q": "%"}, 0),
        ({"q": "192.0.2.7"}, 8),
    ],
)
async def test_filters(web: Audited, asked: dict[str, str], count: int) -> None:
    async with web.browser("admin") as client:
        assert len(await items(client, **asked)) == count


@pytest.mark.parametrize(
    "asked", [{"action": "x"}, {"limit": 0}, {"cursor": "x"}, {"outcome": "x"}, {"q": "\0"}, {"start": "x"}]
)
async def test_what_cannot_be_meant_is_refused(web: Audited, asked: dict[str, str]) -> None:
    async with web.browser("admin") as client:
        for path in ("/api/audit", "/api/audit/export.csv") if "action" in asked else ("/api/audit",):
            assert (await client.get(path, params=asked)).status_code == 422


async def test_a_site_lead_sees_what_is_of_his_sites(web: Audited) -> None:
    async with web.browser("site_lead", ["s1"]) as client:
        assert {one["site"] for one in await items(client)} == {"s1"}
        assert await items(client, site="s2") == []
        exported = (await client.get("/api/audit/export.jsonl")).text.splitlines()
        assert {json.loads(line)["site"] for line in exported} == {"s1"}
    async with web.browser("supervisor") as client:
        assert (await client.get("/api/audit")).status_code == 403


async def test_reading_and_exporting_are_entries(web: Audited) -> None:
    async with web.browser("admin") as client:
        await items(client, camera="cam-1")
        exported = (await client.get("/api/audit/export.jsonl", params={"site": "s1"})).text
    reading, leaving = sorted(await web.entries(("audit.read", "audit.export")), key=lambda one: str(one["action"]))[
        ::-1
    ]
    assert (reading["action"], reading["detail"]) == ("audit.read", {"camera": "cam-1"})
    assert (leaving["object"], leaving["detail"]) == ("jsonl", {"site": "s1"})
    assert leaving["user"] == reading["user"]
    assert len(exported.splitlines()) == 4


async def test_an_export_is_recomputed_by_who_has_nothing_of_ours(
    web: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "PAGE", 3)
    async with web.browser("admin") as client:
        answer = await client.get("/api/audit/export.jsonl")
        head = (await client.get("/api/audit/head")).json()
    assert answer.headers["content-disposition"] == 'attachment; filename="vms-audit.jsonl"'
    before = "0" * 64
    for line in answer.text.split("\n")[:-1]:
        plain = json.loads(line)
        said = {name: value for name, value in plain.items() if name not in ("prev", "hash")}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert plain["prev"] == before
        assert plain["hash"] == hashlib.sha256((before + text).encode()).hexdigest()
        before = plain["hash"]
    assert (head["hash"], head["roots"], head["channels"]) == (before, [], [])


@pytest.mark.parametrize("how", ["session", "rights"])
async def test_an_export_ends_with_the_session_or_the_right(
    web: Audited, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(read, "PAGE", 2)
    name = await web.user("site_lead", ["s1", "s2"])
    token = await web.context.sessions.login(name, PASSWORD, "-")
    assert token is not None
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 2:  # the body has begun
            assert web.context.exports == 1
            if how == "session":
                await web.context.sessions.logout(hash_of(token), SERVICE)
            else:
                await users.alter_named(web.context.database, name, {"sites": ["s1"]})

    async def receive() -> Any:
        await asyncio.Event().wait()

    where = {"path": "/api/audit/export.jsonl", "query_string": b"", "client": ("192.0.2.9", 1), "method": "GET"}
    headers = [(b"cookie", f"vms_session={token}".encode())]
    await web.app({"type": "http", "headers": headers, "asgi": {"spec_version": "2.4"}, **where}, receive, send)
    assert len([one for one in sent if one.get("body")]) == 2, "the page that was there"
    assert sent[-1]["more_body"], "left without its end"
    assert web.context.exports == 0


async def test_only_so_many_exports_are_under_way(web: Audited) -> None:
    async with web.browser("admin") as client:
        web.context.exports = MOST_EXPORTS
        answer = await client.get("/api/audit/export.csv")
        assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#busy")
        assert await web.entries(("audit.export",)) == []
        web.context.exports = 0
        assert (await client.get("/api/audit/export.csv")).status_code == 200


async def test_a_spreadsheet_runs_nothing_of_an_export(web: Audited) -> None:
    async with web.browser("admin") as client:
        answer = await client.get("/api/audit/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert not any((cell or "").startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    told = [row["object"] for row in rows if row["action"] == "hold.put"]
    assert [word.removeprefix("'") for word in told] == list(WORDS), "nothing else is changed"


async def test_words(web: Audited) -> None:
    async with web.browser("admin") as client:
        told = (await client.get("/api/audit/actions")).json()["items"]
    assert {one["action"]: one["kind"] for one in told} == ACTIONS
