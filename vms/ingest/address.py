"""A camera's URL taken apart, its host resolved, and what it resolves to looked at.

The session connects to the address that was looked at here, and the next session begins here anew: a name that changes
its mind in between gains nothing. Everything behind the host travels to the camera as it is and means nothing to us.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from vms.domain import addresses
from vms.domain.errors import IngestError
from vms.settings.environment import LOOPBACK, loopback_cameras


@dataclass(frozen=True, slots=True)
class Target:
    """A camera URL taken apart; ``peer`` is the resolved address that the session will use."""

    url: str  # without user-info
    peer: tuple[str, int]
    host: str
    tls: bool
    user: str | None
    password: str | None


def target_of(url: str, env: Mapping[str, str] = os.environ) -> Target:
    """Takes ``url`` apart and resolves its host; raises ``IngestError``, also for an address that no camera has.

    ``env`` says whether cameras may be on this host itself (``vms.settings.environment.loopback_cameras``).
    """
    if re.search(r"[\s\x00-\x1f\x7f]", url):  # urlsplit would drop some of them in silence
        raise IngestError("configuration", "the URL has spaces, line breaks or control characters")
    try:
        parts = urlsplit(url)
    except ValueError:  # whose own words quote the login
        raise IngestError("configuration", "the URL cannot be taken apart") from None
    if parts.scheme not in ("rtsp", "rtsps"):
        raise IngestError("configuration", "the URL is neither rtsp:// nor rtsps://")
    tls = parts.scheme == "rtsps"
    host = parts.hostname or ""
    try:
        port = parts.port or (322 if tls else 554)
        peer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][:2]
    except ValueError as err:
        raise IngestError("configuration", "the URL's port is no number") from err
    except OSError as err:
        raise IngestError("unreachable", f"{host} has no address") from err
    _check(host, str(peer[0]), loopback_cameras(env))
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password or "") if user is not None else None
    return Target(_bare(parts), (str(peer[0]), int(peer[1])), host, tls, user, password)


def _bare(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _check(host: str, found: str, loopback: bool | None) -> None:
    address = addresses.parse(found)
    who = host if host == found else f"{host} ({found})"
    refusal = "no address" if address is None else addresses.refusal(address)
    if refusal is not None:
        raise IngestError("configuration", f"{who} is {refusal}: no camera is there; correct the URL")
    if address is None or not address.is_loopback or loopback:
        return
    if loopback is False:
        raise IngestError("configuration", f"{who} is this host itself, which {LOOPBACK}=0 refuses; take that away")
    if host != "localhost" and addresses.parse(host) is None:
        raise IngestError(
            "configuration",
            f"{who} is this host itself: for a proxy that runs here write {found} into the URL, or set {LOOPBACK}=1",
        )
