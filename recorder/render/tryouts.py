"""The renderer's try-outs of rules: who waits, who is at work, what came of it. Nothing of it outlives the process.

One at a time, because one takes a core for minutes; few wait, else "busy". Finding files is ``footage``, the process
at work ``attempt``.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from recorder.render import footage as lookup
from recorder.render.attempt import Attempt, Program
from recorder.render.footage import Footage
from recorder.render.suspects import Suspects
from vms.domain.clock import Clock, from_epoch
from vms.domain.tryouts import (
    MOST_FIRED,
    Analysed,
    Cancel,
    Failure,
    Fired,
    Job,
    Look,
    Reply,
    Start,
    State,
    Stretch,
    Tryout,
    Word,
)

log = logging.getLogger(__name__)

#: Beside the one at work.
MOST_WAITING = 4
#: Of one asker, the one at work included: others must have their turn.
MOST_OF_ONE = 2
#: So many are known, and one that is over for so long (seconds).
MOST_KEPT = 20
KEPT_S = 600.0
#: An hour takes minutes; whoever asks for a day of a crowded gate on a busy host is told what was found until then.
LONGEST_S = 1800.0
#: A file in which the process died is left out, and all begins again: at most so often.
MOST_LEFT_OUT = 2

#: A segment, and from when to when it counts.
_Part = tuple[Footage, float, float]


@dataclass(slots=True, eq=False)
class _Tried:
    """One try-out; ``ended_at`` is monotonic."""

    id: str
    site: str
    camera: str
    asked: Start
    state: State = "queued"
    found: tuple[_Part, ...] | None = None  # what was recorded in the span; None: not looked for yet
    said: Word = field(default_factory=Word)
    model: str | None = None
    fired: dict[int, Fired] = field(default_factory=dict)
    error: Failure | None = None
    attempt: Attempt | None = None
    ended_at: float | None = None

    @property
    def over(self) -> bool:
        return self.ended_at is not None

    def begin(self, found: list[_Part]) -> None:
        """It is looked at from the start; of an earlier pass nothing counts."""
        self.found = tuple(found)
        self.said = Word()
        self.fired.clear()

    def heard(self, word: Word) -> None:
        self.said = word
        self.model = word.model or self.model
        if word.number is not None and word.fired is not None and word.number < MOST_FIRED:
            self.fired[word.number] = word.fired

    def shown(self) -> Tryout:
        span = (self.asked.end - self.asked.start).total_seconds()
        looked, lost = self.said.looked_s, self.said.lost_s
        known = sum(end - start for _, start, end in self.found or ())
        missing = 0.0 if self.found is None else max(0.0, span - known + lost)
        progress = min(1.0, (looked + lost) / known) if known else 0.0
        return Tryout(
            id=self.id, state=self.state, progress=1.0 if self.state == "done" else round(progress, 3),
            start=self.asked.start, end=self.asked.end, looked_s=round(looked, 3), missing_s=round(missing, 3),
            looked_until=self._looked_until(), model=self.model,
            fired=tuple(self.fired[number] for number in sorted(self.fired)), error=self.error,
        )  # fmt: skip

    def _looked_until(self) -> datetime | None:
        if self.state == "done":
            return self.asked.end
        passed = self.said.looked_s + self.said.lost_s
        if passed <= 0:
            return None
        until = self.asked.start.timestamp()
        for _, start, end in self.found or ():
            until = min(end, start + passed)
            passed -= end - start
            if passed <= 0:
                break
        return from_epoch(until)


class Tryouts:
    """``answer`` within the event loop, beside ``run``; ``close`` ends what is at work."""

    def __init__(self, recordings: Path, suspects: Suspects, clock: Clock, program: Program) -> None:
        self._recordings = recordings
        self._suspects = suspects
        self._clock = clock
        self._program = program
        self._known: dict[str, _Tried] = {}  # in the order in which they were asked for
        self._came = asyncio.Event()
        self._closed = False

    def answer(self, site: str, camera: str, asked: Start | Look | Cancel) -> Reply:
        """Never waits: what is asked for is done by ``run``."""
        self._forget(MOST_KEPT)
        if isinstance(asked, Start):
            return self._start(site, camera, asked)
        one = self._known.get(asked.id)
        if one is None or (one.site, one.camera) != (site, camera):
            return Reply(refusal="unknown")
        if isinstance(asked, Cancel):
            self._end(one, "cancelled")
        return Reply(tryout=one.shown())

    async def run(self) -> None:
        """Works off what is asked for, the oldest first, for ever."""
        while True:
            one = next((one for one in self._known.values() if one.state == "queued"), None)
            if one is None:
                self._came.clear()
                await self._came.wait()
                continue
            one.state = "running"
            log.info("tryout.started id=%s camera=%s rule=%s", one.id, one.camera, one.asked.rule.kind)
            failure: Failure | None = "internal"
            try:
                async with asyncio.timeout(LONGEST_S):
                    failure = await self._try(one)
            except TimeoutError:
                failure = "too_long"
            except OSError as err:
                log.error("tryout.failed id=%s camera=%s error=%s", one.id, one.camera, err.strerror)
                failure = "disk"
            except Exception:  # one try-out's fault must not end those that wait
                log.exception("tryout.failed id=%s camera=%s", one.id, one.camera)
            self._end(one, "done" if failure is None else "failed", failure)

    def close(self) -> None:
        """Whatever is at work is gone when this returns; nothing more is begun."""
        self._closed = True
        for one in self._known.values():
            self._end(one, "cancelled")

    def _start(self, site: str, camera: str, asked: Start) -> Reply:
        pending = [one for one in self._known.values() if not one.over]
        own = [one for one in pending if asked.asker and one.asked.asker == asked.asker]
        same = site, camera, asked.rule.id
        replaced = [one for one in own if (one.site, one.camera, one.asked.rule.id) == same]
        if self._closed or len(pending) - len(replaced) > MOST_WAITING or len(own) - len(replaced) >= MOST_OF_ONE:
            return Reply(refusal="busy")
        for one in replaced:
            self._end(one, "cancelled")
        self._forget(MOST_KEPT - 1)
        one = _Tried(secrets.token_hex(8), site, camera, asked)
        self._known[one.id] = one
        self._came.set()
        return Reply(tryout=one.shown())

    async def _try(self, one: _Tried) -> Failure | None:
        """Why it failed; what was cancelled meanwhile ends as well, and its failure counts for nobody."""
        found = await asyncio.to_thread(self._found, one)
        for _ in range(1 + MOST_LEFT_OUT):
            one.begin(found)
            if not found:
                return "no_footage"
            one.attempt = attempt = Attempt(self._program, _job(one, found))
            if one.over:
                attempt.end()
            outcome = await attempt.run(one.heard)
            if outcome == "over":
                return one.said.failure
            if outcome != "crashed" or attempt.stretch is None:
                return "internal"
            deadly, _, _ = found.pop(attempt.stretch)
            log.error("tryout.left_out id=%s segment=%s the process died in it", one.id, deadly.id)
        return "undecodable"

    def _found(self, one: _Tried) -> list[_Part]:
        with self._suspects.at_work():
            span = one.asked.start.timestamp(), one.asked.end.timestamp()
            found = lookup.all_in_span(self._recordings, one.site, one.camera, *span)
            return [part for part in found if not self._suspects.aside(part[0].id)]

    def _end(self, one: _Tried, state: State, failure: Failure | None = None) -> None:
        if one.over:
            return
        one.state, one.error, one.ended_at = state, failure, self._clock.monotonic()
        if one.attempt is not None:
            one.attempt.end()
        log.info("tryout.ended id=%s camera=%s state=%s error=%s fired=%d",
                 one.id, one.camera, state, failure, len(one.fired))  # fmt: skip

    def _forget(self, most: int) -> None:
        """Those that ended long ago, and the oldest beyond ``most``; none that is not over."""
        now = self._clock.monotonic()
        over = sorted((one.ended_at, id_) for id_, one in self._known.items() if one.ended_at is not None)
        beyond = len(self._known) - most
        for number, (ended_at, id_) in enumerate(over):
            if number < beyond or now - ended_at > KEPT_S:
                del self._known[id_]


def _job(one: _Tried, found: list[_Part]) -> Job:
    asked = {name: getattr(one.asked, name) for name in Analysed.model_fields}
    stretches = tuple(
        Stretch(path=str(part.path), start=start, end=end, anchor=part.anchor, timescale=part.timescale)
        for part, start, end in found
    )
    return Job(**asked, site=one.site, camera=one.camera, stretches=stretches)
