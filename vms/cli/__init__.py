"""The command ``vms``. Commands only: each parses, calls, prints; what it calls lives elsewhere.

Exit codes: 0 done, 1 the answer is no, 2 wrong usage or configuration (one clear line, no traceback).
"""

from __future__ import annotations

import sys

import click

from vms import __version__
from vms.cli.configuration import config
from vms.cli.doctor import doctor
from vms.cli.index import index
from vms.cli.roles import detector, recorder, web
from vms.cli.start import demo, up
from vms.cli.users import user
from vms.domain.errors import ConfigurationError, StorageError, VmsError
from vms.domain.redaction import redact

_LONGEST = 600


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vms")
def cli() -> None:
    """Records, watches and shows the cameras of quarantine sites."""


for command in (up, demo, recorder, detector, web, config, doctor, user, index):
    cli.add_command(command)


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
        click.echo(f"vms: {_one_line(err)}", err=True)
        code = 2
    except VmsError as err:
        click.echo(f"vms: {_one_line(err)}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _one_line(err: Exception) -> str:
    """The error's text, redacted, as one line of bounded length: what it quotes may hold anything."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in redact(str(err)))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
