"""What each role is refused on the bus, with the broker's own configuration and a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import nats
import pytest
import pytest_asyncio
from nats import errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from tests.support.role_bus import Buses, broker, connected, known, last
from tests.support.waiting import until, until_async
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.rights import Account
from vms.bus.subjects import BusRole
from vms.domain.holds import HoldList
from vms.domain.messages import ConfigRevision

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


@pytest.mark.parametrize("role", ["recorder", "detector"])
async def test_what_the_broker_answers_is_no_configuration(buses: Buses, role: BusRole) -> None:
    """The server sends its answers wherever a request says: they overwrite a key, until web does, and are refused."""
    web, core = buses["web"], buses[role].core
    kept = await last(web, subjects.STREAM_ALERTS)
    told = subjects.stored("s", "c", "segment" if role == "recorder" else "minute")
    asked = "$JS.API.STREAM.INFO.KV_config", "$JS.API.STREAM.MSG.GET.KV_config"
    for key, bucket in ((CONFIG, subjects.BUCKET_CONFIG), (HOLDS, subjects.BUCKET_HOLDS)):
        name = key.rpartition(".")[2]
        for subject in (told, *asked):
            await web.put_synced(bucket, name, b"good")
            await core.publish(subject, b'{"last_by_subj": "%s"}' % CONFIG.encode(), reply=key)

            async def there(bucket: str = bucket, name: str = name) -> bytes | None:
                raw = await web.get(bucket, name)
                return raw if raw != b"good" else None

            raw = await until_async(there, 5)
            assert raw
            for model in (ConfigRevision, HoldList):
                with pytest.raises(ValidationError):
                    model.model_validate_json(raw)
    for order in ("PURGE", "DELETE"):
        for subject in (told, *asked):
            await core.publish(subject, b"", reply=f"$JS.API.STREAM.{order}.ALERTS")
    await known(core)
    info = await web.js.stream_info(subjects.STREAM_ALERTS)
    assert (info.state.last_seq, info.state.messages) == (kept, kept)


async def test_without_a_password_nobody_is_let_in(buses: Buses) -> None:
    port = buses["web"].core.connected_url.port
    for login in ("", "core:core@", "recorder:@", "recorder:recorder@"):
        with pytest.raises(errors.Error):
            await nats.connect(f"nats://{login}127.0.0.1:{port}", allow_reconnect=False, max_reconnect_attempts=0)
