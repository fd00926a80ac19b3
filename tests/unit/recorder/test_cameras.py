"""Cameras on several disks, one of which hangs; what comes and goes meanwhile; and which threads touch the bus."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from recorder import camera as recording
from recorder import disks, journal
from recorder.recorder import Recorder
from recorder.recovery import Recovered, recover
from recorder.status import PATIENCE_S
from tests.support.clocks import ManualClock
from tests.support.waiting import until
from vms.bus.watch import WatchDesk
from vms.domain.facility import Facility
from vms.domain.messages import Gap
from vms.settings.environment import Environment

SITES = {"ill": ["i0", "i1"], "well": ["w0", "w1"]}


def facility(sites: dict[str, list[str]] = SITES, **change: Any) -> Facility:
    def camera(name: str) -> dict[str, Any]:
        url = "rtsp://127.0.0.1:9/x"  # nobody answers: what is journaled without a stream is enough here
        return {"id": name, "name": name, "placement": "gate", "streams": {"main": url}, **change}

    named = [{"id": site, "name": site, "cameras": list(map(camera, names))} for site, names in sites.items()]
    return Facility.model_validate({"facility": {"name": "F"}, "sites": named})


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    one = Recorder(Environment.read(tmp_path / "data", {}), "recorder", None, ManualClock())
    one.storage.open()
    yield one
    await one.stop()
    one.outbox.close()


def gaps(recorder: Recorder, site: str, camera: str) -> list[tuple[str | None, bool]]:
    """Reason, and whether it lasts, in the order of their beginnings."""
    found: dict[str, Gap] = {}
    for day in journal.days(recorder.root, site, camera):
        found |= {one.record.id: one.record for one in journal.read(day) if isinstance(one.record, Gap)}
    return [(gap.reason, gap.end is None) for gap in sorted(found.values(), key=lambda gap: gap.start)]


def begun(recorder: Recorder, site: str) -> Callable[[], bool]:
    """Whether the journals of all its cameras have begun."""
    return lambda: all(gaps(recorder, site, one) for one in SITES[site])


def said(recorder: Recorder) -> dict[str, tuple[str, str | None]]:
    return {one.camera: (one.status, one.reason) for one in recorder.states()}


async def test_a_disk_that_is_not_even_found_stops_no_camera_of_another(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, device = threading.Event(), disks._device

    def hanging(folder: Path) -> int:
        assert "ill" not in folder.parts or answers.wait(60)
        return device(folder)

    monkeypatch.setattr(disks, "_device", hanging)
    try:
        await recorder.apply(1, facility())
        await until(begun(recorder, "well"))
        assert said(recorder)["i0"] == ("offline", "connecting")
        assert isinstance(recorder._clock, ManualClock)
        recorder._clock.advance(PATIENCE_S + 1)
        assert [said(recorder)[one] for one in SITES["ill"]] == [("offline", "disk")] * 2
        assert {one.revision for one in recorder.states()} == {1}
        # A revision that comes meanwhile is in force at once, and a camera that it takes out is never begun.
        await recorder.apply(2, facility({"ill": ["i0"], "well": ["w0", "w1", "w2"]}))
        await until(lambda: gaps(recorder, "well", "w2"))
        assert set(said(recorder)) == {"i0", "w0", "w1", "w2"}
    finally:
        answers.set()
    await until(lambda: gaps(recorder, "ill", "i0"))
    assert gaps(recorder, "ill", "i1") == []


async def test_folders_that_cannot_be_mended_hold_up_no_other_disk(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, met = threading.Event(), threading.Event()

    def hanging(root: Path, site: str, *more: Any, **how: Any) -> Recovered:
        if site == "ill":
            met.set()
            assert answers.wait(60)
        return recover(root, site, *more, **how)

    monkeypatch.setattr(recording, "recover", hanging)
    monkeypatch.setattr(disks, "_device", lambda folder: 1 if "ill" in folder.parts else 2)
    try:
        await recorder.apply(1, facility({"ill": SITES["ill"]}))
        await until(met.is_set)
        await recorder.apply(2, facility())
        await until(begun(recorder, "well"))
        assert isinstance(recorder._clock, ManualClock)
        recorder._clock.advance(PATIENCE_S + 1)
        assert [said(recorder)[one] for one in SITES["ill"]] == [("offline", "disk")] * 2
        assert said(recorder)["w0"][1] != "disk"
        # One that is switched off before it was mended is mended first: its gaps are known then.
        await recorder.apply(3, facility(enabled=False))
    finally:
        answers.set()
    await until(lambda: gaps(recorder, "ill", "i0")[-1:] == [("disabled", True)])
    assert [one for one in gaps(recorder, "ill", "i0") if one[1]] == [("disabled", True)]


async def test_what_came_early_waits_for_a_disk_that_wakes_up(recorder: Recorder) -> None:
    """Refused at the start, as a disk that takes seconds to spin up: what came meanwhile is not thrown away."""
    recorder._disks.refuse("does not answer yet")
    await recorder.apply(1, facility())
    pulled = recorder._cameras._pulled
    await until(lambda: len(pulled) == 4 and all(one.mended for one in pulled.values()))
    assert not any(one.released for one in pulled.values())
    assert set(said(recorder).values()) == {("offline", "connecting")}
    recorder._disks.refuse(None)
    await until(lambda: all(one.released for one in pulled.values()))


async def test_a_disk_that_stays_away_costs_no_live_picture(recorder: Recorder) -> None:
    recorder._disks.refuse("away")
    await recorder.apply(1, facility())
    pulled = recorder._cameras._pulled
    await until(lambda: len(pulled) == 4 and all(one.mended for one in pulled.values()))
    assert isinstance(recorder._clock, ManualClock)
    recorder._clock.advance(PATIENCE_S + 1)
    await until(lambda: all(one.released for one in pulled.values()))


async def test_what_fails_for_one_camera_is_tried_again(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    fails = ["w0"]
    device = disks._device

    def failing(folder: Path) -> int:
        if folder.name in fails:
            fails.clear()
            raise RuntimeError("can't start new thread")
        return device(folder)

    monkeypatch.setattr("recorder.cameras.AGAIN_S", 0.01)
    monkeypatch.setattr(disks, "_device", failing)
    await recorder.apply(1, facility())
    await until(begun(recorder, "well"))
    assert fails == []


async def test_only_the_event_loop_offers_what_is_shown_on_the_bus(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers: list[str] = []

    def watched(name: str) -> None:
        method = getattr(WatchDesk, name)

        def call(desk: WatchDesk, *arguments: Any, **named: Any) -> Any:
            if desk is recorder.desk and threading.current_thread() is not threading.main_thread():
                strangers.append(name)
            return method(desk, *arguments, **named)

        monkeypatch.setattr(WatchDesk, name, call)

    watched("offer")
    watched("withdraw")
    await recorder.apply(1, facility())
    await until(begun(recorder, "well"))
    assert set(recorder.desk._offers) == {(site, one) for site, names in SITES.items() for one in names}
    await recorder.apply(2, facility(enabled=False))
    await until(lambda: gaps(recorder, "well", "w0")[-1:] == [("disabled", True)])
    await until(lambda: set(said(recorder).values()) == {("disabled", None)})
    recorder._rejoin()
    assert recorder.desk._offers == {}
    assert strangers == []
