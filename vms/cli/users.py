"""``vms user``: accounts from the command line, for the first day and for the day the password is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vms.cli.configuration import existing
from vms.cli.options import data_option
from vms.domain.clock import SystemClock, from_epoch
from vms.settings import logs
from vms.settings.secrets import secret

if TYPE_CHECKING:
    from web.database.engine import Database

T = TypeVar("T")

#: ``web.accounts.roles`` says what each may do; a test holds the two together.
ROLES = ("admin", "supervisor", "records", "duty", "site_lead", "viewer")
PASSWORD_VARIABLE = "VMS_PASSWORD"  # noqa: S105  # a name, no secret


@click.group()
def user() -> None:
    """Accounts of the dashboard.

    The password is asked for, or read from VMS_PASSWORD or the file that VMS_PASSWORD_FILE names; never an argument.
    """


def _password() -> str:
    if given := secret(os.environ, PASSWORD_VARIABLE):
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _with_database(data: Path, work: Callable[[Database], Awaitable[T]]) -> T:
    from web.database.engine import Database

    async def run() -> T:
        database = await Database.open(existing(data))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--sites", help="Ids, with commas; without it: every site.")
@data_option
def add(name: str, role: str, sites: str | None, data: Path) -> None:
    """Add the account NAME."""
    from web.accounts.users import add_user, check_rights
    from web.configuration.revisions import latest

    logs.configure("user", "WARNING")
    within = None if sites is None else [one.strip() for one in sites.split(",")]
    check_rights(role, within)  # before a password is asked for
    password = _password()

    async def work(database: Database) -> set[str]:
        await add_user(database, SystemClock(), name, password, role, within)
        configured = await latest(database)
        return set(within or ()) - {site.id for site in (configured.facility.sites if configured else ())}

    for site in sorted(_with_database(data, work)):
        click.echo(f"vms: there is no site '{site}' in the configuration in force", err=True)
    click.echo(f"{name} may sign in as {role}, for {'every site' if within is None else ', '.join(within)}.")


@user.command()
@click.argument("name")
@data_option
def passwd(name: str, data: Path) -> None:
    """Set the password of NAME; its sessions and tokens end."""
    from web.accounts.users import set_password

    logs.configure("user", "WARNING")
    password = _password()
    _with_database(data, lambda database: set_password(database, name, password))
    click.echo(f"The password of {name} is set.")


@user.command()
@click.argument("name")
@data_option
def disable(name: str, data: Path) -> None:
    """Let NAME sign in no more; its sessions and tokens end."""
    _enable(name, data, enabled=False)
    click.echo(f"{name} may not sign in.")


@user.command()
@click.argument("name")
@data_option
def enable(name: str, data: Path) -> None:
    """Let NAME sign in again, with the password as it was."""
    _enable(name, data, enabled=True)
    click.echo(f"{name} may sign in.")


def _enable(name: str, data: Path, *, enabled: bool) -> None:
    from web.accounts.users import alter_named

    logs.configure("user", "WARNING")
    _with_database(data, lambda database: alter_named(database, name, {"enabled": enabled}))


@user.command("list")
@data_option
def list_command(data: Path) -> None:
    """Print who may sign in, as what, and when they were last seen."""
    from web.accounts.users import listed

    async def work(database: Database) -> list[dict[str, Any]]:
        async with database.read() as connection:
            return await listed(connection, from_epoch(SystemClock().utc()))

    logs.configure("user", "WARNING")
    rows = [("NAME", "ROLE", "STATE", "LAST SEEN", "SESSIONS", "TOKENS", "SITES")]
    for one in _with_database(data, work):
        state, seen = "enabled" if one["enabled"] else "disabled", one["last_seen_at"] or "never"
        sites = "all" if one["sites"] is None else ",".join(one["sites"])
        rows.append((one["username"], one["role"], state, seen, str(one["sessions"]), str(one["tokens"]), sites))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())
