"""Day roots: made when a day of the facility is over, sent to real servers, tried again until they are taken."""

from __future__ import annotations

import email
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.web.rig import facility
from tests.support.audit_log import entries, opened, write
from tests.support.clocks import ManualClock
from tests.support.ports import free_port
from tests.support.receivers import Letters, mail_server, syslog_tcp, syslog_udp
from vms.cli.audit import read_roots
from vms.domain.errors import ConfigurationError
from web.audit.outside import PRIORITY, Drop, Syslog, channels
from web.audit.roots import DAYS, LONGEST_RETRY_S, RETRY_S, DayRoots
from web.database.engine import Database

#: 23:00 in Asia/Ho_Chi_Minh, an hour before a day's end.
EVENING = datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(utc=EVENING)


@pytest_asyncio.fixture
async def database(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    async with opened(tmp_path, clock) as one:
        yield one


def day_roots(database: Database, clock: ManualClock, **env: object) -> DayRoots:
    assert facility().facility.timezone == "Asia/Ho_Chi_Minh"
    current: Any = SimpleNamespace(facility=facility())
    return DayRoots(database, clock, current, channels({name: str(value) for name, value in env.items()}))


async def sent(roots: DayRoots) -> dict[str, list[str]]:
    """Days that each channel has taken."""
    items = (await roots.status())["roots"]
    return {name: sorted(one["day"] for one in items if one["sent"][name]) for name in ("drop", "syslog", "mail")}


async def test_a_day_that_is_over_is_dropped_whole(database: Database, clock: ManualClock, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    roots = day_roots(database, clock, VMS_AUDIT_DROP=folder)
    await write(database, 3)
    await roots.look()
    assert list(folder.iterdir()) == [], "the day goes on"
    clock.advance(3600 + 10)
    await write(database, 2)  # of the next day
    await roots.look()
    await roots.look()
    (file,) = folder.iterdir()
    (found,) = read_roots(folder)
    third = (await entries(database))[2]["hash"]
    assert (found.day, found.seq, found.hash) == ("2026-03-01", 3, third)
    assert file.name == f"vms-audit-2026-03-01-3-{third[:12]}.json"
    assert json.loads(file.read_bytes())["facility"] == facility().facility.name
    assert await sent(roots) == {"drop": ["2026-03-01"], "syslog": [], "mail": []}


async def test_days_that_were_missed_are_made_up_for(database: Database, clock: ManualClock, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    await write(database, 2)
    clock.advance(3 * 86_400)
    roots = day_roots(database, clock, VMS_AUDIT_DROP=tmp_path / "drop")  # the service was stopped meanwhile
    await roots.look()
    assert [(one.day, one.seq) for one in read_roots(tmp_path / "drop")] == [
        ("2026-03-01", 2), ("2026-03-02", 2), ("2026-03-03", 2),
    ]  # fmt: skip
    clock.advance(100 * 86_400)
    await roots.look()
    assert len(read_roots(tmp_path / "drop")) == 3 + DAYS
    clock.step(-100 * 86_400)  # the clock was wrong: what is due by the right one is still made
    clock.advance(86_400)
    await roots.look()
    assert "2026-03-04" in [one.day for one in read_roots(tmp_path / "drop")]


async def test_a_folder_that_is_away_is_waited_for_and_not_made(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    folder = tmp_path / "not mounted"
    roots = day_roots(database, clock, VMS_AUDIT_DROP=folder)
    await write(database, 1)
    clock.advance(86_400)
    await roots.look()
    assert not folder.exists()
    (told,) = (await roots.status())["channels"]
    assert (told["channel"], "not there" in told["error"]) == ("drop", True)
    folder.mkdir()
    await roots.look()
    assert list(folder.iterdir()) == [], "not before its time"
    clock.advance(RETRY_S)
    await roots.look()
    assert [one.day for one in read_roots(folder)] == ["2026-03-01"]
    assert (await roots.status())["channels"] == [{"channel": "drop", "error": None}]


async def test_a_line_by_udp_and_by_tcp_is_of_rfc_5424(database: Database, clock: ManualClock) -> None:
    await write(database, 1)
    clock.advance(86_400)
    line = rf"<{PRIORITY}>1 2026-03-02T16:00:00\.000Z \S+ vms \d+ audit\.root - (\{{.*\}})"
    async with syslog_udp() as (port, datagrams):
        roots = day_roots(database, clock, VMS_AUDIT_SYSLOG=f"udp://127.0.0.1:{port}")
        await roots.look()
        (datagram,) = datagrams
    said = re.fullmatch(line, datagram.decode("ascii"))
    assert said is not None
    assert json.loads(said.group(1))["day"] == "2026-03-01"
    assert await sent(roots) == {"drop": [], "syslog": ["2026-03-01"], "mail": []}
    for closes in (True, False):
        clock.advance(86_400)
        async with syslog_tcp(closes=closes) as (port, streams):
            roots = day_roots(database, clock, VMS_AUDIT_SYSLOG=f"tcp://127.0.0.1:{port}")
            await roots.look()
            (stream,) = streams
        length, _, frame = stream.partition(b" ")
        assert int(length) == len(frame)
        assert b"audit.root - {" in frame
    assert len((await sent(roots))["syslog"]) == 3


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
async def test_a_syslog_server_that_is_away_is_tried_again(database: Database, clock: ManualClock, scheme: str) -> None:
    port = free_port()
    roots = day_roots(database, clock, VMS_AUDIT_SYSLOG=f"{scheme}://127.0.0.1:{port}")
    await write(database, 1)
    clock.advance(86_400)
    await roots.look()
    assert (await sent(roots))["syslog"] == []
    assert "ConnectionRefusedError" in (await roots.status())["channels"][0]["error"]


async def test_what_a_protocol_cannot_say_is_told_and_ends_nothing(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    roots = day_roots(database, clock, VMS_AUDIT_DROP=tmp_path)
    roots._channels = (Syslog("tcp", "a" * 64, 601), *roots._channels)
    await write(database, 1)
    clock.advance(86_400)
    await roots.look()
    assert "UnicodeError" in (await roots.status())["channels"][0]["error"]
    assert (await sent(roots))["drop"] == ["2026-03-01"]


@pytest_asyncio.fixture
async def letters() -> AsyncIterator[Letters]:
    async with mail_server() as one:
        yield one


async def test_a_mail_is_sent_until_it_is_taken(
    database: Database, clock: ManualClock, letters: Letters, tmp_path: Path
) -> None:
    secret = tmp_path / "smtp"
    secret.write_text(f"smtp://vms:h%40nter2@127.0.0.1:{letters.port}\n", encoding="utf-8")
    roots = day_roots(
        database, clock, VMS_AUDIT_MAIL_TO="giam.sat@example.org, ban@example.org", VMS_SMTP_URL_FILE=secret
    )  # fmt: skip
    await write(database, 4)
    clock.advance(3600 + 10)
    letters.refusing = True
    wait = RETRY_S
    for _ in range(8):
        await roots.look()
        clock.advance(wait)
        wait = min(2 * wait, LONGEST_RETRY_S)
    status = await roots.status()
    assert "451" in status["channels"][0]["error"]
    assert "h@nter2" not in json.dumps(status)
    letters.refusing = False
    await roots.look()
    await roots.look()
    ((recipients, raw),) = letters.taken
    assert len(recipients) == 2
    assert letters.logins[-1] == " vms h@nter2"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    (attached,) = message.iter_attachments()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / str(attached.get_filename())).write_bytes(attached.get_content())
    (found,) = read_roots(tmp_path / "kept")
    assert (found.seq, found.hash) == (4, (await entries(database))[3]["hash"])
    assert (await sent(roots))["mail"] == ["2026-03-01"]


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"VMS_AUDIT_DROP": "here"}, "no absolute path"),
        ({"VMS_AUDIT_SYSLOG": "http://u:hunter2@host"}, "VMS_AUDIT_SYSLOG is no address"),
        ({"VMS_AUDIT_SYSLOG": "udp://host:x"}, "VMS_AUDIT_SYSLOG is no address"),
        ({"VMS_AUDIT_MAIL_TO": "a@b"}, "needs VMS_SMTP_URL"),
        ({"VMS_AUDIT_MAIL_TO": "a@b\nBcc: c@d", "VMS_SMTP_URL": "smtp://host"}, "is no address"),
        ({"VMS_AUDIT_MAIL_TO": "a@b", "VMS_SMTP_URL": "imap://u:hunter2@host"}, "VMS_SMTP_URL is no address"),
        ({"VMS_AUDIT_MAIL_TO": "a@b", "VMS_SMTP_URL_FILE": "/nowhere"}, "cannot be read"),
        (
            {"VMS_AUDIT_MAIL_TO": "a@b", "VMS_SMTP_URL": "smtp://u:m%E1%BA%ADt-hunter2@host"},
            "VMS_SMTP_URL: .* in ASCII",
        ),
        ({"VMS_AUDIT_MAIL_TO": "a@b", "VMS_SMTP_URL": f"smtp://{'a' * 64}.example"}, "VMS_SMTP_URL is no address"),
        ({"VMS_AUDIT_SYSLOG": "tcp://log..example"}, "VMS_AUDIT_SYSLOG is no address"),
    ],
)
def test_a_way_out_that_cannot_be_meant_is_refused_in_one_line(env: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        channels(env)
    assert "hunter2" not in str(refused.value)


def test_ways_out_are_what_the_environment_names() -> None:
    assert channels({}) == ()
    made = channels({"VMS_AUDIT_DROP": "/mnt/roots", "VMS_AUDIT_SYSLOG": "tcp://[::1]"})
    assert made == (Drop(Path("/mnt/roots")), Syslog("tcp", "::1", 601))
    mail = channels({"VMS_AUDIT_MAIL_TO": "a@b", "VMS_SMTP_URL": "smtps://u:hunter2@host"})
    assert "hunter2" not in repr(mail)
