"""A real PostgreSQL server on a loopback port, over files of its own; as another user where the tests run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.ports import free_port
from tests.support.waiting import wait_until

#: Where Debian puts the programs, which are not on the PATH there.
DEBIAN = Path("/usr/lib/postgresql")
USER = "vms"


class Postgres:
    """``start`` and ``kill`` as often as wanted; the port and the files stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.password = secrets.token_urlsafe(12)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        if not (self.folder / "data").exists():
            self._make()
        # Nothing is synced: what a power cut leaves is not what is tried here.
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        with (self.folder / "log").open("wb") as out:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options],
                stdout=out, stderr=out, **_somebody(),
            )  # fmt: skip
        wait_until(self._answers, 30, "PostgreSQL answers")

    def kill(self) -> None:
        """At once, and whole: its children end with it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    async def make(self, database: str) -> str:
        """An empty database; its URL."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{database}"')
        finally:
            await connection.close()
        return self.url(database)

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="utf-8")
        if who := _somebody().get("user"):
            for path in (self.folder, secret):
                os.chown(path, who, -1)
        subprocess.run(
            [program("initdb"), "-D", str(self.folder / "data"), "-U", USER, "--pwfile", str(secret), "-A",
             "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"],
            check=True, capture_output=True, timeout=120, **_somebody(),
        )  # fmt: skip

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        # An open port is not enough: while it starts, a login is refused.
        return b"ready to accept connections" in (self.folder / "log").read_bytes()


def program(name: str) -> str:
    """Of PostgreSQL; skips where there is none."""
    found = shutil.which(name) or next((str(one) for one in sorted(DEBIAN.glob(f"*/bin/{name}"))[-1:]), None)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install postgresql")
    return found


def _somebody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    who = pwd.getpwnam("nobody")
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": "/"}


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """One that runs, and is gone afterwards with its files; ``folder`` must be one that other users get through to."""
    server = Postgres(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
