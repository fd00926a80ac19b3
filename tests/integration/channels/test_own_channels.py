"""One's own channels over HTTP, tested over real endpoints: what is refused, what is kept, what nobody is told."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.integration.web.rig import SkippingClock
from tests.support.audit_log import entries
from tests.support.bare_web import bare_web, browser
from tests.support.post_office import Receiver, receiving
from tests.support.push_service import Browser, PushService
from tests.support.sending import MAIL, PASSWORD, PHONE, sms
from tests.unit.web.walking import signed_in, two_sites
from vms.domain.errors import ConfigurationError
from web.channels.store import MOST_EACH

CHANGED = {"position": 0, "label": "bàn trực", "enabled": False}


class House:
    """Two sites, an SMS gateway and a push service on this host, and who asks."""

    def __init__(self, app: FastAPI, clock: SkippingClock, hook: Receiver, service: PushService) -> None:
        self.app, self.clock, self.hook, self.service = app, clock, hook, service
        self.context = app.state.context

    @contextlib.asynccontextmanager
    async def user(self, role: str = "duty", sites: list[str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
        async with browser(self.app, await signed_in(self.app, role, sites)) as client:
            yield client

    def phone(self, number: str = PHONE) -> dict[str, Any]:
        return {"gateway": "sms", "address": number, "label": "điện thoại", "language": "vi"}

    def browser(self, one: Browser) -> dict[str, Any]:
        told = self.service.subscribe(one) | {"expirationTime": None}
        return {"gateway": "webpush", "subscription": told, "label": "máy trực", "language": "en"}


@contextlib.asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    with receiving() as hook, receiving(PushService()) as service:
        env = {"VMS_NOTIFY_SMS": sms(hook.port), "VMS_PUSH_SERVICES": service.origin}
        clock = SkippingClock()
        async with bare_web(folder, two_sites(), clock, env) as app:
            service.public_key = app.state.context.reaching.keys.public
            yield House(app, clock, hook, service)


async def made(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/api/channels", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/api/channels")).json()["items"])


async def test_a_phone_and_a_browser_are_added_tested_ordered_and_removed(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as client:
        offered = (await client.get("/api/channels")).json()
        assert offered["gateways"] == [{"name": "sms", "asks": "phone"}]
        assert offered["webpush"] == {"public_key": one.context.reaching.keys.public}
        phone, desk = await made(client, one.phone()), await made(client, one.browser(Browser()))
        assert (phone["address"], desk["address"], desk["position"], desk["tested_ok"]) == (PHONE, None, 1, None)
        for item in (phone, desk):
            answer = await client.post(f"/api/channels/{item['id']}/test")
            assert (answer.status_code, answer.json()["state"]) == (200, "sent"), answer.text
        assert one.hook.got[0].json["message"].startswith("Tin thử từ hệ thống giám sát khu cách ly\nKênh «điện thoại»")
        assert one.service.shown[0].data["path"] == "/account"
        moved = await client.patch(f"/api/channels/{desk['id']}", json=CHANGED)
        assert (moved.status_code, moved.json()["position"]) == (200, 0)
        assert [(it["label"], it["enabled"], it["tested_ok"]) for it in await listed(client)] == [
            ("bàn trực", False, True), ("điện thoại", True, True),
        ]  # fmt: skip
        assert (await client.delete(f"/api/channels/{desk['id']}")).status_code == 204
        assert [it["id"] for it in await listed(client)] == [phone["id"]]
        written = [it for it in await entries(one.context.database) if it["action"].startswith("channel.")]
        assert [it["action"].partition(".")[2] for it in written] == ["put", "put", "test", "test", "put", "remove"]
        assert "/wpush/" not in str(written)


async def test_what_cannot_be_an_address_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as client:
        good = one.browser(Browser())
        subscription = good["subscription"]
        wrong: list[dict[str, Any]] = [
            one.phone("lan"), one.phone(""), one.phone("1" * 300), {**one.phone(), "gateway": "canary"},
            {**one.phone(), "gateway": "mail", "address": MAIL}, {**one.phone(), "label": ""},
            {**one.phone(), "label": "a\nb"}, {**one.phone(), "label": "x" * 65}, {**one.phone(), "language": "fr"},
            {**one.phone(), "more": 1}, {**one.phone(), "subscription": subscription}, {**good, "address": "x"},
            {"gateway": "webpush", "label": "x"}, {**good, "subscription": {**subscription, "keys": {"p256dh": "x"}}},
            {**good, "subscription": {**subscription, "keys": {"p256dh": "x", "auth": "y"}}},
            *(
                {**good, "subscription": {**subscription, "endpoint": endpoint}}
                for endpoint in (
                    f"http://127.0.0.1:{one.hook.port}/x", "https://127.0.0.1/x", "http://169.254.169.254/", "file:///x",
                    f"http://127.0.0.1:{one.service.port}@127.0.0.1:{one.hook.port}/x", "https://example.vn/x",
                )
            ),
        ]  # fmt: skip
        for body in wrong:
            answer = await client.post("/api/channels", json=body)
            assert answer.status_code == 422, (body, answer.text)
        assert await listed(client) == []
        assert one.hook.got == []


async def test_nobody_reaches_anothers_channels(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as owner, one.user("admin") as other:
        channel = (await made(owner, one.phone()))["id"]
        for method, path, body in (
            ("PATCH", f"/api/channels/{channel}", {"label": "x"}), ("DELETE", f"/api/channels/{channel}", None),
            ("POST", f"/api/channels/{channel}/test", None),
        ):  # fmt: skip
            assert (await other.request(method, path, json=body)).status_code == 404, path
        assert (await listed(other), len(await listed(owner)), one.hook.got) == ([], 1, [])


async def test_a_person_has_ten_and_the_same_again_is_no_other(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as client:
        for number in range(MOST_EACH):
            await made(client, one.phone(f"09000000{number:02}"))
        again = await made(client, {**one.phone("0900000003"), "label": "mới"})
        assert (len(await listed(client)), again["label"], again["position"]) == (MOST_EACH, "mới", 3)
        full = await client.post("/api/channels", json=one.phone("0911111111"))
        assert (full.status_code, full.json()["type"]) == (409, "about:blank#too-many")


async def test_a_browser_is_his_who_signed_in_there_last(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as first, one.user() as second:
        shared = Browser()
        await made(first, one.browser(shared))
        await made(second, one.browser(shared))
        assert (len(await listed(first)), len(await listed(second))) == (0, 1)


async def test_tests_are_bounded_whatever_the_channel_is_called(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as client, one.user() as other:
        phone = await made(client, one.phone())
        path = f"/api/channels/{phone['id']}/test"
        assert (await client.post(path)).status_code == 200
        refused = await client.post(path)
        assert (refused.status_code, 1 <= int(refused.headers["retry-after"]) <= 10) == (429, True)
        await client.delete(f"/api/channels/{phone['id']}")
        anew = await made(client, one.phone())
        assert (await client.post(f"/api/channels/{anew['id']}/test")).status_code == 429
        his = await made(other, one.phone())
        assert (await other.post(f"/api/channels/{his['id']}/test")).status_code == 429
        one.clock.skipped += 10
        assert (await client.post(f"/api/channels/{anew['id']}/test")).status_code == 200
        assert len(one.hook.got) == 2


async def test_a_failed_test_is_told_and_kept_without_secrets(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user() as client:
        phone, desk = await made(client, one.phone()), await made(client, one.browser(Browser()))
        one.hook.answer = (402, f"no credit left for {PHONE}, account vms:{PASSWORD}".encode())
        told = (await client.post(f"/api/channels/{phone['id']}/test")).json()
        assert (told["state"], "402" in told["answer"], "no credit left" in told["answer"]) == ("failed", True, True)
        assert PASSWORD not in told["answer"]
        one.service.browsers.clear()
        assert (await client.post(f"/api/channels/{desk['id']}/test")).json()["state"] == "failed"
        kept = {it["id"]: it for it in await listed(client)}
        assert (kept[phone["id"]]["tested_ok"], kept[phone["id"]]["last_error"]) == (False, told["answer"])
        assert not kept[desk["id"]]["enabled"]
        assert "subscription has ended" in kept[desk["id"]]["last_error"]
        assert kept[phone["id"]]["enabled"]  # a gateway may work again


async def test_who_makes_the_roster_tests_a_persons_channels_within_reach(tmp_path: Path) -> None:
    async with house(tmp_path) as one, one.user("duty", ["s1"]) as officer:
        name = (await officer.get("/api/session")).json()["user"]["username"]
        await made(officer, one.phone())
        off = await made(officer, one.phone("0900000000"))
        await officer.patch(f"/api/channels/{off['id']}", json={"enabled": False})
        async with one.user("site_lead", ["s2"]) as stranger, one.user("duty") as colleague:
            assert (await stranger.post(f"/api/duty/people/{name}/test")).status_code == 404
            assert (await colleague.post(f"/api/duty/people/{name}/test")).status_code == 403
        async with one.user("site_lead", ["s1"]) as lead:
            answer = await lead.post(f"/api/duty/people/{name}/test")
            assert [(it["channel"], it["state"]) for it in answer.json()["items"]] == [("sms · điện thoại", "sent")]
            assert PHONE not in answer.text
            assert (await lead.post(f"/api/duty/people/{name}/test")).status_code == 429
            assert (await lead.post("/api/duty/people/nobody/test")).status_code == 404
        assert len(one.hook.got) == 1


async def test_a_gateway_that_cannot_be_meant_keeps_the_role_from_starting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VMS_NOTIFY_X") as caught:
        async with bare_web(tmp_path, two_sites(), env={"VMS_NOTIFY_X": f"tgram://{PASSWORD}/{{address}}"}):
            pass
    assert PASSWORD not in str(caught.value)
