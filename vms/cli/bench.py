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


@bench.command()
@click.option("--cameras", type=click.IntRange(1, 500), default=30, show_default=True, help="Idle cameras.")
@click.option("--active", type=click.IntRange(1, 100), default=6, show_default=True, help="Cameras where persons move.")
@click.option(
    "--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long each kind is measured."
)
@click.option(
    "--video", "videos", type=click.Path(path_type=Path), multiple=True,
    help="Footage in which persons come and go, for the alerts; else VMS_DEMO_FOOTAGE.",
)  # fmt: skip
@click.option("--model", default="default", show_default=True, help="As detector.model in the facility file.")
@click.option(
    "--json", "path", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the figures there."
)
def detect(cameras: int, active: int, seconds: float, videos: tuple[Path, ...], model: str, path: Path | None) -> None:
    """Detection: pictures/s beside the bare model, CPU a camera idle and active, picture -> alert."""
    from vms.bench.detect import as_json, measure, table

    report = measure(cameras, active, seconds, videos, model)
    click.echo(table(report))
    if path is not None:
        path.write_text(as_json(report) + "\n", encoding="utf-8")


@bench.command()
@click.option(
    "--clients", type=click.IntRange(1, 700), multiple=True, default=(1, 50, 500), show_default=True,
    help="How many websockets; may be given several times.",
)  # fmt: skip
@click.option("--rate", type=click.FloatRange(0.1, 500), default=10.0, show_default=True, help="Alerts a second.")
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long for each number.")
@click.option("--peer/--no-peer", default=True, show_default=True, help="A bare relay of plain NATS beside it.")
@click.option(
    "--cameras",
    type=click.IntRange(0, 100),
    default=4,
    show_default=True,
    help="Drawn cameras, from scene to websocket.",
)
@click.option("--scene-seconds", type=click.FloatRange(10), default=72.0, show_default=True, help="How long they show.")
@click.option("--model", default="default", show_default=True, help="As detector.model in the facility file.")
@click.option(
    "--json", "path", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Write the figures there."
)
def alerts(
    clients: tuple[int, ...], rate: float, seconds: float, peer: bool, cameras: int, scene_seconds: float, model: str,
    path: Path | None,
) -> None:  # fmt: skip
    """Alerts: sample -> websocket and scene -> websocket, with one client and many."""
    from vms.bench.alerts import measure, table

    report = measure(clients, rate, seconds, peer, cameras, scene_seconds, model)
    click.echo(table(report))
    if path is not None:
        path.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
