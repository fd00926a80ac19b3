"""Who waits, who is at work, what came of it: real processes that play the one at work, a clock that the test owns."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from recorder.render import attempt, tryouts
from recorder.render.attempt import Program
from recorder.render.footage import all_in_span
from recorder.render.suspects import Suspects
from recorder.render.tryouts import KEPT_S, MOST_KEPT, MOST_WAITING, Tryouts
from tests.support.clocks import ManualClock
from tests.support.footage import encode, looped
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.waiting import until
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Cancel, Job, Look, Start, Tryout

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


@pytest.fixture
def recordings(tmp_path: Path) -> Iterator[Recordings]:
    one = Recordings(tmp_path / "recordings")
    yield one
    one.close()


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

    def start(self, asker: str = "", camera: str = CAMERA, seconds: float = 120.0) -> str | None:
        """The try-out's id; None when others were first."""
        reply = self.tryouts.answer(SITE, camera, asked(asker, seconds))
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


def asked(asker: str = "", seconds: float = 120.0, **more: Any) -> Start:
    rule = {"id": "r", "kind": "occupancy", "max": 0}
    return Start.model_validate(
        {"rule": rule, "timezone": "UTC", "active_fps": 4, "idle_fps": 0.5, "armed_fps": 2, "start": from_epoch(START),
         "end": from_epoch(START + seconds), "asker": asker, **more}
    )  # fmt: skip


@pytest_asyncio.fixture
async def desk(tmp_path: Path, recordings: Recordings) -> AsyncIterator[Desk]:
    recordings.record("h264", looped(encode(size=(64, 48)), 60), START)  # two minutes, two files
    made = Desk(tmp_path, recordings, ManualClock())
    running = asyncio.create_task(made.tryouts.run())
    yield made
    made.tryouts.close()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert not made.at_work()


async def test_one_is_worked_off_and_forgotten_in_the_end(desk: Desk) -> None:
    first = desk.start(seconds=180.0)
    waiting = desk.look(first)
    assert waiting is not None
    assert (waiting.state, waiting.progress, waiting.model) == ("queued", 0, None)
    one = await desk.over(first)
    assert (one.state, one.progress, one.model, one.error) == ("done", 1, "drawn", None)
    assert (one.looked_s, one.missing_s) == (pytest.approx(120, abs=0.01), pytest.approx(60, abs=0.01))
    assert (one.start, one.end) == (from_epoch(START), from_epoch(START + 180))
    assert [(fired.persons, fired.most, fired.end) for fired in one.fired] == [(1, 1, None)] * 2
    assert desk.look(first, "cam-2") is None, "it is of another camera"
    desk.clock.advance(KEPT_S - 1)
    assert desk.state(first) == "done"
    desk.clock.advance(2)
    assert desk.state(first) is None


async def test_the_work_order_names_files_spans_and_settings(
    desk: Desk, tmp_path: Path, recordings: Recordings
) -> None:
    desk.play(f"open({str(tmp_path / 'job')!r}, 'w').write(json.dumps(job))\n" + GOOD)
    reply = desk.tryouts.answer(SITE, CAMERA, asked(model="yolo11n", confidence=0.3, keys_only=True))
    assert reply.tryout is not None
    await desk.over(reply.tryout.id)
    job = Job.model_validate_json((tmp_path / "job").read_bytes())
    assert (job.site, job.camera, job.model, job.confidence, job.keys_only) == (SITE, CAMERA, "yolo11n", 0.3, True)
    assert (job.rule.id, job.timezone, job.active_fps, job.idle_fps) == ("r", "UTC", 4, 0.5)
    assert [Path(one.path) for one in job.stretches] == recordings.files()
    assert [(one.start, one.end) for one in job.stretches] == [(START, START + 60), (START + 60, START + 120)]
    assert {(one.anchor, one.timescale) for one in job.stretches} == {(START, 90_000)}


async def test_one_works_and_few_wait(desk: Desk) -> None:
    desk.play(WAITS)
    first = desk.start()
    await desk.fired(first)
    others = [desk.start() for _ in range(MOST_WAITING)]
    assert None not in others
    assert desk.start() is None
    assert [desk.state(one) for one in others] == ["queued"] * MOST_WAITING
    assert len(desk.at_work()) == 1
    desk.play(GOOD)
    desk.tryouts.answer(SITE, CAMERA, Cancel(id=str(first)))
    others.append(desk.start())
    for one in others:
        assert (await desk.over(one)).state == "done"
    assert desk.state(first) == "cancelled"


