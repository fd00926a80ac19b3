"""The command ``vms``. Commands only: each parses, calls, prints; what it calls lives elsewhere.

Exit codes: 0 done, 1 the answer is no, 2 wrong usage or configuration (one clear line, no traceback).
"""

from __future__ import annotations

import importlib
import sys

import click

from vms import __version__
from vms.domain.errors import ConfigurationError, StorageError, VmsError
from vms.domain.redaction import one_line

#: Where each command is.
_COMMANDS = {
    "up": "vms.cli.start", "demo": "vms.cli.start", "recorder": "vms.cli.roles", "detector": "vms.cli.roles",
    "renderer": "vms.cli.roles", "web": "vms.cli.roles", "config": "vms.cli.configuration",
    "doctor": "vms.cli.doctor", "user": "vms.cli.users", "bench": "vms.cli.bench",
    "recordings": "vms.cli.recordings", "index": "vms.cli.index", "models": "vms.cli.models",
    "audit": "vms.cli.audit", "bus": "vms.cli.bus",
}  # fmt: skip


class _Commands(click.Group):
    """Loads only the command that is run: a recorder that was killed must not wait for the demo's libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vms")
def cli() -> None:
    """Records, watches and shows the cameras of quarantine sites."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits."""
    try:
        code = cli.main(arguments, prog_name="vms", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        code = 130
    except click.ClickException as err:
        err.show()
        code = 2
    except (ConfigurationError, StorageError) as err:
        click.echo(f"vms: {one_line(str(err))}", err=True)
        code = 2
    except VmsError as err:
        click.echo(f"vms: {one_line(str(err))}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
