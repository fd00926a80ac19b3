"""``vms doctor``: what is wrong on this machine, and what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vms.cli.options import counted, data_option
from vms.doctor import examine

_MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "problem": ("PROBLEM", "red")}


@click.command()
@click.option("--config", "config_path", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Facility file to check, with every camera in it; without: what is in force in DATA.")  # fmt: skip
@data_option
def doctor(config_path: Path | None, data: Path) -> None:
    """Check the machine, the configuration and every camera; exit code 1 when there is a problem."""
    findings = examine(config_path, data, os.environ)
    for finding in findings:
        text, colour = _MARKS[finding.level]
        click.echo(f"{click.style(text, fg=colour)}  {finding.subject}: {finding.text}")
        if finding.level != "ok" and finding.remedy:
            click.echo(f"         → {finding.remedy}")
    problems = sum(finding.level == "problem" for finding in findings)
    click.echo(f"{counted(len(findings), 'check')}, {counted(problems, 'problem')}.")
    raise click.exceptions.Exit(1 if problems else 0)
