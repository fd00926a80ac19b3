"""The process of one try-out: ``python -m detectors.tryout DATA``, ``DATA`` for its folder ``models``.

It decodes what anybody may have sent: a crash is its own, its memory is bounded, and it never outlives who started it.
One line of JSON comes in on standard input, which then stays open for as long as the result is wanted.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import av
from pydantic import ValidationError

from detectors.analysis import Analysis
from detectors.inference.openvino import Runtime
from detectors.looker import Looker
from detectors.models import DEFAULT, Choice, choose, folders
from detectors.sampling.policy import Rates
from detectors.tryout.alerts import Alerts
from detectors.tryout.rerun import Rerun
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera, Streams
from vms.domain.model import STORED
from vms.domain.tryouts import MOST_FIRED, Failure, Fired, Job, Word
from vms.settings import logs
from vms.settings.environment import Environment

log = logging.getLogger(__name__)

#: Below the renderer's pictures, which somebody waits for.
NICER = 2
#: Seconds of the processor without a word: it hangs in a decoder, and SIGPROF ends it. A busy host makes none of it.
HANGS_S = 30.0
#: Address space (bytes) for pictures and decoders, beyond what libraries and model have taken when decoding begins.
SPACE = 2 << 30
#: How often it says how far it is (seconds).
WORD_EVERY_S = 0.5
_PR_SET_PDEATHSIG = 1


def main(data: Path) -> int:
    """Works one job off; the exit code is 0 when the last word was said."""
    say = _Voice(_own_output())
    logs.configure("tryout")
    _end_with_parent()
    av.logging.set_level(None)  # libav's log callback into Python can deadlock
    try:
        job = Job.model_validate_json(sys.stdin.buffer.readline())
    except ValidationError as err:
        log.error("tryout.refused error=%s", err.errors()[0]["msg"])
        return 2
    threading.Thread(target=_end_at_eof, name="parent", daemon=True).start()
    say(Word())
    os.nice(NICER)
    _bound_memory(None)  # the renderer's bound is not meant for a model
    choice = _model(job, Environment.read(data))
    _bound_memory(SPACE)
    begun = time.monotonic()
    rerun = Rerun(choice.backend, Looker(_analysis(job), _rates(job)), job.keys_only)
    say.guard()
    failure = _work(job, rerun, say)
    account = rerun.account
    log.info(
        "tryout.looked camera=%s seconds=%.0f lost=%.0f took_s=%.1f looks=%d inferences=%d",
        job.camera, account.looked_s, account.lost_s, time.monotonic() - begun, account.looks, account.inferences,
    )  # fmt: skip
    say(Word(looked_s=account.looked_s, lost_s=account.lost_s, over=True, failure=failure))
    return 0


class _Voice:
    """Says words, and remembers when the last one was said; one that falls silent over its pictures ends."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._guarded = False
        self.said_at = float("-inf")

    def guard(self) -> None:
        """From now on it ends when it works for ``HANGS_S`` without a word. Loading a model may take longer."""
        self._guarded = True
        signal.setitimer(signal.ITIMER_PROF, HANGS_S)

    def __call__(self, word: Word) -> None:
        self._out.write(word.model_dump_json(exclude_defaults=True).encode() + b"\n")
        self._out.flush()
        self.said_at = time.monotonic()
        if self._guarded:
            self.guard()


def _work(job: Job, rerun: Rerun, say: _Voice) -> Failure | None:
    alerts = Alerts()
    account = rerun.account
    model = rerun.backend.model

    def state(stretch: int, number: int | None = None, fired: Fired | None = None) -> Word:
        return Word(
            model=model, stretch=stretch, looked_s=account.looked_s, lost_s=account.lost_s, number=number, fired=fired
        )

    last = 0
    for last, stretch in enumerate(job.stretches):
        say(state(last))
        for events in rerun.over(stretch):
            for number, fired in alerts.take(events):
                say(state(last, number, fired))
            if len(alerts) >= MOST_FIRED:
                return "too_often"
            if time.monotonic() - say.said_at > WORD_EVERY_S:
                say(state(last))
    for number, fired in alerts.still_open(rerun.looker.analysis.rules.open_alerts):
        say(state(last, number, fired))
    return account.cause if account.looked_s <= 0 else None


def _analysis(job: Job) -> Analysis:
    camera = Camera.model_validate(
        {"id": job.camera, "name": job.camera, "placement": "corridor",  # rules ask for neither
         "streams": Streams(main="rtsp://recorded/main"), "zones": job.zones, "rules": (job.rule,)},
        context=STORED,
    )  # fmt: skip
    return Analysis(job.site, camera, ZoneInfo(job.timezone))


def _rates(job: Job) -> Rates:
    most = job.active_fps
    return Rates(most, min(job.idle_fps, most), armed_fps=min(job.armed_fps, most))


def _model(job: Job, environment: Environment) -> Choice:
    """The detector's choice with its input, on one core; the cache of compiled models stays the detector's own."""
    runtime = Runtime(threads=1)
    try:
        return choose(job.model, folders(environment), runtime, job.confidence, job.input_px, asked=False)
    except ConfigurationError as err:
        log.warning("model.unknown error=%s", err)
        return choose(DEFAULT, folders(environment), runtime, job.confidence, job.input_px, asked=False)


def _own_output() -> BinaryIO:
    """Standard output for words alone: what a library prints goes where the log goes."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


def _end_with_parent() -> None:
    """However the renderer ends, whatever this process is doing then, and by nothing that is said to both of them.

    Where the host's memory is short, it ends before all others.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _end_at_eof() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


def _bound_memory(space: int | None) -> None:
    """From now on ``space`` bytes more, whatever a picture's header says; None: as much as the host allows."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = most
    if space is not None:
        with open("/proc/self/statm", encoding="ascii") as file:
            bound = int(file.read().split()[0]) * resource.getpagesize() + space
        bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
    resource.setrlimit(resource.RLIMIT_AS, (bound, most))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
