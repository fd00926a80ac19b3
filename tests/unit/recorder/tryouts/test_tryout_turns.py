"""Who waits and who is at work, for how long it is known: real processes, a clock that the test owns."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.render.tryouts import KEPT_S, MOST_KEPT, MOST_OF_ONE, MOST_WAITING
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.tryout_desk import GOOD, START, WAITS, Desk, asked
from tests.support.waiting import until
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Cancel, Job


async def test_one_is_worked_off_and_forgotten_in_the_end(desk: Desk) -> None:
    first = desk.start(seconds=180.0)
    waiting = desk.look(first)
    assert waiting is not None
    assert (waiting.state, waiting.progress, waiting.model, waiting.looked_until) == ("queued", 0, None, None)
    one = await desk.over(first)
    assert (one.state, one.progress, one.model, one.error) == ("done", 1, "drawn", None)
    assert (one.looked_s, one.missing_s) == (pytest.approx(120, abs=0.01), pytest.approx(60, abs=0.01))
    assert (one.start, one.end, one.looked_until) == (from_epoch(START), *[from_epoch(START + 180)] * 2)
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
    assert desk.tryouts.answer(SITE, CAMERA, asked("b", rule_id="r2")).refusal == "busy", "of another rule as well"
    assert desk.state(waiting[0]) == "queued"
    again = desk.start("e")
    assert (desk.state(waiting[3]), desk.state(again)) == ("cancelled", "queued")
    desk.play(GOOD)
    newest = desk.start("a")
    assert desk.state(first) == "cancelled"
    await until(lambda: not process.is_running(), what="the older one's process is gone")
    for one in (*waiting[:3], again, newest):
        assert (await desk.over(one)).state == "done"


async def test_rules_of_one_asker_are_tried_one_after_the_other(desk: Desk) -> None:
    desk.play(WAITS)
    first, second = desk.start("a"), desk.start("a", rule_id="r2")
    await desk.fired(first)
    assert (desk.state(first), desk.state(second)) == ("running", "queued")
    desk.play(GOOD)
    desk.tryouts.answer(SITE, CAMERA, Cancel(id=str(first)))
    assert (await desk.over(second)).state == "done"


async def test_one_asker_does_not_take_every_place(desk: Desk) -> None:
    desk.play(WAITS)
    own = [desk.start("a", rule_id=f"r{n}") for n in range(MOST_OF_ONE)]
    assert desk.start("a", rule_id="one-more") is None
    assert desk.start("a", "cam-2", rule_id="one-more") is None
    other = desk.start("b")
    assert other is not None
    again = desk.start("a", rule_id="r1")
    assert [desk.state(one) for one in (own[1], again)] == ["cancelled", "queued"]
    desk.tryouts.answer(SITE, CAMERA, Cancel(id=str(own[0])))
    assert desk.start("a", rule_id="one-more") is not None


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
