"""Looking at passwords takes memory and time: so many wait, the others come again, and lose nothing by it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.audited import Audited, audited
from tests.support.bare_web import browser
from tests.support.waiting import until
from web.accounts import passwords
from web.accounts.throttle import PER_PAIR

WRONG = {"username": "lan", "password": "không phải"}


@pytest_asyncio.fixture
async def web(tmp_path: Path) -> AsyncIterator[Audited]:
    async with audited(tmp_path) as one:
        await one.user("viewer", name="lan")
        yield one


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> passwords._Turns:
    monkeypatch.setattr(passwords, "_turns", passwords._Turns())
    return passwords._turns


async def test_who_comes_when_many_wait_is_told_to_come_again(web: Audited, turns: passwords._Turns) -> None:
    goes_on = threading.Event()
    waiting = [asyncio.create_task(turns.take(goes_on.wait)) for _ in range(passwords.MOST_WAITING)]
    await until(lambda: turns._inside == passwords.MOST_WAITING)
    async with browser(web.shielded) as client:
        for _ in range(PER_PAIR + 5):  # none of them is a guess: nobody looked at it
            answer = await client.post("/api/session", json=WRONG)
            assert (answer.status_code, answer.json()["type"]) == (503, "about:blank#busy")
            assert int(answer.headers["retry-after"]) > 0
        goes_on.set()
        assert await asyncio.gather(*waiting) == [True] * passwords.MOST_WAITING
        answers = [(await client.post("/api/session", json=WRONG)).status_code for _ in range(PER_PAIR + 1)]
    assert answers == [401] * PER_PAIR + [429]
    assert turns._inside == 0


async def test_who_gives_up_waiting_leaves_his_place(turns: passwords._Turns) -> None:
    goes_on = threading.Event()
    waiting = [asyncio.create_task(turns.take(goes_on.wait)) for _ in range(5)]
    await until(lambda: turns._inside == 5)
    waiting[-1].cancel()
    await asyncio.gather(waiting[-1], return_exceptions=True)
    assert turns._inside == 4
    goes_on.set()
    await asyncio.gather(*waiting[:4])
    assert await passwords.verify(await passwords.hash_password("mật khẩu rất dài"), "mật khẩu rất dài")
