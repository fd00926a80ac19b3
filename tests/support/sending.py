"""Couriers over endpoints on this host, and messages to send."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from tests.support.push_service import Browser, PushService
from vms.domain.clock import Clock, SystemClock
from web.channels.couriers import Couriers
from web.channels.endpoints import Subscription
from web.channels.gateways import Ways
from web.channels.push import Push
from web.channels.store import ChannelRow
from web.channels.vapid import KeyPair

PASSWORD, KEY, PHONE, MAIL = "matkhau-123", "apikey-998877", "+84901234567", "lan@example.vn"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
#: Whatever is in a name that somebody gave a camera.
TITLE = "Xâm nhập vùng · Khu A <b>x</b> *y* ${A} :smile:"
BODY = "2 người trong vùng «Lối ra» <script>\nNơi: Khu A & B · Cổng _1_\n[x](http://y)"


def message(*, picture: bytes | None = JPEG, silent: bool = False) -> Push:
    return Push(TITLE, BODY, "/alerts/a-1", "alert-a-1", not silent, None if silent else "a-1", picture, silent)


def channel(gateway: str, address: str) -> ChannelRow:
    return ChannelRow("c", 1, gateway, address, "điện thoại", "vi", 0, True)


def subscribed(service: PushService, browser: Browser | None = None) -> ChannelRow:
    """The channel of a browser at ``service``."""
    told = service.subscribe(browser or Browser())
    keys, more = told["keys"], frozenset((service.origin,))
    return channel("webpush", Subscription.checked(told["endpoint"], keys["p256dh"], keys["auth"], more).text())


@contextlib.asynccontextmanager
async def couriers(folder: Path, env: Mapping[str, str], clock: Clock | None = None) -> AsyncIterator[Couriers]:
    """With gateways that apprise took."""
    made = Couriers(clock or SystemClock(), Ways.of(env), KeyPair.load(folder))
    try:
        await made.check()
        yield made
    finally:
        await made.close()


def sms(port: int, path: str = "/send") -> str:
    """A gateway for text messages as there are many: JSON by POST, a login, a key in a header."""
    return f"json://vms:{PASSWORD}@127.0.0.1:{port}{path}?:to={{address}}&+X-Key={KEY}"


def mail(port: int, mode: str = "insecure", more: str = "") -> str:
    return f"mailto://vms:{PASSWORD}@127.0.0.1:{port}?mode={mode}&to={{address}}&from=vms@example.vn{more}"
