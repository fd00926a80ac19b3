"""``vms models``: the person models, which of them are here, and getting one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from vms.cli.models_evaluate import evaluate
from vms.cli.models_fetch import fetch
from vms.cli.options import data_option
from vms.settings.environment import Environment


@click.group()
def models() -> None:
    """Person models: what they are, where they are, how well they count."""


models.add_command(fetch)
models.add_command(evaluate)


@models.command("list")
@data_option
def list_(data: Path) -> None:
    """Every model that the service knows, and whether it is here.

    The figures were measured on public sequences, which are not your cameras: docs/models.md says how to measure
    with your own footage.
    """
    from detectors.catalogue import CATALOGUE
    from detectors.models import find, find_own, folders

    where = folders(Environment.read(data, os.environ))
    for model in CATALOGUE:
        here = next(find(model, where), None)
        got = model.source.comes or f"vms models fetch {model.name}"
        click.echo(f"{click.style(model.name, bold=True)}  {model.title}, {model.licence}")
        click.echo(f"  {here if here is not None else f'not here: {got}'}")
        for one in model.figures:
            click.echo(
                f"  {one.sequence}: precision {one.precision:.2f}, recall {one.recall:.2f}, F1 {one.f1:.2f}, "
                f"count off by {one.count_mae:.2f}"
            )
        if model.cost:
            click.echo(f"  {model.cost} a picture on one core")
    for path in find_own(where):
        click.echo(f"{click.style(path.stem, bold=True)}  Ultralytics weights, which the extra 'yolo' runs")
        click.echo(f"  {path}")
    click.echo(f"{click.style('motion', bold=True)}  no model: counts what moves; taken when nothing else runs")
    click.echo(f"Looked in {', '.join(map(str, where))}.")
