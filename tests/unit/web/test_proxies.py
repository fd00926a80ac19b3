"""Whose address counts: the peer's, unless it is a proxy that was named."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from vms.domain.errors import ConfigurationError
from vms.settings.environment import Environment, Network
from web.proxies import Proxies, address_of

PROXIES = "10.0.0.5, 10.1.0.0/24,2001:db8::/64"


def named(text: str) -> tuple[Network, ...]:
    return Environment.read(Path(), {"VMS_TRUSTED_PROXIES": text}).trusted_proxies


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{address_of(scope)} {scope['scheme']}")(scope, receive, send)


async def told(peer: str, *forwarded: str, proto: str = "https") -> str:
    app: Any = Proxies(echo, named(PROXIES))
    headers = [("X-Forwarded-For", one) for one in forwarded] + [("X-Forwarded-Proto", proto)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 1)), base_url="http://h") as http:
        return (await http.get("/", headers=headers)).text


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.5", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),  # what stands before it the client wrote
        ("10.0.0.5", ["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.5", ["10.1.0.9, 203.0.113.9"], "203.0.113.9"),  # forged as if it were a proxy's
        ("10.0.0.5", ["203.0.113.9, 10.1.0.9"], "203.0.113.9"),  # two proxies
        ("10.0.0.5", ["10.1.0.9"], "10.1.0.9"),
        ("::ffff:10.0.0.5", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1", ["[2001:db8:1::7]:4711"], "2001:db8:1::7"),
        ("10.1.0.200", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.5", ["203.0.113.9, unknown"], "10.0.0.5"),
        ("10.0.0.5", ["203.0.113.9, x\ty user=admin, 10.1.0.9"], "10.1.0.9"),
        ("10.0.0.5", [], "10.0.0.5"),
        ("10.0.0.5", [""], "10.0.0.5"),
    ],
)
async def test_a_proxy_of_ours_is_believed_as_far_as_it_can_know(peer: str, forwarded: list[str], address: str) -> None:
    assert await told(peer, *forwarded) == f"{address} https"


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.0.6", "::1", "10.1.1.1"])
async def test_a_forged_header_of_anybody_else_is_ignored_and_said_once(
    peer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert await told(peer, "10.0.0.5") == f"{peer} http"
    assert await told(peer, "127.0.0.1, 1.2.3.4") == f"{peer} http"
    assert [one.getMessage().partition(" remedy")[0] for one in caplog.records] == [
        f"proxy.untrusted address={peer}"
    ] * 2  # once of each application


@pytest.mark.parametrize(
    ("proto", "scheme"), [("https, http", "http"), ("HTTPS", "https"), ("gopher", "http"), ("", "http")]
)
async def test_the_scheme_is_the_nearest_proxys(proto: str, scheme: str) -> None:
    assert await told("10.0.0.5", "1.2.3.4", proto=proto) == f"1.2.3.4 {scheme}"


@pytest.mark.parametrize(
    "wrong", ["*", "proxy.local", "10.0.0.5/24", "10.0.0.5;10.0.0.6", "0.0.0.0/0", "::/0", "10.0.0.256"]
)
def test_what_is_no_proxy_is_one_clear_line(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^VMS_TRUSTED_PROXIES: '.*' is (no address|everybody)") as refused:
        named(f"10.0.0.5,{wrong}")
    assert "\n" not in str(refused.value)


def test_none_is_trusted_where_none_is_named() -> None:
    assert named("") == named(" , ") == Environment.read(Path(), {}).trusted_proxies == ()
