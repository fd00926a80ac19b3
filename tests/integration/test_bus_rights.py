"""What each role may on the bus and what it is refused, with the broker's own configuration and a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import psutil
import pytest
import pytest_asyncio
from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.support.clocks import ManualClock
from tests.support.nats_bus import free_port
from tests.support.role_bus import broker, connected, running
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus, BusAddress
from vms.bus.outbox import Outbox
from vms.bus.rights import Account
from vms.bus.subjects import BusRole, Stored
from vms.bus.tasks import end
from vms.bus.watch import WatchDesk
from vms.domain.messages import Profile, WatchReply, WatchRequest
from vms.supervisor.broker import find_server

Buses = dict[BusRole, Bus]
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


def client(bus: Bus, account: Account) -> Client:
    return bus.core if account == "core" else bus.bulk


async def known(one: Client) -> None:
    """What was subscribed for is known to the server. The client's first PING overtakes what waits to be sent."""
    await one.flush()
    await one.flush()


def reply(profile: Profile) -> WatchReply:
    return WatchReply(profile=profile, mime="video/mp4", run="r", init=b"i")


async def last(bus: Bus, stream: str) -> int:
    return int((await bus.js.stream_info(stream)).state.last_seq)


# --- what is their own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "site", "kind"),
    [
        ("recorder", "s", "segment"), ("recorder", "s", "gap"), ("recorder", "s", "index"),
        ("recorder", "_node", "alert"), ("detector", "s", "alert"), ("detector", "s", "minute"),
    ],
)  # fmt: skip
async def test_what_a_role_tells_is_stored(
    buses: Buses, tmp_path: Path, role: BusRole, site: str, kind: Stored
) -> None:
    stream = subjects.STREAM_ALERTS if kind == "alert" else subjects.STREAM_SEGMENTS
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


# --- what is not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "account", "subject"),
    [
        *((role, "core", subject) for role in ("recorder", "detector") for subject in (
            CONFIG, HOLDS, "$JS.API.STREAM.CREATE.KV_state", "$JS.API.STREAM.UPDATE.ALERTS",
            "$JS.API.STREAM.DELETE.KV_holds", "$JS.API.STREAM.PURGE.SEGMENTS", "$JS.API.CONSUMER.CREATE.ALERTS.x",
        )),
        ("detector", "core", subjects.stored("s", "c", "segment")),
        ("detector", "core", subjects.stored("s", "c", "gap")),
        ("detector", "core", subjects.stored("s", "c", "index")),
        ("detector", "core", subjects.stored("_node", "local", "alert")),
        ("detector", "core", f"{STATE}.s.c.recorder"),
        ("detector", "core", f"{STATE}._node.local.detector"),
        ("detector", "core", "$JS.API.STREAM.MSG.GET.KV_holds"),
        ("recorder", "core", subjects.stored("s", "c", "alert")),
        ("recorder", "core", subjects.stored("s", "c", "minute")),
        ("recorder", "core", f"{STATE}.s.c.detector"),
        ("web", "core", subjects.stored("s", "c", "alert")),
        ("web", "core", subjects.stored("s", "c", "segment")),
        ("web", "core", f"{STATE}.s.c.recorder"),
        ("web", "core", "$JS.API.STREAM.DELETE.SEGMENTS"),
        *((role, "core", "_INBOX.web.known") for role in ("recorder", "detector")),
        *((role, "bulk", "_INBOX.web.known") for role in ("recorder", "detector", "renderer")),
        ("detector", "bulk", subjects.live("s", "c", "main")),
        ("detector", "bulk", subjects.control("s", "c", "read")),
        ("detector", "bulk", COMPARE),
        ("recorder", "bulk", subjects.live("s", "c", "jpeg")),
        ("recorder", "bulk", subjects.control("s", "c", "watch")),
        ("renderer", "bulk", subjects.live("s", "c", "main")),
        ("renderer", "bulk", subjects.control("s", "c", "read")),
        ("web", "bulk", subjects.live("s", "c", "main")),
    ],
)  # fmt: skip
async def test_a_publish_that_is_not_its_own_is_refused_and_logged_once(
    buses: Buses, caplog: pytest.LogCaptureFixture, role: BusRole, account: Account, subject: str
) -> None:
    one = client(buses[role], account)
    for _ in range(3):
        await one.publish(subject, b"forged")
    await one.flush()
    who = role if account == "core" or role == "renderer" else f"{role}-bulk"
    told = f'bus.denied role={who} error=permissions violation for publish to "{subject}"'.lower()
    await until(lambda: told in caplog.text.lower(), 5)
    assert caplog.text.lower().count(told) == 1


