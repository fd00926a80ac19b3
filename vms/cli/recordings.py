"""``vms recordings``: which disk they are on."""

from __future__ import annotations

import re
from pathlib import Path

import click

from vms.cli.options import as_the_service, data_option
from vms.domain.errors import ConfigurationError
from vms.domain.facility import ID_PATTERN
from vms.settings import logs


@click.group()
def recordings() -> None:
    """The recordings of a data folder."""


@recordings.command()
@data_option
@click.option("--site", default="", metavar="ID", help="of this site alone: what is now at DIR/recordings/ID")
def adopt(data: Path, site: str) -> None:
    """Record on what is now at DIR/recordings, in place of the disk that was there before.

    A running service takes it up within a second; that a site has no disk of its own any more at its next start.
    """
    from recorder.retention.mount import adopt as take

    logs.configure("recordings", "WARNING")
    as_the_service(data)
    if not (data / "state").is_dir():
        raise ConfigurationError(f"{data} was never recorded to: name the service's folder with --data")
    place = data / "recordings" / site
    if site and not (re.fullmatch(ID_PATTERN, site) and place.is_dir()):
        raise ConfigurationError(f"{place}: no folder of a site; mount the site's disk there, or make the folder")
    disk = take(data.absolute(), site)
    where = "a disk of its own" if disk.separate else f"the disk of {place.parent}"
    click.echo(f"Recordings are on {place} now: {where}.")
