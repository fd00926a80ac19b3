"""The renderer's try-outs with real processes that play the one at work."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import psutil

from recorder.render.attempt import Program
from recorder.render.suspects import Suspects
from recorder.render.tryouts import Tryouts
from tests.support.clocks import ManualClock
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.waiting import until
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Look, Start, Tryout

START = 1_800_000_000.0 - 1_800_000_000.0 % 3600
#: What comes in a test's turn is Python; ``job`` is the order, ``say`` says a word, ``wait`` waits for ever.
PLAYED = """
import json, os, signal, sys, time
job = json.loads(sys.stdin.readline())
def say(**word): print(json.dumps(word), flush=True)
def wait(): time.sleep(600)
length = lambda n: job["stretches"][n]["end"] - job["stretches"][n]["start"]
fired = {"start": "2027-01-15T08:00:00Z", "persons": 1, "most": 1}
say()
"""
GOOD = """
for n in range(len(job["stretches"])):
    say(model="drawn", stretch=n, looked_s=sum(map(length, range(n))), number=n, fired=fired)
say(over=True, looked_s=sum(map(length, range(len(job["stretches"])))))
"""
WAITS = "say(model='drawn', stretch=0, number=0, fired=fired)\nwait()\n"


class Desk:
    """``play`` says what those who are begun from now on do."""

    def __init__(self, folder: Path, recordings: Recordings, clock: ManualClock) -> None:
        self.script = folder / "played.py"
        self.clock = clock
        env = {"PATH": os.environ["PATH"]}
        self.program = Program((sys.executable, str(self.script)), env)
        self.tryouts = Tryouts(recordings.root, Suspects(folder / "suspects", clock), clock, self.program)
        self.play(GOOD)

    def play(self, what: str) -> None:
        self.script.write_text(PLAYED + what, encoding="utf-8")

    def start(self, asker: str = "", camera: str = CAMERA, seconds: float = 120.0, rule_id: str = "r") -> str | None:
        """The try-out's id; None when others were first."""
        reply = self.tryouts.answer(SITE, camera, asked(asker, seconds, rule_id))
        assert (reply.refusal, reply.tryout is None) in ((None, False), ("busy", True))
        return reply.tryout and reply.tryout.id

    def look(self, id_: str | None, camera: str = CAMERA) -> Tryout | None:
        return self.tryouts.answer(SITE, camera, Look(id=str(id_))).tryout

    def state(self, id_: str | None) -> str | None:
        one = self.look(id_)
        return one and one.state

    async def over(self, id_: str | None) -> Tryout:
        found = await until(lambda: (one := self.look(id_)) and one.state not in ("queued", "running") and one, 20)
        assert isinstance(found, Tryout)
        return found

    async def fired(self, id_: str | None) -> Tryout:
        """It is at work, and has said so."""
        found = await until(lambda: (one := self.look(id_)) and one.fired and one, 20)
        assert isinstance(found, Tryout)
        return found

    def at_work(self) -> list[psutil.Process]:
        """Processes of this desk."""
        found = []
        for one in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if str(self.script) in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found


def asked(asker: str = "", seconds: float = 120.0, rule_id: str = "r", **more: Any) -> Start:
    rule = {"id": rule_id, "kind": "occupancy", "max": 0}
    return Start.model_validate(
        {"rule": rule, "timezone": "UTC", "active_fps": 4, "idle_fps": 0.5, "armed_fps": 2, "start": from_epoch(START),
         "end": from_epoch(START + seconds), "asker": asker, **more}
    )  # fmt: skip
