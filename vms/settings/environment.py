"""What comes from the environment: addresses and folders that differ from host to host."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vms.domain.errors import ConfigurationError
from vms.domain.redaction import redact
from vms.settings.secrets import secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = "VMS_ALLOW_LOOPBACK_CAMERAS"
_SWITCH = {"": None, "0": False, "1": True}
#: Each site tells a canary so often; detectors and web must be told the same (seconds).
CANARY_S = 300.0


@dataclass(frozen=True, slots=True)
class Environment:
    """The service's environment, read once at start. URLs may carry secrets: never log this object."""

    data: Path
    node: str
    nats_url: str | None
    nats_bulk_url: str | None
    database_url: str | None
    models_dir: Path | None
    demo_footage: Path | None
    trusted_proxies: tuple[Network, ...] = ()
    canary_s: float = CANARY_S

    @classmethod
    def read(cls, data: Path, env: Mapping[str, str] = os.environ) -> Environment:
        """From the variables ``VMS_*``; ``data`` is the folder of everything that the service keeps."""
        nats_url = _bus_url(env, "VMS_NATS_URL")
        if env.get(LOOPBACK, "") not in _SWITCH:
            raise ConfigurationError(f"{LOOPBACK}={env[LOOPBACK]} is neither 0 nor 1; correct it or leave it out")
        return cls(
            data=data.absolute(),
            node=env.get("VMS_NODE", "local"),
            nats_url=nats_url,
            nats_bulk_url=_bus_url(env, "VMS_NATS_BULK_URL") or nats_url,
            database_url=secret(env, "VMS_DATABASE_URL") or None,
            models_dir=_folder(env, "VMS_MODELS_DIR"),
            demo_footage=_folder(env, "VMS_DEMO_FOOTAGE"),
            trusted_proxies=_networks(env, "VMS_TRUSTED_PROXIES"),
            canary_s=canary_s(env),
        )


def loopback_cameras(env: Mapping[str, str]) -> bool | None:
    """Whether a camera may be on this host itself, as proxies for cameras are.

    None, where nobody says: if its URL names the host by such an address or ``localhost``, and is not a name that
    somebody else may point here.
    """
    return _SWITCH.get(env.get(LOOPBACK, ""))


def canary_s(env: Mapping[str, str]) -> float:
    """Seconds from one canary of a site to the next; 0: there are none."""
    stated = env.get("VMS_CANARY_S") or f"{CANARY_S:g}"
    try:
        seconds = float(stated)
        if seconds != 0 and not 1 <= seconds <= 86400:
            raise ValueError
    except ValueError as err:
        raise ConfigurationError(f"VMS_CANARY_S={stated[:20]} is neither 0 nor 1 to 86400 seconds") from err
    return seconds


def _bus_url(env: Mapping[str, str], name: str) -> str | None:
    url = secret(env, name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("nats", "tls", "ws", "wss") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(
            f"{name}={redact(url)} is no address of a bus; example: nats://user:password@host:4222"
        )
    return url


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    found = []
    for stated in (env.get(name) or "").split(","):
        if not (text := stated.strip()):
            continue
        try:
            network = ipaddress.ip_network(text)
        except ValueError as err:
            raise ConfigurationError(
                f"{name}: '{text[:64]}' is no address and no network; example: 10.0.0.5,10.1.0.0/24"
            ) from err
        if network.prefixlen == 0:
            raise ConfigurationError(f"{name}: '{text}' is everybody: name the proxies alone")
        found.append(network)
    return tuple(found)


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_dir():
        raise ConfigurationError(f"{name}={value} is no folder; correct it or leave it out")
    return path.absolute()
