"""What each role may on the bus and what it is refused, with the broker's own configuration and a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from nats import errors
from nats.aio.msg import Msg

from tests.support.clocks import ManualClock
from tests.support.ports import free_port
from tests.support.role_bus import Buses, broker, connected, known, last, running
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.outbox import Outbox
from vms.bus.subjects import BusRole, Stored
from vms.bus.tasks import end
from vms.bus.watch import WatchDesk
from vms.domain.messages import Profile, WatchReply, WatchRequest
from vms.supervisor.broker import find_server

STATE = f"$KV.{subjects.BUCKET_STATE}"
CONFIG = f"$KV.{subjects.BUCKET_CONFIG}.{subjects.CONFIG_KEY}"
HOLDS = f"$KV.{subjects.BUCKET_HOLDS}.{subjects.HOLDS_KEY}"
COMPARE = subjects.control("_node", subjects.WEB, "audit")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def buses(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Buses]:
    with broker(tmp_path_factory.mktemp("rights")) as made:
        async with connected(made) as found:
            yield found


pytestmark = pytest.mark.asyncio(loop_scope="module")


def reply(profile: Profile) -> WatchReply:
    return WatchReply(profile=profile, mime="video/mp4", run="r", init=b"i")


# --- what is their own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "site", "kind"),
    [
        ("recorder", "s", "segment"), ("recorder", "s", "gap"), ("recorder", "s", "index"),
        ("recorder", "_node", "alert"), ("detector", "s", "alert"), ("detector", "s", "minute"),
        ("detector", "s", "canary"),
    ],
)  # fmt: skip
async def test_what_a_role_tells_is_stored(
    buses: Buses, tmp_path: Path, role: BusRole, site: str, kind: Stored
) -> None:
    stream = subjects.STREAM_ALERTS if kind in ("alert", "canary") else subjects.STREAM_SEGMENTS
    before = await last(buses["web"], stream)
    outbox = Outbox(tmp_path / "o.jsonl")
    outbox.put(subjects.stored(site, "c", kind), b"{}", f"{role}{site}{kind}")
    sending = asyncio.create_task(outbox.run(buses[role]))
    assert await outbox.drained(5)
    await end((sending,))
    outbox.close()
    assert await last(buses["web"], stream) == before + 1


@pytest.mark.parametrize("role", ["recorder", "detector"])
async def test_a_worker_hears_and_reads_the_configuration(buses: Buses, role: BusRole) -> None:
    heard: list[bytes] = []

    async def told(msg: Msg) -> None:
        heard.append(msg.data)

    following = await buses[role].follow(subjects.BUCKET_CONFIG, told, subjects.CONFIG_KEY)
    await known(buses[role].core)
    await buses["web"].put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, role.encode())
    await until(lambda: heard == [role.encode()], 5)
    assert await buses[role].get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY) == role.encode()
    await following.unsubscribe()


async def test_a_recorder_reads_the_holds(buses: Buses) -> None:
    await buses["web"].put_synced(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY, b"held")
    assert await buses["recorder"].get(subjects.BUCKET_HOLDS, subjects.HOLDS_KEY) == b"held"


async def test_states_reach_web(buses: Buses) -> None:
    heard: dict[str, bytes] = {}

    async def told(msg: Msg) -> None:
        heard[msg.subject.removeprefix(f"{STATE}.")] = msg.data

    await buses["web"].follow(subjects.BUCKET_STATE, told)
    await known(buses["web"].core)
    wanted: dict[str, BusRole] = {
        "s.c.recorder": "recorder", "s.c.detector": "detector", "_node.local.recorder-1": "recorder",
    }  # fmt: skip
    for key, role in wanted.items():
        await buses[role].put(subjects.BUCKET_STATE, key, role.encode())
    await until(lambda: heard == {key: role.encode() for key, role in wanted.items()}, 5)


@pytest.mark.parametrize(("role", "profile"), [("recorder", "main"), ("detector", "sub"), ("detector", "sub-masked")])
async def test_web_watches_what_a_worker_owns(buses: Buses, role: BusRole, profile: Profile) -> None:
    heard: list[str] = []

    async def hear(msg: Msg) -> None:
        heard.append((msg.headers or {})["Vms-Seq"])

    desk = WatchDesk(buses[role], ManualClock())
    lease = desk.offer("s", profile, profile, lambda: reply(profile), lambda: [({"Vms-Seq": "1"}, b"a")])
    bulk = buses["web"].bulk
    live = subjects.live("s", profile, profile)
    some = [await bulk.subscribe(one, cb=hear) for one in (live, subjects.backlog(live, "0af"))]
    request = WatchRequest(profile=profile, inbox=subjects.backlog(live, "0af")).encode()

    async def answered() -> bool:
        with contextlib.suppress(errors.Error):
            return bool((await bulk.request(subjects.control("s", profile, "watch"), request, timeout=1)).data)
        return False

    await until_async(answered, 5)
    assert lease.publish(b"b", {"Vms-Seq": "2"})
    await until(lambda: heard == ["1", "2"], 5)
    lease.close()
    await desk.close()
    for one in some:
        await one.unsubscribe()


@pytest.mark.parametrize(
    ("asks", "answers", "subject"),
    [
        ("web", "recorder", subjects.control("s", "c", "read")),
        ("web", "recorder", subjects.control("s", "c", "fragments")),
        ("web", "recorder", subjects.control("_node", "local", "audit")),
        ("web", "detector", subjects.control("s", "c", "snapshot")),
        ("web", "renderer", subjects.control("s", "c", "render")),
        ("web", "renderer", subjects.control("s", "c", "tryout")),
        ("detector", "recorder", subjects.control("s", "c", "watch")),
        ("recorder", "web", COMPARE),
    ],
)
async def test_a_question_is_answered(buses: Buses, asks: BusRole, answers: BusRole, subject: str) -> None:
    bulk = buses[answers].bulk

    async def asked(msg: Msg) -> None:
        await bulk.publish(msg.reply, b"here")

    serving = await bulk.subscribe(subject, cb=asked)
    await known(bulk)
    assert (await buses[asks].bulk.request(subject, b"", timeout=5)).data == b"here"
    await serving.unsubscribe()


async def test_the_broker_listens_on_this_host_alone(tmp_path: Path) -> None:
    with broker(tmp_path) as made:
        async with connected(made):
            parent = psutil.Process()
            (server,) = (one for one in parent.children() if str(tmp_path / "nats" / "nats.conf") in one.cmdline())
            listening = [one.laddr for one in server.net_connections() if one.status == psutil.CONN_LISTEN]
    assert [(one.ip, one.port) for one in listening] == [("127.0.0.1", made.port)]


# --- its files ----------------------------------------------------------------------------------------------------


async def test_no_password_stands_in_a_file(tmp_path: Path) -> None:
    with broker(tmp_path) as made:
        async with connected(made):
            pass
        words = [json.loads(value) for value in made.env.values()]
        written = b"".join(path.read_bytes() for path in (tmp_path / "nats").rglob("*") if path.is_file())
    assert len(set(words)) == 7
    assert not [word for word in words if word.encode() in written or word in repr(made)]


async def test_what_older_versions_stored_is_there_and_their_passwords_are_gone(tmp_path: Path) -> None:
    """A data folder with two users for all, in files."""
    folder, port = tmp_path / "nats", free_port()
    folder.mkdir()
    (folder / "credentials.json").write_text('{"core": ["core", "old"], "bulk": ["bulk", "old"]}', encoding="utf-8")
    (folder / "nats.conf").write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: {json.dumps(str(folder / "jetstream"))} }}\n'
        'accounts { CORE { users: [{ user: "core", password: "old" }], jetstream: enabled }\n'
        '  BULK { users: [{ user: "bulk", password: "old" }] } }\n',
        encoding="utf-8",
    )
    with running((find_server(), "--config", str(folder / "nats.conf"))):
        url = f"nats://core:old@127.0.0.1:{port}"
        bus = await Bus.connect(BusAddress(url, url), "old")
        await bus.keep_storage()
        await bus.store(subjects.stored("s", "c", "gap"), b"kept", "m")
        await bus.put_synced(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY, b"kept too")
        await bus.close()
    with broker(tmp_path) as made:
        async with connected(made) as buses:
            assert await last(buses["web"], subjects.STREAM_SEGMENTS) == 1
            assert await buses["recorder"].get(subjects.BUCKET_CONFIG, subjects.CONFIG_KEY) == b"kept too"
    assert not (folder / "credentials.json").exists()
    assert '"old"' not in (folder / "nats.conf").read_text(encoding="utf-8")
