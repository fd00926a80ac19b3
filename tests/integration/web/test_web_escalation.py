"""From the bus to phones, with real endpoints: officer by e-mail and webhook, site lead by ntfy and in his browser."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.integration.web.rig import PASSWORD, NatsServer, WebRig, web_rig
from tests.integration.web.worker import JPEG, Worker
from tests.support.audit_log import entries
from tests.support.escalating import Escalating
from tests.support.post_office import Ntfy, Receiver, receiving
from tests.support.push_service import Browser, PushService
from tests.support.smtp_office import SmtpOffice, smtp_office
from tests.support.waiting import until, until_async
from vms.domain.clock import SystemClock
from vms.settings.environment import Environment
from web.accounts import users
from web.channels.endpoints import Subscription
from web.channels.vapid import KeyPair
from web.database.engine import Database
from web.duty.policy import DEFAULT, Ladder, Rung

LADDER = Ladder(rungs=(Rung(duty="officer"), Rung(duty="site_lead", after_s=2)), repeat_s=600, cooldown_s=60)


@dataclass
class Offices:
    mail: SmtpOffice
    hook: Receiver
    ntfy: Ntfy
    push: PushService


@pytest.fixture
def offices(monkeypatch: pytest.MonkeyPatch) -> Iterator[Offices]:
    with contextlib.ExitStack() as stack:
        mail, hook = stack.enter_context(smtp_office()), stack.enter_context(receiving())
        ntfy, push = Ntfy(), PushService()
        stack.enter_context(receiving(ntfy))
        stack.enter_context(receiving(push))
        for name, value in {
            "VMS_NOTIFY_MAIL": f"mailto://127.0.0.1:{mail.port}/?from=vms@example.vn&mode=insecure&to={{address}}",
            "VMS_NOTIFY_HOOK": f"json://127.0.0.1:{hook.port}/{{address}}",
            "VMS_NOTIFY_NTFY": f"ntfy://127.0.0.1:{ntfy.port}/{{address}}",
            "VMS_PUSH_SERVICES": push.origin,
            "VMS_PUBLIC_URL": "https://vms.test",
        }.items():
            monkeypatch.setenv(name, value)
        yield Offices(mail, hook, ntfy, push)


@pytest.fixture
async def rig(tmp_path: Path, server: NatsServer, offices: Offices) -> AsyncIterator[WebRig]:
    async with web_rig(tmp_path / "data", server.url) as made:
        yield made


@pytest.fixture
async def staff(rig: WebRig, offices: Offices) -> AsyncIterator[Escalating]:
    """Officers ``lan`` (e-mail) and ``mai`` (a webhook), site lead ``huong`` (ntfy), province ``admin`` (a browser)."""
    database = await Database.open(Environment.read(rig.data, {}))
    clock = SystemClock()
    one = Escalating(database, clock, None)  # type: ignore[arg-type]  # rows alone: the rig's own escalation works
    offices.push.public_key = KeyPair.load(rig.data).public
    subscribed = offices.push.subscribe(Browser())
    browser = Subscription(subscribed["endpoint"], **subscribed["keys"]).text()
    for name, role, duty, ways in (
        ("lan", "duty", "officer", {"mail": "lan@example.vn"}),
        ("mai", "duty", "officer", {"hook": "mai"}),
        ("huong", "site_lead", "site_lead", {"ntfy": "huong", "webpush": browser}),
        ("binh", "viewer", None, {}),
    ):
        user = await users.add_user(database, clock, name, PASSWORD, role, ["s1"])
        await one.channels(user, **ways)
        if duty is not None:
            await one.shift(user, duty)
    await one.policy(DEFAULT.model_copy(update={"security": {**DEFAULT.security, "critical": LADDER}}))
    yield one
    await database.close()


@contextlib.asynccontextmanager
async def signed_in(rig: WebRig, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=str(rig.http.base_url), timeout=10) as client:
        answer = await client.post("/api/session", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield client


async def test_an_alert_climbs_until_somebody_takes_it_on(
    rig: WebRig, staff: Escalating, offices: Offices, server: NatsServer
) -> None:
    worker = await Worker.connect(server.url)
    await worker.alert("a1", "opened", persons=1, snapshot=JPEG)
    await until(lambda: offices.mail.letters and offices.hook.got, 20)
    await until(lambda: offices.ntfy.published, 20)
    (letter,) = offices.mail.letters
    assert letter["To"] is not None
    assert "lan@example.vn" in letter["To"]
    assert "https://vms.test/alerts/a1" in str(letter.get_body(("plain", "html")))
    assert offices.hook.got[0].path == "/mai"
    assert offices.ntfy.published[0].topic == "huong"
    assert offices.push.shown == [], "one channel of his was enough"

    await worker.alert("a2", "opened", persons=2)
    joined = await until_async(lambda: _chain(rig, "a2", "joined"))
    assert (joined["group"], joined["steps"][-1]["kind"]) == ("a1", "joined")
    async with signed_in(rig, "huong") as lead:
        taken = await lead.post("/api/alerts/a2/ack", json={"note": "tôi tới ngay", "group": True})
        assert taken.status_code == 200, taken.text
    alert = (await rig.http.get("/api/alerts/a1")).json()
    assert (alert["state"], alert["chain"]["state"], alert["chain"]["by"]) == ("acknowledged", "stopped", "huong")
    assert [(one["duty"], [person["user"] for person in one["people"]]) for one in alert["calls"]] == [
        ("officer", ["lan", "mai"]), ("site_lead", ["huong"]),
    ]  # fmt: skip
    attempts = [person["attempts"] for call in alert["calls"] for person in call["people"]]
    assert [[one["state"] for one in some] for some in attempts] == [["sent"], ["sent"], ["sent"]]
    assert [(await rig.http.get(f"/api/alerts/{name}")).json()["state"] for name in ("a1", "a2")] == [
        "acknowledged", "acknowledged",
    ]  # fmt: skip
    noted = [one["object"] for one in await entries(staff.database) if one["action"] == "alert.acknowledge"]
    assert sorted(noted) == ["a1", "a2"]
    async with signed_in(rig, "binh") as viewer:
        seen = (await viewer.get("/api/alerts/a1")).json()["calls"]
        assert [person["user"] for call in seen for person in call["people"]] == [None, None, None]
        assert [one["channel"] for call in seen for person in call["people"] for one in person["attempts"]] == [
            "mail", "hook", "ntfy",
        ]  # fmt: skip
    await worker.close()


async def test_a_browser_is_told_and_told_again_when_somebody_has_it(
    rig: WebRig, staff: Escalating, offices: Offices, server: NatsServer
) -> None:
    """ntfy is gone: after its tries the site lead's browser, encrypted for it, is the next channel."""
    offices.ntfy.answer = (500, b"")
    worker = await Worker.connect(server.url)
    await worker.alert("a1", "opened", persons=1)
    await until(lambda: offices.push.shown, 40)
    async with signed_in(rig, "lan") as officer:
        assert (await officer.post("/api/alerts/a1/ack")).status_code == 200
    await until(lambda: len(offices.push.shown) == 2, 20)
    first, second = offices.push.shown
    assert (first.data["alert"], first.data["silent"]) == ("a1", False)
    assert second.data["silent"] is True
    assert first.data["tag"] == second.data["tag"]
    assert "lan" in second.data["title"] + second.data["body"]
    await worker.close()


async def _chain(rig: WebRig, alert: str, state: str) -> dict[str, object] | None:
    answer = await rig.http.get(f"/api/alerts/{alert}")
    found = answer.json() if answer.status_code == 200 else {}
    return found if found and found["chain"]["state"] == state else None
