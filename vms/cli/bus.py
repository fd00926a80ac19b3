"""``vms bus``: the message server, where roles run apart and ``vms up`` starts none."""

from __future__ import annotations

from pathlib import Path

import click

from vms.supervisor.broker import write_outside


@click.group()
def bus() -> None:
    """The message server of roles that run apart."""


@bus.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--listen", default="0.0.0.0", show_default=True, help="The server's address.")  # noqa: S104  # it says so
@click.option("--host", default="nats", show_default=True, help="What the roles call the server's host.")
@click.option("--port", type=click.IntRange(1, 65535), default=4222, show_default=True)
@click.option("--store", type=click.Path(path_type=Path), default=Path("/data/jetstream"), show_default=True,
              help="The server's own folder, on its host.")  # fmt: skip
def config(folder: Path, listen: str, host: str, port: int, store: Path) -> None:
    """Write nats.conf and the roles' addresses into FOLDER.

    nats.conf is for the server alone; of the others each role gets its own: ROLE-core.url as VMS_NATS_URL_FILE and
    ROLE-bulk.url as VMS_NATS_BULK_URL_FILE (the renderer, which has one user, that as VMS_NATS_URL_FILE).
    """
    for path in write_outside(folder.absolute(), listen, host, port, store):
        click.echo(f"{path}")
