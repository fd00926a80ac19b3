"""Who may decode now: few at once, newest first, and who asks anew gives his older turn up."""

from __future__ import annotations

import asyncio

import pytest

from recorder.render.frames import NoPicture
from recorder.render.turns import Turns


class Askers:
    """Each holds his turn until he is told to go; ``order`` says who got one."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.order: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, asker: str = "", patience_s: float = 60) -> None:
        self._leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._hold(name, asker, patience_s))
        await settle()

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await self.tasks[name]
        await settle()

    async def _hold(self, name: str, asker: str, patience_s: float) -> None:
        async with self._turns.take(asker, patience_s):
            self.order.append(name)
            await self._leave[name].wait()

    async def refused(self, name: str) -> bool:
        await settle()
        if not self.tasks[name].done():
            return False
        with pytest.raises(NoPicture, match="busy"):
            await self.tasks[name]
        return True


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_so_many_at_once_then_the_newest_first() -> None:
    askers = Askers(Turns(2, 10))
    for name in "abcde":
        await askers.ask(name)
    assert askers.order == ["a", "b"]
    await askers.leave("a")
    await askers.leave("b")
    await askers.leave("e")
    assert askers.order == ["a", "b", "e", "d", "c"]
    await askers.leave("d")
    await askers.leave("c")
    for name in "fgh":
        await askers.ask(name)
    assert askers.order[5:] == ["f", "g"]  # not one turn was lost on the way
    for name in "fgh":
        await askers.leave(name)


async def test_the_oldest_makes_room_for_the_newest() -> None:
    askers = Askers(Turns(1, 2))
    for name in "abcd":
        await askers.ask(name)
    assert [await askers.refused(name) for name in "abcd"] == [False, True, False, False]
    for name in "adc":
        await askers.leave(name)
    assert askers.order == ["a", "d", "c"]


async def test_an_asker_who_asks_anew_gives_his_waiting_turn_up_and_no_other() -> None:
    askers = Askers(Turns(1, 2))
    await askers.ask("a", "x")
    await askers.ask("b", "y")
    await askers.ask("c", "x")
    await askers.ask("d", "x")
    await askers.ask("e", "x")
    assert [await askers.refused(name) for name in "abcde"] == [False, False, True, True, False]
    for name in "aeb":
        await askers.leave(name)
    assert askers.order == ["a", "e", "b"]


async def test_those_without_a_name_are_not_each_others_older_self() -> None:
    askers = Askers(Turns(1, 9))
    for name in "abcd":
        await askers.ask(name)
    assert not any([await askers.refused(name) for name in "abcd"])
    for name in "adcb":
        await askers.leave(name)


async def test_patience_ends() -> None:
    askers = Askers(Turns(1, 9))
    await askers.ask("a")
    await askers.ask("b", patience_s=0.01)
    with pytest.raises(NoPicture, match="busy"):
        await askers.tasks["b"]
    await askers.ask("c")
    await askers.leave("a")
    assert askers.order == ["a", "c"]
    await askers.leave("c")


async def test_a_turn_that_is_given_up_goes_to_the_next() -> None:
    askers = Askers(Turns(1, 9))
    for name in "abc":
        await askers.ask(name)
    askers.tasks["c"].cancel()  # and at the same moment its turn comes
    askers._leave["a"].set()
    await settle()
    assert askers.order == ["a", "b"]
    askers.tasks["b"].cancel()
    await settle()
    await askers.ask("d")
    assert askers.order == ["a", "b", "d"]
    await askers.leave("d")


async def test_a_turn_that_came_to_one_who_left_is_passed_on() -> None:
    askers = Askers(Turns(1, 9))
    for name in "abc":
        await askers.ask(name)
    askers.tasks["a"].cancel()
    await asyncio.sleep(0)  # a's turn has gone to c, which has not heard of it
    askers.tasks["c"].cancel()
    await settle()
    assert askers.order in (["a", "b"], ["a", "c", "b"])
    await askers.leave("b")
    await askers.ask("d")
    assert askers.order[-1] == "d"
    await askers.leave("d")
