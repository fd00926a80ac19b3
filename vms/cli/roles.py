"""``vms recorder | detector | renderer | web``: one role in this process, for compose and the supervisor."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import uvloop

from vms.bus.connection import BusAddress
from vms.cli.options import AllBut, address_options, data_option, parse_sites, sites_option
from vms.domain.errors import ConfigurationError
from vms.domain.facility import ID_PATTERN
from vms.settings import logs
from vms.settings.environment import Environment
from vms.settings.liveness import beat
from vms.settings.private import keep_private

#: What a process that tries rules out is told of this one's environment.
TRYOUT_VARIABLES = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "VMS_MODELS_DIR")

Role = Callable[[Environment, BusAddress, asyncio.Event], Awaitable[None]]


def run_role(name: str, data: Path, role: Role) -> None:
    """Runs ``role`` until SIGTERM or SIGINT; raises ``ConfigurationError`` when no bus is named."""
    logs.configure(name)
    keep_private()
    environment = Environment.read(data)
    if environment.nats_url is None:
        raise ConfigurationError("VMS_NATS_URL is not set: name the bus, or use 'vms up', which starts one")
    address = BusAddress(environment.nats_url, environment.nats_bulk_url or environment.nats_url)

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        heart = asyncio.create_task(beat())
        try:
            await role(environment, address, stop)
        finally:
            heart.cancel()

    uvloop.run(main())


@click.command()
@data_option
@sites_option
@click.option("--except-sites", default=None, metavar="ID,ID…", help="All sites but these.")
@click.option("--name", default="recorder", show_default=True, help="Tells several recorders of one folder apart.")
def recorder(data: Path, sites: str | None, except_sites: str | None, name: str) -> None:
    """Record the cameras (bus named by VMS_NATS_URL)."""
    from recorder import process

    if not re.fullmatch(ID_PATTERN, name):
        raise click.BadParameter(f"{name!r}: lower-case letters, digits and '-'", param_hint="--name")
    if sites is not None and except_sites is not None:
        raise click.UsageError("--sites and --except-sites exclude each other")
    others = parse_sites(except_sites)
    chosen = parse_sites(sites) if others is None else AllBut(others)
    run_role(name, data, lambda environment, address, stop: process.run(environment, address, chosen, stop, name=name))


@click.command()
@data_option
@sites_option
def detector(data: Path, sites: str | None) -> None:
    """Count persons and apply the rules (bus named by VMS_NATS_URL)."""
    from detectors import process

    chosen = parse_sites(sites)
    run_role("detector", data, lambda environment, address, stop: process.run(environment, address, chosen, stop))


@click.command()
@data_option
@sites_option
def renderer(data: Path, sites: str | None) -> None:
    """Make pictures of the recordings (bus named by VMS_NATS_URL)."""
    from recorder.render import process
    from recorder.render.attempt import Program

    chosen, jobs = parse_sites(sites), process.jobs_of_this_host()
    process.give_way(jobs)
    # It decodes what anybody may have sent, and gets no secret: neither the bus nor what else this role may know.
    env = {name: os.environ[name] for name in TRYOUT_VARIABLES if name in os.environ}
    tryout = Program((sys.executable, "-m", "detectors.tryout", str(data.absolute())), env)
    run_role(
        "renderer", data,
        lambda environment, address, stop: process.run(environment, address, chosen, stop, jobs, tryout),
    )  # fmt: skip


@click.command()
@data_option
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Facility file that seeds an empty database.")  # fmt: skip
@address_options
def web(data: Path, config_path: Path | None, host: str, port: int) -> None:
    """Serve the API and the dashboard (bus named by VMS_NATS_URL)."""
    from vms.settings.facility_file import load_for_start
    from web import process

    seed = load_for_start(config_path, data) if config_path is not None else None
    run_role("web", data, lambda environment, address, stop: process.run(environment, address, seed, host, port, stop))
