"""The fastest way to run a model on this very CPU: which file of it, which precision, which batches. Measured, kept.

bf16, f32 and integers are each the fastest somewhere: bf16 by half where the CPU multiplies it, integers elsewhere, and
the same int8 graph differs twofold between two generations of one maker. So every file of a model is timed in every
precision that the CPU has, in turns, because a busy machine slows whoever runs at that moment. The result is kept
under ``DATA/cache`` for the same CPU, files, OpenVINO and number of threads.

Timing is done while the analysis already runs in the precision that is likely the best: a start waits for nothing.
Not here: which model is taken (``detectors.models``), who runs it meanwhile (``detectors.model_choice``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import openvino as ov

from detectors.inference.backend import Picture
from detectors.inference.openvino import BATCHES, USUAL, ModelBroken, OpenVinoBackend, Runtime
from vms.domain.clock import Clock, SystemClock
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: Seconds of timing: for files and precisions, and for sizes of batch; on a slow machine at least so many rounds.
PRECISION_S, BATCH_S = 0.8, 0.7
LEAST_ROUNDS = 3
#: What is faster by less than this is taken for as fast; the likely one stays.
MARGIN = 0.03
MOST_KEPT = 64
FILE = "precision.json"

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What won: a file, the precision of its floats, ``ms`` of one picture alone, the batches that are worth it."""

    path: Path
    hint: str
    ms: float
    counts: tuple[int, ...]


def recall(paths: Sequence[Path], runtime: Runtime, side: int | None) -> Verdict | None:
    """What was found for these files on this CPU before; None where nothing was, or it cannot be read any more."""
    if runtime.cache is None:
        return None
    digests = _digests(paths)
    try:
        kept = _load(runtime.cache / FILE).get(_key(digests.values(), runtime, side))
    except OSError:
        return None
    if not isinstance(kept, dict):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        path = next((path for path, digest in digests.items() if digest == kept["file"]), None)
        counts = tuple(int(count) for count in kept["counts"])
        if path is not None and set(counts) <= set(BATCHES) and float(kept["ms"]) > 0:
            return Verdict(path, str(kept["hint"]), float(kept["ms"]), counts)
    return None


