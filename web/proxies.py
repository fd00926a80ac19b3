"""Who asks, as the network tells it: the peer, or whom a trusted proxy says it asks for. Here alone, for all the role.

``X-Forwarded-For`` and ``X-Forwarded-Proto`` are anybody's to write. They are believed from the addresses that
``VMS_TRUSTED_PROXIES`` names, and of what those say as far back as one of them said it.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from vms.settings.environment import Network

log = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """The outermost layer: ``client`` and ``scheme`` of what comes are right for every layer within."""

    def __init__(self, app: ASGIApp, trusted: Collection[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)
        self._said = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = _parsed(scope["client"][0]) if scope.get("client") else None
        if peer is not None:
            headers = Headers(scope=scope)
            scope = {**scope, "client": (str(peer), scope["client"][1])}
            if self._trusts(peer):
                scope["client"] = (str(self._asking(peer, headers.getlist("x-forwarded-for"))), 0)
                scheme = ",".join(headers.getlist("x-forwarded-proto")).rpartition(",")[2].strip().lower()
                if scheme in ("http", "https"):
                    scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
            elif "x-forwarded-for" in headers and not self._said:
                self._said = True  # once: anybody may send it
                log.warning(
                    "proxy.untrusted address=%s remedy='where it is a proxy of yours, name it in VMS_TRUSTED_PROXIES: "
                    "all who come through it count as one address'",
                    peer,
                )
        await self._app(scope, receive, send)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _asking(self, peer: Address, forwarded: list[str]) -> Address:
        """Each proxy adds the one that asked it at the end: back from there to the first that is no proxy of ours."""
        asking = peer
        for said in reversed(",".join(forwarded).split(",")):
            before = _parsed(said)
            if before is None:
                break
            asking = before
            if not self._trusts(asking):
                break
        return asking


def address_of(scope: Scope) -> str:
    """The address that asks, for the log, for sessions and for limits."""
    client = scope.get("client")
    return "-" if client is None else str(client[0])


def place_of(address: str) -> str:
    """What one person has one of: of IPv6 the network of 64 bits, in which anybody has addresses without end."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def _parsed(text: str) -> Address | None:
    """Also as proxies write it: ``[::1]:80``, ``10.0.0.1:80``. An IPv4 address is one, however it is written."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
