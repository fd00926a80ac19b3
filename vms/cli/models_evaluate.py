"""``vms models evaluate``: how well a model counts over labelled footage, by the service's own path."""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vms.cli.options import data_option
from vms.cli.progress import Progress

if TYPE_CHECKING:
    from detectors.evaluation.run import Evaluation

#: Labels of fewer frames than this share of them were hardly made frame by frame; figures of fewer of the pictures that
#: lie next to labels say little.
SPARSE = 0.5
HEAD = (
    f"{'sequence':<20} {'model':<18} {'what':<8} "
    f"{'P':>5} {'R':>5} {'F1':>5} {'MAE':>5} {'bias':>6} {'ids':>4} {'ms':>6}"
)


@click.command()
@click.argument("folders", type=click.Path(path_type=Path, exists=True, file_okay=False), nargs=-1, required=True)
@click.option("--model", "names", multiple=True, default=("default",), show_default=True, help="Its name; repeatable.")
@click.option("--fps", type=click.FloatRange(0.1, 60), default=4.0, show_default=True, help="Pictures a second.")
@click.option("--confidence", type=click.FloatRange(0.01, 0.99), default=None, help="Instead of the model's own.")
@click.option(
    "--input-px",
    type=click.IntRange(64, 1920),
    default=None,
    help="The input's longer side; else as for few cameras.",
)
@click.option(
    "--labelled-only",
    is_flag=True,
    help="Frames without a label say nothing, instead of that nobody is there: for footage of which some frames are "
    "labelled. One that was looked at and is empty has a line of confidence 0.",
)
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a sequence and model, one a line.")
def evaluate(
    folders: tuple[Path, ...],
    names: tuple[str, ...],
    fps: float,
    confidence: float | None,
    input_px: int | None,
    labelled_only: bool,
    data: Path,
    as_json: bool,
) -> None:
    """The service's own path over FOLDER/video.mp4 against FOLDER/gt.txt (MOT format).

    Footage and labels of your own work the same way: a line of gt.txt is frame,id,left,top,width,height in pixels,
    frames from 1.
    """
    from detectors.evaluation.intact import sound_pictures
    from detectors.evaluation.run import NEAR_S
    from detectors.evaluation.run import evaluate as run
    from detectors.evaluation.sequence import read, refuse_later
    from detectors.inference.openvino import Runtime
    from detectors.models import choose
    from detectors.models import folders as model_folders
    from detectors.plan import input_side
    from vms.settings.environment import Environment

    if any(value is not None and math.isnan(value) for value in (fps, confidence)):
        raise click.BadParameter("a number is wanted", param_hint="--fps, --confidence")
    sequences = [read(folder) for folder in folders]  # all, before the first takes its minutes
    for sequence in sequences:
        if not labelled_only and sequence.labelled < SPARSE:
            click.echo(
                f"vms: {sequence.labelled:.0%} of the frames of {sequence.folder} have labels; the others count as "
                "empty. If they were not looked at, say --labelled-only",
                err=True,
            )
    where = model_folders(Environment.read(data))
    progress = Progress(sys.stderr, time.monotonic)
    choices = {}
    for name in names:  # before the first is scored: a name may be wrong
        with progress:
            progress.tell(f"{name}: loading")
            choices[name] = choose(
                name, where, Runtime(), confidence, input_px or input_side(1, 1), asked=input_px is not None
            )
    shown = []
    for sequence in sequences:
        with progress:
            tell = partial(_tell, progress, sequence.folder.name, "looked through")
            shown.append(sound_pictures(sequence.video, sequence.footage, tell))
        refuse_later(sequence, len(shown[-1]))
    if not as_json:
        click.echo(HEAD)
    for name, choice in choices.items():
        if choice.detail:
            click.echo(f"vms: {choice.detail}", err=True)
        for sequence, times in zip(sequences, shown, strict=True):
            with progress:
                tell = partial(_tell, progress, sequence.folder.name, name)
                done = run(sequence, times, choice.backend, fps, tell, labelled_only=labelled_only)
            near = done.tracked.pictures + done.passed_over
            if done.tracked.pictures < SPARSE * near:
                click.echo(
                    f"vms: only {done.tracked.pictures} of {near} pictures of {sequence.folder} next to a labelled "
                    f"frame are within {NEAR_S:g} s of it and were compared: ask for more a second with --fps",
                    err=True,
                )
            click.echo(json.dumps(numbers(done)) if as_json else rows(done))
    if not as_json:
        click.echo(
            f"{fps:g} pictures a second; IoU 0.5; MAE and bias in persons a picture; ids: identity switches; "
            "ms: in the model"
        )


def _tell(progress: Progress, sequence: str, what: str, share: float) -> None:
    progress.tell(f"{sequence}, {what}: {share:.0%}")


def numbers(one: Evaluation) -> dict[str, object]:
    """The figures by the names that scripts rely on; the bare model's begin with ``bare_``."""
    head = {"sequence": one.sequence, "model": one.model, "precision_type": one.precision_type, "fps": one.fps}
    alone = ("precision", "recall", "f1", "count_mae", "count_bias")
    bare = {f"bare_{key}": value for key, value in asdict(one.bare).items() if key in alone}
    figures = {"ms_per_frame": one.ms_per_frame, "persons_mean": one.persons_mean, **asdict(one.tracked), **bare}
    return head | {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def rows(one: Evaluation) -> str:
    """For people: the service's line and the bare model's."""
    lines = []
    for what, figures in (("tracked", one.tracked), ("bare", one.bare)):
        tracked = what == "tracked"
        switches = "" if figures.identity_switches is None else str(figures.identity_switches)
        lines.append(
            f"{one.sequence if tracked else '':<20.20} {one.model if tracked else '':<18.18} {what:<8} "
            f"{figures.precision:5.3f} {figures.recall:5.3f} {figures.f1:5.3f} {figures.count_mae:5.2f} "
            f"{figures.count_bias:+6.2f} {switches:>4} {f'{one.ms_per_frame:6.1f}' if tracked else '':>6}"
        )
    return "\n".join(lines)
