"""Order, queues and rates of live pictures."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.live.order import PATIENCE_S, Fragment, FragmentOrder
from web.live.wall import Shown, WallClient, frame
from web.live.watcher import MAX_BYTES, Closing, Watcher


def fragment(seq: int, *, gop: int = 5, size: int = 1) -> Fragment:
    return Fragment(seq, seq % gop == 0, bytes(size))


@given(st.permutations(range(20)), st.sets(st.integers(0, 19)))
def test_whatever_the_order_each_is_given_once_from_a_key_frame_on(order: list[int], doubled: set[int]) -> None:
    made = FragmentOrder()
    given_out: list[int] = []
    for seq in [*order, *sorted(doubled)]:
        given_out += [one.seq for one in made.add(fragment(seq), 0.0)]
    assert given_out == list(range(given_out[0], 20))
    assert given_out[0] % 5 == 0


def test_after_a_hole_it_goes_on_at_a_key_frame() -> None:
    made = FragmentOrder()
    out = []
    for i, seq in enumerate([0, 1, 3, 4, 5, 6, *range(7, 20)]):
        out += [one.seq for one in made.add(fragment(seq), i * PATIENCE_S / 2)]
    assert out == [0, 1, *range(5, 20)]


async def drain(watcher: Watcher) -> list[object]:
    items: list[object] = []
    while True:
        try:
            items.append(await asyncio.wait_for(watcher.next(), 0.01))
        except TimeoutError:
            return items


async def test_slow_watcher_skips_to_a_key_frame_and_stays_bounded() -> None:
    watcher = Watcher()
    watcher.start('{"mime": "x"}', b"init")
    size = MAX_BYTES // 10
    for seq in range(33):
        watcher.fragment(fragment(seq, size=size))
        assert watcher._bytes <= MAX_BYTES
    items = await drain(watcher)
    assert items[:2] == ['{"mime": "x"}', b"init"]
    assert len(items) == 2 + 3  # 30, 31, 32: the key frame after the last overflow, and what followed
    assert watcher.skipped == 30


async def test_new_run_forgets_the_one_before() -> None:
    watcher = Watcher()
    watcher.start('{"mime": 1}', b"one")
    watcher.fragment(fragment(0))
    watcher.start('{"mime": 2}', b"two")
    watcher.fragment(fragment(1))
    assert await drain(watcher) == ['{"mime": 2}', b"two"]
    watcher.close("unreachable")
    assert await watcher.next() == Closing("unreachable")


class Tick:
    """A clock that only moves when told."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return self.now


async def test_wall_gives_the_newest_of_each_camera_at_the_rate() -> None:
    clock = Tick()
    client = WallClient(clock)
    client.configure({"a": Shown("s"), "b": Shown("s")}, 2)
    sent = []
    for step in range(40):  # 20 pictures a second for 2 s
        clock.now = step / 20
        for camera in ("a", "b"):
            client.offer(camera, f"{camera}{step}".encode())
        for _ in range(2):
            try:
                sent.append(await asyncio.wait_for(client.next(), 0.001))
            except TimeoutError:
                break
    assert [one for one in sent if one.startswith(b"a")] == [b"a0", b"a9", b"a19", b"a29", b"a39"]
    client.configure({"a": Shown("s")}, 2)
    client.offer("a", b"last")
    clock.now += 1
    assert await client.next() == b"last"


async def test_a_waiting_picture_is_not_sent_once_the_camera_is_shown_otherwise() -> None:
    client = WallClient(Tick())
    bare, masked = Shown("s"), Shown("s", (((0, 0), (1, 0), (1, 1)),))
    assert (bare.profile, masked.profile) == ("jpeg", "jpeg-masked")
    client.configure({"a": bare, "b": bare}, 2)
    for camera in ("a", "b"):
        client.offer(camera, camera.encode())
    client.configure({"a": masked, "b": bare}, 2)
    assert await client.next() == b"b"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.next(), 0.05)


@pytest.mark.parametrize(("persons", "told"), [("0", 0), ("7", 7), ("", None)])
def test_wall_frame(persons: str, told: int | None) -> None:
    made = frame("c", {"Vms-At": "t", "Vms-Persons": persons, "Vms-Size": "320x180"}, b"jpeg")
    length = int.from_bytes(made[:2], "big")
    header = json.loads(made[2 : 2 + length])
    assert header == {"camera": "c", "at": "t", "persons": told, "w": 320, "h": 180}
    assert made[2 + length :] == b"jpeg"