def fastest(
    backend: OpenVinoBackend,
    rivals: Sequence[Path],
    side: int | None,
    clock: Clock | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> OpenVinoBackend:
    """Times ``rivals`` (files of the model of ``backend``) in each precision: the winner, warm, and kept for next time.

    Takes about ``PRECISION_S + BATCH_S`` and the time to compile; the backend in use is not run meanwhile by this.
    It is asked between the steps whether that is still ``wanted``; if not, ``backend`` itself comes back.
    """
    clock = clock or SystemClock()
    digests = _digests([backend.path, *rivals])
    distinct = {digest: path for path, digest in reversed(digests.items())}.values()
    ways = [(path, hint) for path in distinct for hint in backend.hints]
    likely = (backend.path, backend.hint)
    tried: dict[tuple[Path, str], OpenVinoBackend] = {}
    for path, hint in ways:
        if not wanted():
            return backend
        try:
            tried[path, hint] = backend.variant(path, hint)
        except ModelBroken as err:
            log.warning("model.left_out model=%s file=%s precision=%s error=%s", backend.model, path, hint, err)
    ms = timed({way: partial(one.detect, pictures(1)) for way, one in tried.items()}, PRECISION_S, clock)
    if not ms or not wanted():
        return backend
    best = min(ms, key=lambda way: ms[way] * (1 - MARGIN if way == likely else 1))
    winner = tried.pop(best)
    tried.clear()
    winner.warm()
    if not wanted():
        return backend
    counts = _worthwhile(winner, clock)
    winner.measured(ms[best], counts)
    log.info("model.measured model=%s file=%s precision=%s ms=%.1f batches=%s of=%s",
             winner.model, best[0].name, winner.precision, ms[best], ",".join(map(str, counts)),
             " ".join(f"{path.parent.name}/{path.name}:{hint}:{one:.1f}" for (path, hint), one in ms.items()),
             )  # fmt: skip
    _keep(Verdict(best[0], best[1], ms[best], counts), digests, backend.runtime, side)
    return winner


def timed(trials: Mapping[K, Callable[[], object]], seconds: float, clock: Clock) -> dict[K, float]:
    """Milliseconds of each trial, the least of rounds in which all take turns; at least ``LEAST_ROUNDS``.

    The least, because what else runs on the machine only ever adds. A trial that raises ``RuntimeError`` is left out.
    """
    took: dict[K, list[float]] = {key: [] for key in trials}
    until = clock.monotonic() + seconds
    rounds = 0
    while took:
        rounds += 1
        for key in list(took):
            begun = clock.monotonic()
            try:
                trials[key]()
            except RuntimeError as err:
                log.warning("model.left_out trial=%s error=%s", key, err)
                del took[key]
            else:
                took[key].append(clock.monotonic() - begun)
        if rounds >= LEAST_ROUNDS and clock.monotonic() >= until:
            break
    return {key: 1000 * min(times) for key, times in took.items()}


def pictures(count: int) -> list[Picture]:
    """Noise in the usual size: nothing is found in it, and no value is a special one."""
    noise = np.random.default_rng(0).integers(0, 256, (USUAL[1], USUAL[0], 3), np.uint8)
    return [Picture(str(number), noise) for number in range(count)]


def _worthwhile(backend: OpenVinoBackend, clock: Clock) -> tuple[int, ...]:
    """The sizes of batch that are faster a picture than the smaller ones."""
    sizes = [count for count in BATCHES if count <= backend.max_batch]
    ms = timed({count: partial(backend.detect, pictures(count)) for count in sizes}, BATCH_S, clock)
    chosen: list[int] = []
    for count in sorted(ms):
        if not chosen or ms[count] / count < (1 - MARGIN) * ms[chosen[-1]] / chosen[-1]:
            chosen.append(count)
    return tuple(chosen)


def _keep(verdict: Verdict, digests: Mapping[Path, str], runtime: Runtime, side: int | None) -> None:
    if runtime.cache is None:
        return
    file = runtime.cache / FILE
    entry = {"file": digests[verdict.path], "hint": verdict.hint, "ms": verdict.ms, "counts": verdict.counts}
    key = _key(digests.values(), runtime, side)
    try:
        kept = {**{old: one for old, one in _load(file).items() if old != key}, key: entry}
        newest = dict(list(kept.items())[-MOST_KEPT:])
        write_whole(file, json.dumps(newest, indent=1).encode(), synced=False)
    except OSError as err:
        log.warning("precision.unkept file=%s error=%s", file, err)


def _load(file: Path) -> dict[str, object]:
    try:
        kept = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        log.warning("precision.unreadable file=%s it is measured again", file)
        return {}
    return kept if isinstance(kept, dict) else {}


def _key(digests: Iterable[str], runtime: Runtime, side: int | None) -> str:
    facts = [_cpu(), ov.get_version(), runtime.threads, side, sorted(set(digests))]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _cpu() -> str:
    """Name and abilities: a virtual machine's name alone says little."""
    name = str(ov.Core().get_property("CPU", "FULL_DEVICE_NAME"))
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("flags"):
                return f"{name} {line}"
    return name


def _digests(paths: Iterable[Path]) -> dict[Path, str]:
    """Of each path that can be read, once; what is gone, or lacks its weights, is left out."""
    digests: dict[Path, str] = {}
    for path in dict.fromkeys(paths):
        with contextlib.suppress(OSError):
            digests[path] = _digest(path)
    return digests


def _digest(path: Path) -> str:
    """SHA-256 of a model's file; of both where its weights stand beside it. Raises ``OSError``."""
    digest = hashlib.sha256()
    for file in (path, path.with_suffix(".bin")) if path.suffix == ".xml" else (path,):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
