"""``vms up`` and ``vms demo``: everything on this host."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from vms.cli.configuration import import_file
from vms.cli.options import address_options, config_option, counted, data_option
from vms.demo.people import settle
from vms.settings import logs
from vms.settings.environment import Environment
from vms.settings.facility_file import check_environment, load, load_for_start
from vms.settings.private import keep_private
from vms.supervisor.demo import cameras_child, prepare_demo
from vms.supervisor.host import HostSpec, check_data, dashboard_url, run_host, sole_owner, without_web


def _say(text: str) -> None:
    click.echo(f"vms: {text}")
    sys.stdout.flush()


def _run(spec: HostSpec, opening: str) -> None:
    code = asyncio.run(run_host(spec, lambda url: _say(f"{opening} {url}   (Ctrl-C stops everything)")))
    if code:
        raise click.exceptions.Exit(code)


@click.command()
@config_option
@data_option
@address_options
def up(config_path: Path, data: Path, host: str, port: int) -> None:
    """Run everything on this host, from real cameras."""
    logs.configure("supervisor")
    keep_private()
    facility = load_for_start(config_path, data)
    check_environment(facility, os.environ)
    _check_port(host, port)
    check_given(os.environ)
    check_data(data)  # last, because it makes the folder
    with sole_owner(data):
        spec = HostSpec(Environment.read(data), facility, config_path.absolute(), host, port)
        _run(spec, f"{facility.facility.name}: dashboard at")


@click.command()
@click.option("--cameras", type=click.IntRange(1, 500), default=8, show_default=True, help="How many cameras.")
@click.option("--sites", type=click.IntRange(1, 14), default=None, help="Spread over so many sites.")
@click.option("--video", "videos", type=click.Path(path_type=Path), multiple=True, help="Your own footage; repeatable.")
@click.option("--h265", type=click.IntRange(0), default=0, help="The last so many cameras send H.265.")
@click.argument("more_videos", nargs=-1, type=click.Path(path_type=Path))
@data_option
@address_options
def demo(
    cameras: int,
    sites: int | None,
    videos: tuple[Path, ...],
    h265: int,
    more_videos: tuple[Path, ...],
    data: Path,
    host: str,
    port: int,
) -> None:
    """Run everything on this host, from simulated cameras.

    Footage: --video FILE (further files may follow it), else the folder in VMS_DEMO_FOOTAGE, else drawn scenes.
    """
    logs.configure("supervisor")
    keep_private()
    if more_videos and not videos:
        raise click.UsageError(f"unexpected argument '{more_videos[0]}'; footage is named by --video FILE")
    data = data.absolute()
    _check_port(host, port)
    check_given(os.environ)
    check_data(data)
    environment = Environment.read(data)
    chosen = tuple(video.absolute() for video in (*videos, *more_videos))
    with sole_owner(data):
        made = prepare_demo(cameras, sites, chosen, environment.demo_footage, h265, data)
        facility = load(made.facility)
        if made.changed:  # other cameras than last time; else what was changed since stays in force
            asyncio.run(import_file(environment, facility))
        settle(environment, facility)
        env = without_web(os.environ) | dict(made.variables)
        child = cameras_child(cameras, sites, chosen, h265, data, made, env, _say, dashboard_url(host, port))
        spec = HostSpec(environment, facility, made.facility, host, port, (child,), made.variables)
        _run(spec, f"{counted(cameras, 'simulated camera')}; dashboard at")


def check_given(env: Mapping[str, str]) -> None:
    """What only the role web reads of the environment: better refused now than by a role in ten seconds."""
    from web.accounts.users import given_password
    from web.audit.outside import channels
    from web.channels.gateways import Ways
    from web.tls import Pair, attempt

    given_password(env)
    channels(env)
    Ways.of(env)
    if (pair := Pair.of(env)) is not None:
        attempt(pair)


def _check_port(host: str, port: int) -> None:
    from web.process import listen  # the same words as the role itself would use, before anything is started

    listen(host, port).close()
