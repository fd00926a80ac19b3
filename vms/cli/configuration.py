"""``vms config``: check a facility file, print its schema, compare and exchange it with the database."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import click

from vms.cli.options import as_the_service, counted, data_option
from vms.domain.clock import SystemClock
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.settings import logs
from vms.settings.environment import Environment
from vms.settings.facility_file import FacilityFaults, check_environment, json_schema, load, parse, written_out


@click.group()
def config() -> None:
    """The facility file, and the configuration in the database."""


@config.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--no-env", is_flag=True, help="Do not ask for the variables that camera URLs name.")
def check(file: Path, no_env: bool) -> None:
    """Validate FILE; every fault is one line."""
    try:
        facility = load(file)
    except FacilityFaults as err:
        _tell(err, str(file))
        raise click.exceptions.Exit(2) from err
    if not no_env:
        check_environment(facility, os.environ)
    cameras = [camera for _, camera in facility.cameras()]
    rules = sum(len(camera.rules) for camera in cameras)
    found = ((len(facility.sites), "site"), (len(cameras), "camera"), (rules, "rule"))
    click.echo(f"{file}: good. {', '.join(counted(*one) for one in found)}.")
    _advise(facility)


def _advise(facility: Facility) -> None:
    if advice := written_out(facility):
        click.echo(f"vms: {advice}", err=True)


def _tell(err: FacilityFaults, name: str) -> None:
    for line in err.lines:
        click.echo(f"vms: {line}", err=True)
    if err.total > 1:
        shown = f", the first {len(err.lines)} of them above" if err.total > len(err.lines) else ""
        click.echo(f"vms: {name}: {err.total} faults{shown}", err=True)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the facility file."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@config.command("export")
@data_option
def export_command(data: Path) -> None:
    """Print the configuration in force as a facility file; what in it a check refuses by now is said."""
    from web.configuration.revisions import export_yaml
    from web.database.engine import Database

    async def work() -> str:
        database = await Database.open(existing(data))
        try:
            return await export_yaml(database)
        finally:
            await database.close()

    text = asyncio.run(work())
    click.echo(text, nl=False)
    _advise(parse(text, "exported", stored=True))
    try:
        parse(text, "exported")
    except FacilityFaults as err:  # of what was stored before such was refused
        _tell(err, "exported")
        click.echo("vms: all is written; no check or import takes it until that is redrawn or corrected", err=True)


@config.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
def import_command(file: Path, data: Path) -> None:
    """Put FILE in force as a new revision."""
    logs.configure("config", "WARNING")
    facility = load(file)
    before, revision = asyncio.run(import_file(existing(data), facility))
    click.echo(f"{file} is in force as revision {revision}{_cameras_changed(before, facility)}.")
    _advise(facility)
    try:
        check_environment(facility, os.environ)
    except ConfigurationError as err:  # the service has an environment of its own: this is no more than a hint
        click.echo(f"vms: as seen from this shell, {err}", err=True)


def _cameras_changed(before: Facility | None, after: Facility) -> str:
    old = {} if before is None else {camera.id: camera for _, camera in before.cameras()}
    new = {camera.id: camera for _, camera in after.cameras()}
    changed = sum(old[name] != camera for name, camera in new.items() if name in old)
    return f": {counted(len(new.keys() - old), 'camera')} added, {len(old.keys() - new)} taken out, {changed} changed"


@config.command("diff")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
def diff_command(file: Path, data: Path) -> None:
    """Compare FILE with the configuration in force; exit code 1 when they differ."""
    from web.configuration.revisions import diff
    from web.database.engine import Database

    facility = load(file)

    async def work() -> list[str]:
        database = await Database.open(existing(data))
        try:
            return await diff(database, facility)
        finally:
            await database.close()

    lines = asyncio.run(work())
    for line in lines:
        click.echo(line)
    raise click.exceptions.Exit(1 if lines else 0)


async def import_file(environment: Environment, facility: Facility) -> tuple[Facility | None, int]:
    """Puts ``facility`` in force in the database; what was in force before, and the new revision."""
    from web.configuration.revisions import import_facility, latest
    from web.database.engine import Database

    database = await Database.open(environment)
    try:
        before = await latest(database)
        revision = await import_facility(database, SystemClock(), facility)
        return None if before is None else before.facility, revision
    finally:
        await database.close()


def existing(data: Path) -> Environment:
    """Of a service that is there, asked as its user; ``ConfigurationError`` where there is none."""
    as_the_service(data)
    environment = Environment.read(data)
    if environment.database_url is None and not (environment.data / "vms.db").exists():
        raise ConfigurationError(f"{data} holds no database: name the service's folder with --data")
    return environment
