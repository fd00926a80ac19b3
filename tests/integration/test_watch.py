"""Watching over a real NATS server: a lease, the current group first, and who is answered and who not."""

from __future__ import annotations

import contextlib

import pytest
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from tests.support.clocks import ManualClock
from tests.support.nats_bus import NatsServer
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.watch import WatchDesk
from vms.domain.messages import WatchReply, WatchRequest


class Viewer:
    """Hears an inbox and the live subject of one profile."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.inbox = bus.bulk.new_inbox()
        self.backlog: list[str] = []
        self.live: list[str] = []

    async def listen(self) -> Viewer:
        async def behind(msg: Msg) -> None:
            self.backlog.append((msg.headers or {})["Vms-Seq"])

        async def now(msg: Msg) -> None:
            self.live.append((msg.headers or {})["Vms-Seq"])

        await self.bus.bulk.subscribe(self.inbox, cb=behind)
        await self.bus.bulk.subscribe(subjects.live("s", "c", "main"), cb=now)
        return self

    async def ask(self, profile: str = "main", ttl_s: float = 10) -> WatchReply:
        request = WatchRequest(profile=profile, ttl_s=ttl_s, inbox=self.inbox)  # type: ignore[arg-type]
        msg = await self.bus.bulk.request(subjects.control("s", "c", "watch"), request.encode(), timeout=2)
        return WatchReply.model_validate_json(msg.data)


def reply() -> WatchReply:
    return WatchReply(profile="main", mime="video/mp4", run="r", init=b"\x00head")


def ring() -> list[tuple[dict[str, str], bytes]]:
    return [({"Vms-Seq": str(n)}, b"x") for n in (1, 2, 3)]


async def answered(viewer: Viewer) -> bool:
    with contextlib.suppress(Exception):
        return bool(await viewer.ask())
    return False


async def test_watching_is_a_lease(bus: Bus) -> None:
    clock = ManualClock()
    desk = WatchDesk(bus, clock)
    lease = desk.offer("s", "c", "main", reply, ring)
    viewer = await Viewer(bus).listen()
    assert not lease.watched
    await until_async(lambda: answered(viewer), 5)
    assert (await viewer.ask()).init == b"\x00head"
    await until(lambda: viewer.backlog[:3] == ["1", "2", "3"], 5)
    assert lease.watched
    assert lease.publish(b"x", {"Vms-Seq": "4"})
    await until(lambda: viewer.live == ["4"], 5)
    clock.advance(9.9)
    assert lease.watched
    clock.advance(0.2)
    assert not lease.watched
    await viewer.ask(ttl_s=5)
    clock.advance(4.9)
    assert lease.watched
    lease.close()
    await desk.close()


async def test_nonsense_and_other_profiles_are_not_answered(bus: Bus) -> None:
    desk = WatchDesk(bus, ManualClock())
    lease = desk.offer("s", "c", "main", reply, ring)
    viewer = Viewer(bus)
    await until_async(lambda: answered(viewer), 5)
    subject = subjects.control("s", "c", "watch")
    for nonsense in (b"", b"{}", b'{"profile": "other"}', b'{"profile": "main", "ttl_s": 1e9}', b"\xff"):
        with pytest.raises(TimeoutError):
            await bus.bulk.request(subject, nonsense, timeout=0.1)
    with pytest.raises(TimeoutError):
        await bus.bulk.request(subject, WatchRequest(profile="sub").encode(), timeout=0.1)
    assert (await viewer.ask()).mime == "video/mp4"
    lease.close()
    await desk.close()


async def test_a_desk_serves_again_on_another_connection(nats: NatsServer, bus: Bus) -> None:
    """The bus side of a worker begins anew after a failure; the leases stay."""
    first = await Bus.connect(nats.address, "worker")
    desk = WatchDesk(None, ManualClock())
    lease = desk.offer("s", "c", "main", reply, ring)
    viewer = await Viewer(bus).listen()
    desk.attach(first)
    await until_async(lambda: answered(viewer), 5)
    await desk.close()
    await first.close()
    assert not lease.publish(b"x", {"Vms-Seq": "4"})  # nobody takes it meanwhile
    second = await Bus.connect(nats.address, "worker")
    desk.attach(second)
    await until_async(lambda: answered(viewer), 5)
    assert lease.publish(b"x", {"Vms-Seq": "5"})
    await until(lambda: viewer.live == ["5"], 5)
    await desk.close()
    await second.close()


async def test_a_camera_that_goes_is_not_answered_for(bus: Bus) -> None:
    desk = WatchDesk(bus, ManualClock())
    main, key = desk.offer("s", "c", "main", reply, ring), desk.offer("s", "c", "key", reply)
    viewer = Viewer(bus)
    await until_async(lambda: answered(viewer), 5)
    main.close()
    with pytest.raises(TimeoutError):
        await bus.bulk.request(subjects.control("s", "c", "watch"), WatchRequest(profile="main").encode(), timeout=0.2)
    assert (await viewer.ask("key")).mime == "video/mp4"
    key.close()
    again = desk.offer("s", "c", "main", reply, ring)
    await until_async(lambda: answered(viewer), 5)
    again.close()
    await desk.close()


async def test_what_is_withdrawn_before_it_was_subscribed_for_leaves_nothing(bus: Bus) -> None:
    desk = WatchDesk(bus, ManualClock())
    desk.offer("s", "c", "main", reply, ring).close()
    again = desk.offer("s", "d", "main", reply, ring)
    again.close()
    again = desk.offer("s", "d", "main", reply, ring)
    await until(lambda: ("s", "d") in desk._subscriptions, 5)
    await until(lambda: len(desk._tasks) == 1, 5)  # who sends
    with pytest.raises(NoRespondersError):
        await bus.bulk.request(subjects.control("s", "c", "watch"), b"", timeout=5)
    answers: list[bytes] = []

    async def hear(msg: Msg) -> None:
        answers.append(msg.data)

    inbox = bus.bulk.new_inbox()
    await bus.bulk.subscribe(inbox, cb=hear)
    await bus.bulk.publish(subjects.control("s", "d", "watch"), WatchRequest(profile="main").encode(), reply=inbox)
    await until(lambda: answers, 5)
    await bus.bulk.flush()
    assert len(answers) == 1, "it is subscribed for once"
    again.close()
    await desk.close()