async def test_cancelling_ends_the_process_and_what_is_over_stays(desk: Desk) -> None:
    desk.play(WAITS)
    first, second = desk.start(), desk.start()
    await desk.fired(first)
    (process,) = desk.at_work()
    for one in (second, first):
        reply = desk.tryouts.answer(SITE, CAMERA, Cancel(id=str(one)))
        assert reply.tryout is not None
        assert reply.tryout.state == "cancelled"
    await until(lambda: not process.is_running(), what="it is gone")
    assert not desk.at_work(), "the one that waited never began"
    desk.play(GOOD)
    third = desk.start()
    assert (await desk.over(third)).state == "done"
    reply = desk.tryouts.answer(SITE, CAMERA, Cancel(id=str(third)))
    assert reply.tryout is not None
    assert reply.tryout.state == "done"
    assert desk.tryouts.answer(SITE, CAMERA, Cancel(id="nobody")).refusal == "unknown"


async def test_a_newer_one_of_the_same_asker_takes_the_place_of_his_older(desk: Desk) -> None:
    desk.play(WAITS)
    first = desk.start("a")
    await desk.fired(first)
    (process,) = desk.at_work()
    waiting = [desk.start(asker) for asker in "bcde"]
    assert desk.tryouts.answer(SITE, "cam-2", asked("b")).refusal == "busy", "at another camera it is another one"
    assert desk.state(waiting[0]) == "queued"
    again = desk.start("e")
    assert (desk.state(waiting[3]), desk.state(again)) == ("cancelled", "queued")
    desk.play(GOOD)
    newest = desk.start("a")
    assert desk.state(first) == "cancelled"
    await until(lambda: not process.is_running(), what="the older one's process is gone")
    for one in (*waiting[:3], again, newest):
        assert (await desk.over(one)).state == "done"


async def test_a_file_in_which_the_process_dies_is_left_out(desk: Desk) -> None:
    dies = "if length(0) and job['stretches'][0]['start'] == %r:\n say(stretch=0, number=7, fired=fired)\n %s\n"
    for death in ("os.kill(os.getpid(), signal.SIGSEGV)", "os.abort()"):
        desk.play(dies % (START, death) + GOOD)
        one = await desk.over(desk.start())
        assert (one.state, one.error) == ("done", None)
        assert (one.looked_s, one.missing_s) == (pytest.approx(60, abs=0.01), pytest.approx(60, abs=0.01))
        assert len(one.fired) == 1, "of the pass that ended early nothing counts"


async def test_one_that_always_dies_has_failed(desk: Desk, recordings: Recordings) -> None:
    recordings.record("h264", looped(encode(size=(64, 48)), 60), START + 300)
    desk.play("say(stretch=0)\nos.abort()\n")
    one = await desk.over(desk.start(seconds=600))
    assert (one.state, one.error) == ("failed", "undecodable")


@pytest.mark.parametrize(
    ("played", "error"),
    [
        ("sys.exit(2)", "internal"),
        ("raise RuntimeError", "internal"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "internal"),  # before any file: none is to blame
        ("print('what is no word', flush=True)\nwait()", "internal"),
        ("print('x' * 100000, flush=True)\nwait()", "internal"),
        ("say(stretch=0)\nsys.exit(1)", "internal"),
        ("say(over=True, failure='too_often')", "too_often"),
        ("say(over=True, failure='undecodable')", "undecodable"),
    ],
)
async def test_what_cannot_be_tried_says_why_and_the_next_one_is(desk: Desk, played: str, error: str) -> None:
    desk.play(played)
    failed = await desk.over(desk.start())
    assert (failed.state, failed.error) == ("failed", error)
    desk.play(GOOD)
    assert (await desk.over(desk.start())).state == "done"


async def test_one_that_cannot_be_started(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.tryouts, "_program", Program(("/nonexistent",), {}))
    one = await desk.over(desk.start())
    assert (one.state, one.error) == ("failed", "internal")


