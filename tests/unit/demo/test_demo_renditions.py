"""Renditions on disk: whole or not there, one reading of a source for all its cameras."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import av
import pytest

from vms.demo.counter import read_counter
from vms.demo.plan import CameraPlan, DemoSpec, SceneSource
from vms.demo.renditions import Rendition, Stopped, prepare

WHOLE = CameraPlan("cam-1", "1", "site", "gate", SceneSource("gate", 1))
EXCERPT = replace(WHOLE, id="cam-2", excerpt_s=2.5)


def _counters(path: Path) -> list[int | None]:
    with av.open(str(path)) as container:
        return [read_counter(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


def test_whole_and_excerpt_from_one_source(tmp_path: Path) -> None:
    ready: dict[str, Rendition] = {}
    spec = DemoSpec(data=tmp_path)
    prepare([WHOLE, EXCERPT], spec, on_ready=lambda plan, rendition: ready.update({plan.id: rendition}))
    assert list(ready) == ["cam-2", "cam-1"], "each as soon as it is done"
    assert {camera: rendition.frames for camera, rendition in ready.items()} == {"cam-1": 240, "cam-2": 25}
    for rendition in ready.values():
        for path in (rendition.main, rendition.sub):
            assert _counters(path) == list(range(rendition.frames))
    with av.open(str(ready["cam-1"].main)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert [k for k, packet in enumerate(packets) if packet.is_keyframe] == list(range(0, 240, 20))
        assert all(packet.pts == packet.dts for packet in packets), "no B-frames"
    again: dict[str, Rendition] = {}
    prepare([WHOLE, EXCERPT], spec, on_ready=lambda plan, rendition: again.update({plan.id: rendition}))
    assert again == ready


def test_a_stop_leaves_nothing_half_done(tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(Stopped):
        prepare(
            [WHOLE],
            DemoSpec(data=tmp_path),
            on_ready=lambda _plan, _rendition: pytest.fail("not finished"),
            on_progress=lambda _camera, _share: stop.set(),
            stop=stop,
        )
    assert list((tmp_path / "demo").iterdir()) == []


def test_an_incomplete_entry_is_made_anew(tmp_path: Path) -> None:
    made: list[Rendition] = []
    plan, spec = replace(EXCERPT, excerpt_s=1.0), DemoSpec(data=tmp_path)
    prepare([plan], spec, on_ready=lambda _plan, rendition: made.append(rendition))
    made[0].sub.unlink()
    prepare([plan], spec, on_ready=lambda _plan, rendition: made.append(rendition))
    assert made[0] == made[1]
    assert made[1].sub.is_file()
