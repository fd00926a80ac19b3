"""What several commands share: options, and how they count."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from vms.domain.errors import ConfigurationError
from vms.domain.facility import ID_PATTERN

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_PORT = 8000


def counted(number: int, noun: str) -> str:
    """ "1 camera", "2 cameras"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def data_option(command: Command) -> Command:
    """``--data DIR``."""
    return click.option(
        "--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"), show_default=True,
        help="Folder of everything that the service keeps.",
    )(command)  # fmt: skip


def as_the_service(data: Path) -> None:
    """Refuses to write into ``data`` as another user than the service does: it could not read or remove that."""
    # The folder itself may have been given by somebody; what is in it the service made.
    number = next((one for one in map(_owner, (data / "state", data)) if one is not None), None)
    if number is None or number == os.geteuid():
        return
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = f"#{number}"
    command = click.get_current_context().command_path
    raise ConfigurationError(
        f"{data} is kept by the user {name}, who could not use what another one writes there: "
        f"run it as sudo -u {shlex.quote(name)} {command} --data {shlex.quote(str(data))}"
    )


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def sites_option(command: Command) -> Command:
    """``--sites a,b``."""
    return click.option("--sites", default=None, metavar="ID,ID…", help="Only these sites; all without it.")(command)


def address_options(command: Command) -> Command:
    """``--host`` and ``--port``."""
    command = click.option(
        "--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True, help="Port of the dashboard."
    )(command)
    return click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")(command)


def config_option(command: Command) -> Command:
    """``--config FILE``, required."""
    return click.option(
        "--config", "config_path", type=click.Path(path_type=Path, dir_okay=False), required=True,
        help="Facility file (YAML).",
    )(command)  # fmt: skip


class AllBut:
    """Every site that is not named: also those that are added later."""

    def __init__(self, sites: frozenset[str]) -> None:
        self._sites = sites

    def __contains__(self, site: object) -> bool:
        return site not in self._sites


def parse_sites(value: str | None) -> frozenset[str] | None:
    """The ids in ``value``; None for all."""
    if value is None:
        return None
    sites = frozenset(part.strip() for part in value.split(",") if part.strip())
    if bad := next((site for site in sorted(sites) if not re.fullmatch(ID_PATTERN, site)), None):
        raise click.BadParameter(f"{bad!r} is no id of a site", param_hint="--sites")
    if not sites:
        raise click.BadParameter("name at least one site, or leave the option out", param_hint="--sites")
    return sites
