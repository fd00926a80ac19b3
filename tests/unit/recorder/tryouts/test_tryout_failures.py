"""What cannot be tried out, dies, hangs or takes too long: it is said, and the next one is looked at."""

from __future__ import annotations

import errno
import os

import pytest

from recorder.render import attempt, tryouts
from recorder.render.attempt import Program
from recorder.render.suspects import Suspects
from tests.support.footage import encode, looped
from tests.support.recorded import SITE, Recordings
from tests.support.tryout_desk import GOOD, START, Desk, asked
from tests.support.waiting import until
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Tryout


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


@pytest.mark.parametrize(
    ("looked_s", "lost_s", "until_s"), [(0, 0, None), (40, 5, 45), (60, 0, 60), (70, 0, 310), (50, 30, 320)]
)
async def test_one_that_takes_too_long_says_what_it_found_and_up_to_when(
    desk: Desk, recordings: Recordings, monkeypatch: pytest.MonkeyPatch, looked_s: int, lost_s: int, until_s: int | None
) -> None:
    recordings.files()[1].unlink()  # one minute, four of nothing, two more
    recordings.record("h264", looped(encode(size=(64, 48)), 60), START + 300)
    monkeypatch.setattr(tryouts, "LONGEST_S", 2.0)
    desk.play(f"say(model='drawn', stretch=0, number=0, fired=fired, looked_s={looked_s}, lost_s={lost_s})\nwait()\n")
    one = await desk.over(desk.start(seconds=600))
    assert (one.state, one.error, len(one.fired)) == ("failed", "too_long", 1)
    assert one.looked_until == (None if until_s is None else from_epoch(START + until_s))
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
