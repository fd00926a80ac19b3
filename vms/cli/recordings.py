"""``vms recordings``: which disk they are on."""

from __future__ import annotations

from pathlib import Path

import click

from vms.cli.options import as_the_service, data_option
from vms.domain.errors import ConfigurationError
from vms.settings import logs


@click.group()
def recordings() -> None:
    """The recordings of a data folder."""


@recordings.command()
@data_option
def adopt(data: Path) -> None:
    """Record on what is now at DIR/recordings, in place of the disk that was there before.

    A running service takes it up within a second.
    """
    from recorder.retention.mount import adopt as take

    logs.configure("recordings", "WARNING")
    as_the_service(data)
    if not (data / "state").is_dir():
        raise ConfigurationError(f"{data} was never recorded to: name the service's folder with --data")
    disk = take(data.absolute())
    where = "a disk of its own" if disk.separate else f"the disk of {data}"
    click.echo(f"Recordings are on {data / 'recordings'} now: {where}.")
