"""The chain: what is in it, that a change and its entry are one, and that it can be recomputed from what is told."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.support.audit_log import GUEST, LAN, entries, opened, write
from web.audit import chain
from web.audit.entry import MOST_ITEMS, MOST_TEXT, made
from web.audit.verify import check
from web.database.engine import Database
from web.database.schema import Meta


def recomputed(item: dict[str, Any]) -> str:
    """As docs/security.md tells a third party to do it, with nothing of ours."""
    said = {name: value for name, value in item.items() if name not in ("prev", "hash")}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((item["prev"] + text).encode()).hexdigest()


async def whole(database: Database) -> int:
    async with database.read() as connection:
        count, alteration = await check(connection)
    assert alteration is None
    return count


async def test_the_chain_is_recomputed_from_what_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        async with database.change() as change:
            await chain.write(change, LAN, "hold.put", site="s1", object="h", detail={"reason": '=1+1\n"<b>Đêm'})
            await chain.write(change, GUEST, "session.refuse", object="admin", outcome="refused")
        found = await entries(database)
        assert await whole(database) == 2
    assert found[0]["prev"] == "0" * 64
    assert [one["hash"] for one in found] == [recomputed(one) for one in found]
    assert found[1]["prev"] == found[0]["hash"]
    assert (found[0]["user"], found[0]["role"], found[0]["address"]) == ("lan", "supervisor", "192.0.2.7")
    assert found[0]["detail"] == {"reason": '=1+1\n"<b>Đêm'}  # as it was said
    assert (found[1]["user"], found[1]["outcome"]) == (None, "refused")


async def test_a_change_that_is_rolled_back_has_no_entry(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        await write(database, 2)

        async def fails() -> None:
            async with database.change() as change:
                await chain.write(change, LAN, "hold.put")
                raise RuntimeError("not this one")

        with pytest.raises(RuntimeError):
            await fails()
        await write(database, 1)
        assert await whole(database) == 3


CRASHING = """
import asyncio, os, pathlib, signal, sys
from sqlalchemy import insert
from tests.support.audit_log import LAN, opened
from web.audit import chain
from web.database.schema import Meta

async def main(folder, when):
    async with opened(pathlib.Path(folder)) as database:
        async with database.change() as change:
            await change.connection.execute(insert(Meta).values(name="held", value="1"))
            if when == "between":
                os.kill(os.getpid(), signal.SIGKILL)
            await chain.write(change, LAN, "hold.put")
            if when == "before the commit":
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(("when", "there"), [("between", 0), ("before the commit", 0), ("after it", 1)])
async def test_a_crash_leaves_a_change_with_its_entry_or_neither(tmp_path: Path, when: str, there: int) -> None:
    async with opened(tmp_path) as database:
        await write(database, 1)
    command = [sys.executable, "-c", CRASHING, str(tmp_path), when]
    killed = await asyncio.to_thread(subprocess.run, command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    async with opened(tmp_path) as database:
        async with database.read() as connection:
            changes = await connection.scalar(select(func.count()).select_from(Meta).where(Meta.name == "held"))
        assert (changes, await whole(database)) == (there, 1 + there)
        await write(database, 1)  # and it goes on
        assert await whole(database) == 2 + there


async def test_two_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:  # each with connections of its own
        await asyncio.gather(write(one, 40), write(other, 40), write(one, 10), write(other, 10))
        assert await whole(one) == 100


async def test_nothing_is_changed_deleted_or_replaced_by_whom_it_escapes(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        await write(database, 3)
    with closing(sqlite3.connect(tmp_path / "vms.db")) as raw:
        for statement in (
            "UPDATE audit_entries SET camera = 'x' WHERE seq = 2",
            "DELETE FROM audit_entries WHERE seq = 3",
            "DELETE FROM audit_entries",
            "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 1",
            "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE seq = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="audit log"):
                raw.execute(statement)
        assert raw.execute("SELECT count(*) FROM audit_entries").fetchone() == (3,)


def test_an_action_has_a_word_of_the_list() -> None:
    with pytest.raises(ValueError, match="no action"):
        made(datetime.now(UTC), LAN, "camera.steal")


async def test_secrets_and_endless_texts_do_not_get_in(tmp_path: Path) -> None:
    url = "rtsp://admin:hunter2@10.0.0.5/1"
    detail = {
        "at": url,
        "deep": {"a": [url, {"b": url}]},
        "long": "x" * 99_999,
        "many": list(range(9999)),
        "hours": 1.5,
    }
    async with opened(tmp_path) as database:
        async with database.change() as change:
            await chain.write(change, LAN, "rule.try", object=f"{url}?token=abc", detail=detail)
        (found,) = await entries(database)
    assert "hunter2" not in json.dumps(found)
    assert "abc" not in found["object"]
    assert len(found["detail"]["long"]) == MOST_TEXT
    assert len(found["detail"]["many"]) == MOST_ITEMS + 1
    assert found["detail"]["hours"] == "1.5"  # no fractions: who recomputes need not know how to write them


ANYTHING = st.text(
    st.characters(exclude_categories=()), max_size=40
)  # halves of surrogate pairs, NUL, controls, all of it
DETAIL = st.dictionaries(
    st.text("abcxyz_", min_size=1, max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ANYTHING | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(ANYTHING, ANYTHING, DETAIL), min_size=1, max_size=12))
def test_whatever_is_said_the_chain_is_whole_and_recomputed(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, dict[str, Any]]]
) -> None:
    async def work() -> None:
        async with opened(tmp_path_factory.mktemp("chain")) as database:
            for camera, text, detail in said:
                async with database.change() as change:
                    await chain.write(change, LAN, "rule.try", camera=camera, object=text, detail=detail)
            assert await whole(database) == len(said)
            assert all(one["hash"] == recomputed(one) for one in await entries(database))

    asyncio.run(work())