@pytest.mark.parametrize(
    ("role", "account", "subject"),
    [
        ("detector", "core", HOLDS), ("detector", "core", f"{STATE}.>"), ("recorder", "core", f"{STATE}.>"),
        *((role, "core", subject) for role in ("recorder", "detector") for subject in (
            "vms.v1.>", "$JS.API.>", "$KV.>", ">",
        )),
        ("recorder", "bulk", "live.v1.>"), ("recorder", "bulk", COMPARE),
        ("detector", "bulk", subjects.live("s", "c", "main")), ("detector", "bulk", subjects.control("*", "*", "read")),
        ("renderer", "bulk", "live.v1.>"), ("renderer", "bulk", subjects.control("*", "*", "read")),
        ("web", "bulk", "ctl.v1.>"),
    ],
)  # fmt: skip
async def test_a_subscription_that_is_not_its_own_is_refused(
    buses: Buses, caplog: pytest.LogCaptureFixture, role: BusRole, account: Account, subject: str
) -> None:
    await _refused(buses, caplog, role, account, subject)


@pytest.mark.parametrize("account", ["core", "bulk"])
@pytest.mark.parametrize("role", ["recorder", "detector", "web"])
async def test_no_role_hears_what_others_are_answered(
    buses: Buses, caplog: pytest.LogCaptureFixture, role: BusRole, account: Account
) -> None:
    for other in ("recorder", "detector", "renderer", "web"):
        if other != role:
            await _refused(buses, caplog, role, account, f"_INBOX.{other}.>")
    await _refused(buses, caplog, role, account, "_INBOX.>")


async def test_nor_does_the_renderer(buses: Buses, caplog: pytest.LogCaptureFixture) -> None:
    assert buses["renderer"].core is buses["renderer"].bulk
    await test_no_role_hears_what_others_are_answered(buses, caplog, "renderer", "bulk")


async def _refused(
    buses: Buses, caplog: pytest.LogCaptureFixture, role: BusRole, account: Account, subject: str
) -> None:
    one = client(buses[role], account)
    await one.subscribe(subject, cb=_never)
    await one.flush()
    told = f'permissions violation for subscription to "{subject}"'.lower()
    await until(lambda: told in caplog.text.lower(), 5)


async def _never(msg: Msg) -> None:
    raise AssertionError(f"heard {msg.subject}")


async def test_an_answer_goes_to_who_asked_and_once(buses: Buses, caplog: pytest.LogCaptureFixture) -> None:
    bulk, heard = buses["web"].bulk, []

    async def hear(msg: Msg) -> None:
        heard.append(msg.data)

    async def asked(msg: Msg) -> None:
        for n in range(2):
            await buses["renderer"].bulk.publish(msg.reply, b"%d" % n)

    inbox = bulk.new_inbox()
    some = [await bulk.subscribe(inbox, cb=hear)]
    some.append(await buses["renderer"].bulk.subscribe(subjects.control("t", "*", "render"), cb=asked))
    await known(buses["renderer"].bulk)
    await bulk.publish(subjects.control("t", "c", "render"), b"", reply=inbox)
    await until(lambda: inbox.lower() in caplog.text.lower(), 5)
    assert heard == [b"0"]
    for one in some:
        await one.unsubscribe()


async def test_without_a_password_nobody_is_let_in(buses: Buses) -> None:
    port = buses["web"].core.connected_url.port
    for login in ("", "core:core@", "recorder:@", "recorder:recorder@"):
        with pytest.raises(errors.Error):
            await nats.connect(f"nats://{login}127.0.0.1:{port}", allow_reconnect=False, max_reconnect_attempts=0)


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
