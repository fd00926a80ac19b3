"""``vms bench``: what the service costs on this machine, beside what others would."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click


@click.group()
def bench() -> None:
    """Measure this machine."""


@bench.command()
@click.option("--cameras", type=click.IntRange(1, 500), default=40, show_default=True, help="How many cameras.")
@click.option(
    "--seconds", type=click.FloatRange(1), default=60.0, show_default=True, help="How long each side is measured."
)
@click.option("--peer/--no-peer", default=True, show_default=True, help="One ffmpeg process a camera beside it.")
@click.option(
    "--json", "path", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the figures there."
)
def record(cameras: int, seconds: float, peer: bool, path: Path | None) -> None:
    """Recording: CPU, memory and lost frames a camera, ours and ffmpeg's."""
    from vms.bench.record import measure, table

    report = measure(cameras, seconds, peer)
    click.echo(table(report))
    if path is not None:
        path.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