async def test_one_that_hangs_in_a_file_is_killed_and_the_file_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "SILENT_S", 1.0)
    desk.play(f"if job['stretches'][0]['start'] == {START!r}:\n say(stretch=0)\n wait()\n" + GOOD)
    one = await desk.over(desk.start())
    assert (one.state, one.looked_s) == ("done", pytest.approx(60, abs=0.01))


async def test_one_that_takes_too_long_fails_with_what_it_has(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tryouts, "LONGEST_S", 2.0)
    desk.play(WAITS)
    one = await desk.over(desk.start())
    assert (one.state, one.error, len(one.fired)) == ("failed", "too_long", 1)
    await until(lambda: not desk.at_work(), what="its process is gone")


async def test_without_footage_nothing_is_begun(desk: Desk) -> None:
    reply = desk.tryouts.answer(SITE, "cam-2", asked())
    assert reply.tryout is not None
    one = await until(lambda: (one := desk.look(reply.tryout and reply.tryout.id, "cam-2")) and one.error and one)
    assert isinstance(one, Tryout)
    assert (one.state, one.error, one.missing_s, one.model) == ("failed", "no_footage", 120, None)


async def test_files_that_killed_the_renderer_are_left_out(desk: Desk, recordings: Recordings) -> None:
    deadly = recordings.closed[0].id
    for _death in range(2):
        (folder := recordings.root.parent / "suspects").mkdir(exist_ok=True)
        (folder / "decoding-0").write_text(deadly, encoding="utf-8")
        desk.tryouts._suspects = Suspects(folder, desk.clock)
    one = await desk.over(desk.start())
    assert (one.state, one.looked_s, one.missing_s) == (
        "done",
        pytest.approx(60, abs=0.01),
        pytest.approx(60, abs=0.01),
    )


async def test_a_disk_that_fails_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: str) -> list[str]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("recorder.render.footage.os.listdir", fails)
    one = await desk.over(desk.start())
    assert (one.state, one.error) == ("failed", "disk")


async def test_only_so_many_are_remembered(desk: Desk) -> None:
    made = []
    for _ in range(MOST_KEPT + 3):
        made.append(desk.start())
        await desk.over(made[-1])
        desk.clock.advance(1)
    assert [desk.state(one) for one in made[:3]] == [None] * 3
    assert [desk.state(one) for one in made[3:]] == ["done"] * MOST_KEPT


async def test_closing_ends_all(desk: Desk) -> None:
    desk.play(WAITS)
    first, second = desk.start(), desk.start()
    await desk.fired(first)
    (process,) = desk.at_work()
    desk.tryouts.close()
    await until(lambda: not process.is_running(), what="it is gone")
    assert [desk.state(one) for one in (first, second)] == ["cancelled"] * 2
    assert desk.start() is None


def test_spans_that_are_none() -> None:
    for seconds in (0.0, -1.0, 86_401.0):
        with pytest.raises(ValueError, match="hours"):
            asked(seconds=seconds)
    with pytest.raises(ValueError, match="timezone"):
        Start.model_validate_json(json.dumps(asked().model_dump(mode="json") | {"start": "2027-01-15T08:00:00"}))


def test_every_file_of_a_long_span_is_found_in_order(recordings: Recordings) -> None:
    times = [START + 3600 * n for n in (0, 1, 2, 5, 23)]
    for utc in reversed(times):
        recordings.record("h264", encode(size=(64, 48)), utc)
    found = all_in_span(recordings.root, SITE, CAMERA, START - 60, START + 86_400)
    assert [(start, end) for _, start, end in found] == [(utc, utc + 2) for utc in times]
    cut = all_in_span(recordings.root, SITE, CAMERA, START + 1, START + 3601)
    assert [(start, end) for _, start, end in cut] == [(START + 1, START + 2), (START + 3600, START + 3601)]


def test_where_two_files_claim_a_moment_one_counts(recordings: Recordings) -> None:
    recordings.record("h264", looped(encode(size=(64, 48)), 10), START)
    recordings.record("h264", looped(encode(size=(64, 48)), 10), START + 10)  # the host's clock was set back
    found = all_in_span(recordings.root, SITE, CAMERA, START, START + 60)
    spans = [(start - START, end - START) for _, start, end in found]
    assert spans == [(0, 20), (20, 30)]
    assert timedelta(seconds=sum(end - start for start, end in spans)) == timedelta(seconds=30)
