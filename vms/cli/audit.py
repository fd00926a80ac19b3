"""``vms audit``: whether the audit log is as it was written."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vms.cli.configuration import existing
from vms.cli.options import counted, data_option
from vms.domain.errors import ConfigurationError, StorageError
from vms.domain.redaction import one_line
from vms.settings import logs

if TYPE_CHECKING:
    from vms.settings.environment import Environment
    from web.audit.verify import Alteration, Root


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
@data_option
@click.option(
    "--roots", type=click.Path(path_type=Path, file_okay=False), default=None,
    help="Folder of day roots, as they were sent outside (vms-audit-….json).",
)  # fmt: skip
def verify(data: Path, roots: Path | None) -> None:
    """Recompute the chain of the audit log. Exit code 1: it was altered; 2: it cannot be read.

    Only with --roots is seen that entries are missing at the end, or that all was written anew from some entry on.
    """
    logs.configure("audit", "ERROR")
    known = [] if roots is None else read_roots(roots)
    whole, found = asyncio.run(_verify(existing(data), known))
    if found is not None:
        click.echo(f"entry {found.seq}: {found.what}: {found.detail}")
        click.echo(f"The audit log was altered; {whole} {_entries(whole)} before that fit.")
        raise click.exceptions.Exit(1)
    click.echo(f"The audit log is whole: {whole} {_entries(whole)}, {counted(len(known), 'day root')}.")
    if not known:
        click.echo("Whether its end is missing only day roots from outside say: name their folder with --roots.")


def _entries(number: int) -> str:
    return "entry" if number == 1 else "entries"


def read_roots(folder: Path) -> list[Root]:
    """The day roots in ``folder``; ``ConfigurationError`` where there is none, or one that is none."""
    from web.audit.verify import Root

    files = sorted(folder.glob("vms-audit-*.json")) if folder.is_dir() else []
    if not files:
        raise ConfigurationError(f"{folder} holds no day roots (vms-audit-….json)")
    roots = []
    for file in files:
        try:
            plain = json.loads(file.read_bytes())
            root = Root(str(plain["day"]), int(plain["seq"]), str(plain["hash"]))
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise ConfigurationError(f"{file} is no day root: {type(err).__name__}") from err
        roots.append(root)
    return roots


async def _verify(environment: Environment, roots: list[Root]) -> tuple[int, Alteration | None]:
    from web.audit.verify import check
    from web.database.failures import ANY, first_line
    from web.database.reading import looked_at

    try:
        async with looked_at(environment) as connection:
            return await check(connection, roots)
    except ANY as err:
        raise StorageError(f"the database cannot be read: {one_line(first_line(err))}") from err
