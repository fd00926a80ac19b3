"""Everything on this host: which processes run, in which order they start and end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from vms.bus import outbox
from vms.bus.connection import BusAddress
from vms.bus.subjects import BusRole
from vms.domain.clock import Clock, SystemClock
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings.environment import Environment
from vms.settings.facility_file import camera_variables
from vms.settings.secrets import SUFFIX
from vms.supervisor import broker
from vms.supervisor.child import Child, ChildSpec

log = logging.getLogger(__name__)

#: A recorder's death stops so many cameras for a second or two, no more.
CAMERAS_A_RECORDER = 40
STOP_S = 4.0
#: What of the environment nobody but web is told; and where its file is, neither.
_OF_WEB = ("VMS_ADMIN_PASSWORD", "VMS_DATABASE_URL", "VMS_SMTP_URL", "VMS_TLS_CERT", "VMS_TLS_KEY")
#: Addresses with the passwords of those who carry messages out.
_GATEWAYS = "VMS_NOTIFY_"
BROKER_STOP_S = 1.0


@dataclass(frozen=True, slots=True)
class HostSpec:
    """What ``vms up`` was asked for; ``extra`` are processes of the demo."""

    environment: Environment
    facility: Facility
    config: Path
    host: str
    port: int
    extra: tuple[ChildSpec, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


async def run_host(spec: HostSpec, ready: Callable[[str], None], clock: Clock | None = None) -> int:
    """Runs everything until SIGTERM or SIGINT; returns the exit code. ``ready`` gets the address once."""
    clock = clock or SystemClock()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    children = [Child(one, clock) for one in _children(spec)]
    tasks = {asyncio.create_task(child.run()): child for child in children}
    announce = asyncio.create_task(_announce(spec, ready))
    waiting = asyncio.create_task(stop.wait())
    code = 0
    try:
        done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            code = max(code, int(task.result() or 0))
            log.error("host.stopping because=%s refuses its configuration", tasks[task].spec.name)
    finally:
        announce.cancel()
        waiting.cancel()
        await _stop(children)
        await asyncio.gather(announce, waiting, *tasks, return_exceptions=True)
    return code


async def _stop(children: list[Child]) -> None:
    # The broker goes last: what the others say while they end is still stored.
    brokers = [child for child in children if child.spec.name == "nats"]
    await asyncio.gather(*(child.stop(STOP_S) for child in children if child not in brokers))
    await asyncio.gather(*(child.stop(BROKER_STOP_S) for child in brokers))


def _children(spec: HostSpec) -> list[ChildSpec]:
    environment = spec.environment
    base = dict(os.environ) | dict(spec.variables)
    children: list[ChildSpec] = []
    if environment.nats_url is None:
        own = broker.prepare(environment.data)
        children.append(ChildSpec("nats", own.argv, _plain(base) | own.env, beats=False, on_line=lambda _: None))
        addresses = own.addresses
    else:
        outside = BusAddress(environment.nats_url, environment.nats_bulk_url or environment.nats_url)
        addresses = dict.fromkeys(get_args(BusRole), outside)
    role = (sys.executable, "-m", "vms")
    data = ("--data", str(environment.data))
    # Who answers everybody's requests need not know what the cameras are asked with.
    asked_with = camera_variables(spec.facility) - _plain(base).keys()
    front = {
        name: value
        for name, value in base.items()
        if name.removesuffix(SUFFIX) not in asked_with or name.startswith("VMS_")
    }
    children.append(
        ChildSpec(
            "web",
            (*role, "web", *data, "--config", str(spec.config), "--host", spec.host, "--port", str(spec.port)),
            front | _bus(addresses["web"]),
        )
    )
    shares = recorder_shares(spec.facility)
    outbox.adopt(environment.data / "outbox", [name for name, _ in shares], "recorder*")
    # Those who read what cameras send need not know who logs in.
    others = without_web(base)
    for name, choice in shares:
        argv = (*role, "recorder", *data, "--name", name, *choice)
        children.append(ChildSpec(name, argv, others | _bus(addresses["recorder"])))
    children.append(ChildSpec("detector", (*role, "detector", *data), others | _bus(addresses["detector"])))
    # It decodes what anybody may have sent: of the cameras and the stored messages it has no secrets.
    bulk = addresses["renderer"].bulk
    little = _plain(base) | _bus(BusAddress(bulk, bulk))
    if environment.models_dir is not None:  # rules are tried out with the detector's models
        little["VMS_MODELS_DIR"] = str(environment.models_dir)
    children.append(ChildSpec("renderer", (*role, "renderer", *data), little))
    return [*children, *spec.extra]


def _bus(address: BusAddress) -> dict[str, str]:
    # Files of their names are read already, and named beside them they would be refused.
    found = {"VMS_NATS_URL": address.core, "VMS_NATS_BULK_URL": address.bulk}
    return found | dict.fromkeys((name + SUFFIX for name in found), "")


def without_web(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` for a process that is not web: who logs in, and where accounts are kept, is not its business."""
    return {
        name: value
        for name, value in env.items()
        if name.removesuffix(SUFFIX) not in _OF_WEB and not name.startswith(_GATEWAYS)
    }


def _plain(env: dict[str, str]) -> dict[str, str]:
    return {name: env[name] for name in ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH") if name in env}


def recorder_shares(facility: Facility) -> list[tuple[str, tuple[str, ...]]]:
    """Name and options of each recorder: sites whole, shared evenly by cameras.

    The last one takes every site that the others do not name, so that one which is added later is recorded.
    """
    count = sum(1 for _ in facility.cameras())
    wanted = max(1, min(len(facility.sites), -(-count // CAMERAS_A_RECORDER)))
    shares: list[list[str]] = [[] for _ in range(wanted)]
    load = [0] * wanted
    for site in sorted(facility.sites, key=lambda s: (-len(s.cameras), s.id)):
        least = load.index(min(load))
        shares[least].append(site.id)
        load[least] += len(site.cameras)
    named = [(f"recorder-{n}", ("--sites", ",".join(sorted(share)))) for n, share in enumerate(shares[:-1], 1)]
    if not named:
        return [("recorder", ())]
    others = ",".join(sorted(site for share in shares[:-1] for site in share))
    return [*named, (f"recorder-{wanted}", ("--except-sites", others))]


async def _announce(spec: HostSpec, ready: Callable[[str], None]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(_reached_at(spec.host), spec.port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        ready(dashboard_url(spec.host, spec.port))
        return


def dashboard_url(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on ``host``."""
    name = _reached_at(host)
    scheme = "https" if os.environ.get("VMS_TLS_CERT") else "http"
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


def _reached_at(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104  # compared, not bound


@contextlib.contextmanager
def sole_owner(data: Path) -> Iterator[None]:
    """Holds the data folder: two services on one would write the same cameras, alerts and database.

    Raises ``ConfigurationError`` that names the holder. The kernel lets go of it when the process ends, however.
    """
    with (data / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            file.seek(0)
            holder = file.read(20).strip() or "another process"
            raise ConfigurationError(
                f"--data {data} is in use by a running service (process {holder}); stop it or choose another folder"
            ) from err
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_data(data: Path) -> None:
    """Raises ``ConfigurationError`` when the data folder cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / ".write-test"
        probe.write_bytes(b"vms")
        probe.unlink()
    except OSError as err:
        problem = err.strerror or type(err).__name__
        raise ConfigurationError(f"--data {data} cannot be written: {problem}; make room or choose another") from err
