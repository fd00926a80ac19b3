"""How right counts are, and how much of that is chance: ``python -m tests.bench.counts FOLDER…``.

A single run says little: another rate, another precision of the same model, another processor move the error by a fifth
of a person. So each labelled folder (``vms models evaluate``) is run at five rates and in both precisions; the table
has the means and, of the error, the least and the greatest. Some minutes a model.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from detectors.catalogue import CATALOGUE, Model
from detectors.evaluation.intact import sound_pictures
from detectors.evaluation.run import Evaluation, evaluate
from detectors.evaluation.sequence import read
from detectors.inference.openvino import OpenVinoBackend, Runtime
from detectors.models import find, folders
from detectors.plan import LARGE_PX
from vms.settings.environment import Environment

RATES = (3.0, 3.25, 3.5, 3.75, 4.0)
#: The inputs of few cameras and of many, where a model has both.
SIDES: dict[str, tuple[int | None, ...]] = {"yolox-nano": (LARGE_PX, 416), "yolo11n": (LARGE_PX,)}


def runs(model: Model, path: Path, side: int | None, folder: Path) -> list[Evaluation]:
    """All rates and precisions of one model on one folder."""
    adapter = model.adapter() if side is None else model.adapter().sized(side)
    labelled = read(folder)
    shown = sound_pictures(labelled.video, labelled.footage)
    first = OpenVinoBackend(model.name, path, adapter, model.confidence, model.keep, Runtime(1))
    backends = [first, *(first.variant(path, hint) for hint in first.hints if hint != first.hint)]
    return [evaluate(labelled, shown, backend, fps) for backend in backends for fps in RATES]


def row(name: str, what: str, ran: Sequence[Evaluation]) -> str:
    """One line of the table: precision, recall and F1, then the count's error with its range, and its bias."""
    figures = [one.tracked if what == "counted" else one.bare for one in ran]
    errors = [one.count_mae for one in figures]
    means = [statistics.fmean(getattr(one, key) for one in figures) for key in ("precision", "recall", "f1")]
    bias = statistics.fmean(one.count_bias for one in figures)
    shown = " / ".join(f"{mean:.2f}".lstrip("0") for mean in means)
    return (
        f"| {name} | {what} | {ran[0].sequence} | {shown} | {statistics.fmean(errors):.2f} "
        f"({min(errors):.2f} to {max(errors):.2f}) | {bias:+.2f} |"
    )


def main() -> None:
    """Arguments only."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.counts", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, default=Path())
    given = parser.parse_args()
    where = folders(Environment.read(given.data))
    print("| model, input | | sequence | P / R / F1 | error of the count | bias |\n|---|---|---|---|---|---|")
    for model in CATALOGUE:
        path = next(find(model, where), None)
        if path is None:
            continue
        for side in SIDES.get(model.name, (None,)):
            for folder in given.folders:
                ran = runs(model, path, side, folder)
                name = model.name if side is None else f"{model.name}, {side}"
                for what in ("counted", "bare"):
                    print(row(name, what, ran), flush=True)


if __name__ == "__main__":
    main()
