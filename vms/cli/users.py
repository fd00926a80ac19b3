"""``vms user``: accounts from the command line, for the first day and for the day the password is lost."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from vms.cli.configuration import _existing
from vms.cli.options import data_option
from vms.domain.clock import SystemClock
from vms.settings import logs

#: ``web.accounts.roles`` says what each may do; a test holds the two together.
ROLES = ("admin", "supervisor", "records", "duty", "site_lead", "viewer")
PASSWORD_VARIABLE = "VMS_PASSWORD"  # noqa: S105  # a name, no secret


@click.group()
def user() -> None:
    """Accounts of the dashboard. The password is asked for, or read from VMS_PASSWORD; never an argument."""


def _password() -> str:
    return os.environ.get(PASSWORD_VARIABLE) or str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--sites", help="Ids, with commas; without it: every site.")
@data_option
def add(name: str, role: str, sites: str | None, data: Path) -> None:
    """Add the account NAME."""
    from web.accounts.users import add_user, check_rights
    from web.database.engine import Database

    logs.configure("user", "WARNING")
    within = None if sites is None else [one.strip() for one in sites.split(",")]
    check_rights(role, within)  # before a password is asked for
    password = _password()

    async def work() -> None:
        database = await Database.open(_existing(data))
        try:
            await add_user(database, SystemClock(), name, password, role, within)
        finally:
            await database.close()

    asyncio.run(work())
    click.echo(f"{name} may sign in as {role}, for {'every site' if within is None else ', '.join(within)}.")


@user.command()
@click.argument("name")
@data_option
def passwd(name: str, data: Path) -> None:
    """Set the password of NAME; its sessions end."""
    from web.accounts.users import set_password
    from web.database.engine import Database

    logs.configure("user", "WARNING")
    password = _password()

    async def work() -> None:
        database = await Database.open(_existing(data))
        try:
            await set_password(database, name, password)
        finally:
            await database.close()

    asyncio.run(work())
    click.echo(f"The password of {name} is set.")
