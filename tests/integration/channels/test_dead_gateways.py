"""Gateways that hang: however many do, who has another that answers is told at once."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.support.post_office import receiving
from tests.support.sending import PHONE, channel, couriers, message, sms
from tests.support.waiting import until
from web.channels import couriers as module


async def test_gateways_that_hang_leave_room_for_one_that_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a line that swallows everything: the gateway in the house answers."""
    monkeypatch.setattr(module, "JOB_S", 3.0)
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(receiving()) for _ in range(4)]
        good = stack.enter_context(receiving())
        for one in dead:
            one.mood = "hang"
        env = {f"VMS_NOTIFY_DEAD{n}": sms(one.port) for n, one in enumerate(dead)}
        async with couriers(tmp_path, env | {"VMS_NOTIFY_GOOD": sms(good.port)}) as sender:
            assert (await sender.send(channel("good", PHONE), message())).outcome == "sent"
            first = (sender.send(channel(f"dead{n}", PHONE), message()) for n in range(4))
            assert {one.outcome for one in await asyncio.gather(*first)} == {"failed"}
            monkeypatch.setattr(module, "JOB_S", 60.0)
            before = sum(len(one.got) for one in dead)
            stuck = [
                asyncio.create_task(sender.send(channel(f"dead{n}", PHONE), message())) for n in range(4) for _ in "123"
            ]
            await until(lambda: sum(len(one.got) for one in dead) >= before + 2, 20, "they hang again")
            async with asyncio.timeout(module.TURN_S):
                answers = await asyncio.gather(*(sender.send(channel("good", PHONE), message()) for _ in range(10)))
            assert {one.outcome for one in answers} == {"sent"}
            for one in stuck:
                one.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)
