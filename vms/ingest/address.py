"""A camera's URL taken apart, and its host resolved."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from vms.domain.errors import IngestError


@dataclass(frozen=True, slots=True)
class Target:
    """A camera URL taken apart; ``peer`` is the resolved address that the session will use."""

    url: str  # without user-info
    peer: tuple[str, int]
    host: str
    tls: bool
    user: str | None
    password: str | None


def target_of(url: str) -> Target:
    """Takes ``url`` apart and resolves its host; raises ``IngestError``."""
    parts = urlsplit(url)
    tls = parts.scheme == "rtsps"
    host = parts.hostname or ""
    try:
        port = parts.port or (322 if tls else 554)
        peer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][:2]
    except ValueError as err:
        raise IngestError("configuration", "the URL's port is no number") from err
    except OSError as err:
        raise IngestError("unreachable", f"{host} has no address") from err
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    user = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password or "") if user is not None else None
    return Target(bare, (str(peer[0]), int(peer[1])), host, tls, user, password)
