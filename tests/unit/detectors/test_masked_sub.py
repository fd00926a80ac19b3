"""The masked live stream and tiles: nothing of what is beneath, the camera's own times, and no part in the analysis."""

from __future__ import annotations

import itertools
import threading
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest
from video_script import packets

from detectors.alerts import AlertWriter
from detectors.analysis import Analysis
from detectors.camera import CameraAnalyst
from detectors.decoding import Decoding
from detectors.inference.batching import Batcher
from detectors.masked_sub import APART_FPS, MOST
from detectors.outputs import Outputs
from detectors.plan import CameraPlan
from detectors.sampling.decoder import GopDecoder
from detectors.sampling.policy import Rates
from tests.support.clocks import ManualClock
from tests.support.masked import FPS, HALF, frames, left_of, of_jpeg, part_of, picture
from tests.support.waiting import wait_until
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.facility import Camera
from vms.domain.masks import outlines
from vms.domain.messages import LiveHeader, Profile, WatchReply, WatchRequest
from vms.ingest.stream import TIMESCALE, MediaPacket, Run, StreamInfo
from vms.media.nal import parameter_sets

STREAM = list(packets(map(picture, range(100)), fps=FPS))
SETS = parameter_sets("h264", STREAM[0].payload).annex_b()
LEFT = tuple((x - 0.5, y) for x, y in HALF)
UTC = 1_800_000_000.0


class Heard(WatchDesk):
    """Keeps what is published, instead of a bus."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(None, clock)
        self.live: dict[str, list[tuple[dict[str, str], bytes]]] = {}

    def send(self, subject: str, payload: bytes, headers: dict[str, str]) -> bool:
        self.live.setdefault(subject.rsplit(".", 1)[1], []).append((headers, payload))
        return True


class Counted(AbstractContextManager[None]):
    entered = 0

    def __enter__(self) -> None:
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        pass


class Counting(Decoding):
    door = Counted()

    def here(self, camera: str, codec: str, extradata: bytes) -> GopDecoder:
        return GopDecoder(codec, extradata, self.door)


class Watched:
    """One camera, its analyst, and a desk."""

    def __init__(self, folder: Path, masks: list[Any], seats: threading.Semaphore | None = None) -> None:
        self.clock = ManualClock(utc=UTC)
        self.desk = Heard(self.clock)
        self.outbox = Outbox(folder / "outbox")
        self.decoding = Counting(folder / "state", self.clock)
        self.decoding.door = Counted()
        plan = plan_of(masks)
        self.analyst = CameraAnalyst(
            plan, Batcher(self.clock), AlertWriter(self.outbox, folder / "open"), self.clock,
            Analysis("s", plan.camera, plan.zone_info), self.decoding,
        )  # fmt: skip
        status = self.analyst.status
        self.outputs = Outputs(
            self.desk, "s", "c", lambda: (status.reason, status.size),
            sub=True, masks=outlines(plan.camera.masks), seats=seats or threading.Semaphore(MOST),
        )  # fmt: skip
        self.analyst.show(self.outputs)
        self.run = Run("r", StreamInfo("h264", 320, 180, SETS), lambda pts: UTC + pts / TIMESCALE)
        self.analyst.begin(self.run)
        self.played = self.handed = 0
        into = self.outputs.masked.frame

        def frame(run: Run, shown: av.VideoFrame) -> None:
            self.handed += 1
            into(run, shown)

        self.outputs.masked.frame = frame  # type: ignore[method-assign]

    def ask(self, profile: Profile, fps: float = 1.0) -> WatchReply:
        lease = self.desk._offers["s", "c"][profile]
        lease.renew(WatchRequest(profile=profile, fps=fps))
        return lease.describe()

    def backlog(self, profile: Profile) -> list[tuple[dict[str, str], bytes]]:
        return self.desk._offers["s", "c"][profile].backlog()

    def play(self, count: int, units: list[MediaPacket] = STREAM, fps: int = FPS) -> None:
        """The next ``count`` access units; each is shown before the next one comes."""
        for unit in units[self.played : self.played + count]:
            self.clock.advance(1 / fps)
            self.analyst.packet(self.run, unit._replace(arrival=self.clock.monotonic()))
            self.played += 1
            wait_until(lambda: len(self.heard("sub-masked")) == self.handed, 10)

    def heard(self, profile: Profile) -> list[tuple[dict[str, str], bytes]]:
        return self.desk.live.get(profile, [])

    def close(self) -> None:
        self.analyst.show(None)
        self.outputs.close()
        self.decoding.close()
        self.outbox.close()


def plan_of(masks: list[Any]) -> CameraPlan:
    stated = [{"id": f"m{n}", "polygon": polygon} for n, polygon in enumerate(masks)]
    one = {"id": "c", "name": "C", "placement": "gate", "streams": {"main": "rtsp://h/x", "sub": "rtsp://h/y"}}
    return CameraPlan("s", Camera.model_validate(one | {"masks": stated}), Rates(4.0, 0.5), ZoneInfo("UTC"))


async def test_nothing_beneath_is_left_in_any_masked_profile(tmp_path: Path) -> None:
    one = Watched(tmp_path, [HALF])
    assert one.ask("sub-masked").error == "connecting"
    one.play(25)  # it is in the middle of a group of pictures when it is asked
    before = one.decoding.door.entered
    assert one.ask("sub").error is None
    reply = one.ask("sub-masked")
    assert (reply.error, reply.width, reply.height, reply.timescale) == (None, 320, 180, TIMESCALE)
    assert reply.anchor_utc is not None
    assert reply.anchor_utc.timestamp() == UTC
    one.ask("jpeg", 2)
    one.ask("jpeg-masked", 5)
    plain = [*one.backlog("sub")]
    one.play(60)
    assert one.decoding.door.entered - before <= 60 + 25  # each access unit once, whatever is watched

    for profile, made_of in (("sub", plain + one.heard("sub")), ("sub-masked", one.heard("sub-masked"))):
        of = one.ask(profile)  # type: ignore[arg-type]
        shown = frames(of.init or b"", [payload for _, payload in made_of])
        assert len(shown) == len(made_of) >= 58
        for (pts, image), (headers, _) in zip(shown, made_of, strict=True):
            number = round(pts * FPS / TIMESCALE)
            assert number * TIMESCALE // FPS == pts
            assert datetime.fromisoformat(headers[LiveHeader.AT]).timestamp() == pytest.approx(UTC + number / FPS)
            assert left_of(image, number, part_of(LEFT, (180, 300))) > 0.7  # less the margin
            assert (abs(left_of(image, number, part_of(HALF, image.shape))) < 0.01) == (profile == "sub-masked")
    keys = [n for n, (headers, _) in enumerate(one.heard("sub-masked")) if headers[LiveHeader.KEY] == "1"]
    assert keys[0] == 0
    assert max(b - a for a, b in itertools.pairwise(keys)) <= 2 * FPS

    assert len(one.heard("jpeg")) == pytest.approx(12, abs=2)
    assert len(one.heard("jpeg-masked")) == pytest.approx(30, abs=2)
    for profile in ("jpeg", "jpeg-masked"):
        for headers, payload in one.heard(profile):  # type: ignore[arg-type]
            number = round((datetime.fromisoformat(headers[LiveHeader.AT]).timestamp() - UTC) * FPS)
            image = of_jpeg(payload)
            assert (abs(left_of(image, number, part_of(HALF, image.shape))) < 0.01) == (profile == "jpeg-masked")
    one.close()


async def test_other_masks_are_in_force_with_the_next_picture_and_nothing_of_before_is_given_out(
    tmp_path: Path,
) -> None:
    one = Watched(tmp_path, [])
    one.play(25)
    one.ask("sub-masked")
    one.ask("jpeg", 10)
    one.ask("jpeg-masked", 10)
    one.play(15)
    assert len(one.backlog("sub-masked")) > 5
    seen, plain, painted = len(one.heard("sub-masked")), len(one.heard("jpeg")), len(one.heard("jpeg-masked"))
    one.analyst.change(plan_of([HALF]))
    assert one.backlog("sub-masked") == []
    one.play(15)
    after = one.heard("sub-masked")[seen:]
    reply = one.ask("sub-masked")
    assert len(after) == len(one.backlog("sub-masked")) == 15  # from its first picture on
    assert len({headers[LiveHeader.RUN] for headers, _ in one.heard("sub-masked")}) == 2  # a run has one set of masks
    for pts, image in frames(reply.init or b"", [payload for _, payload in after]):
        assert abs(left_of(image, round(pts * FPS / TIMESCALE), part_of(HALF, image.shape))) < 0.01
    for (headers, payload), masked in [(m, False) for m in one.heard("jpeg")[plain:]] + [
        (m, True) for m in one.heard("jpeg-masked")[painted:]
    ]:
        number = round((datetime.fromisoformat(headers[LiveHeader.AT]).timestamp() - UTC) * FPS)
        image = of_jpeg(payload)
        assert (abs(left_of(image, number, part_of(HALF, image.shape))) < 0.01) == masked
    one.close()


async def test_so_many_at_a_time_and_a_lease_that_ends_frees_its_seat(tmp_path: Path) -> None:
    seats = threading.Semaphore(1)
    first, second = (Watched(tmp_path / name, [HALF], seats) for name in ("a", "b"))
    for one in (first, second):
        one.play(5)
    assert first.ask("sub-masked").error is None
    assert second.ask("sub-masked").error == "busy"
    second.play(5)
    assert second.heard("sub-masked") == []
    first.clock.advance(11)
    wait_until(lambda: first.outputs.masked._encoder is None, 10)
    assert second.ask("sub-masked").error is None
    second.play(5)
    assert len(second.heard("sub-masked")) == 5
    assert first.ask("sub-masked").error == "busy"
    second.close()
    wait_until(lambda: first.ask("sub-masked").error is None, 10)
    first.close()


async def test_a_new_run_of_the_camera_is_one_of_its_own(tmp_path: Path) -> None:
    one = Watched(tmp_path, [HALF])
    one.play(5)
    first = one.ask("sub-masked").run
    one.play(5)
    one.analyst.end(one.run, "lost")
    assert one.ask("sub-masked").error is not None
    one.run = Run("other", one.run.info, lambda pts: UTC + 50 + pts / TIMESCALE)
    one.analyst.begin(one.run)
    one.played = 0
    one.play(10)
    reply = one.ask("sub-masked")
    assert reply.run not in (first, None)
    assert reply.anchor_utc is not None
    assert reply.anchor_utc.timestamp() == UTC + 50
    assert [headers[LiveHeader.RUN] for headers, _ in one.heard("sub-masked")[-10:]] == [reply.run] * 10
    one.close()


async def test_a_suspect_is_shown_from_the_other_process_and_seldom(tmp_path: Path) -> None:
    one = Watched(tmp_path, [HALF])
    one.decoding.blame("c", "died")
    one.analyst.begin(one.run)
    wait_until(lambda: one.play(1) or one.analyst.latest is not None, 60)
    one.analyst.begin(one.run)
    one.played, inside = 0, one.decoding.door.entered
    one.play(1)
    assert one.ask("sub-masked").error is None
    one.play(50)
    assert one.decoding.door.entered == inside  # not here
    shown = frames(one.ask("sub-masked").init or b"", [payload for _, payload in one.heard("sub-masked")])
    assert 5 * APART_FPS - 3 <= len(shown) <= 5 * APART_FPS + 1
    for pts, image in shown:
        assert abs(left_of(image, round(pts * FPS / TIMESCALE), part_of(HALF, image.shape))) < 0.01
    one.close()


async def test_who_watches_changes_nothing_of_what_is_looked_at_also_in_a_stream_with_errors(tmp_path: Path) -> None:
    """Nothing moves, so that only key frames are looked at; from the tenth second on all between them is broken."""
    grain = np.random.default_rng(2)
    views = (np.clip(picture(0) + grain.integers(-6, 7, (180, 320, 1)), 0, 255).astype(np.uint8) for _ in range(500))
    still = list(packets(views, fps=20, gop=50))
    broken = [one.payload if n <= 200 or one.keyframe else b"\0\0\1\x41" + bytes(40) for n, one in enumerate(still)]
    stream = [one._replace(payload=payload) for one, payload in zip(still, broken, strict=True)]
    looked = []
    for watched in (False, True):
        one = Watched(tmp_path / str(watched), [HALF])
        sampled: list[float] = []
        one.analyst.flow.sampled = sampled.append  # type: ignore[method-assign]
        began = one.clock.monotonic()
        for _ in stream:
            if watched:
                one.ask("sub-masked")
            one.play(1, stream, 20)
            assert one.analyst.status.reason is None
        looked.append([moment - began for moment in sampled])
        assert (len(one.heard("sub-masked")) > 190) == watched
        one.close()
    assert looked[0] == pytest.approx(looked[1])


async def test_a_camera_without_a_sub_stream_says_so(tmp_path: Path) -> None:
    clock = ManualClock()
    desk = Heard(clock)
    outputs = Outputs(desk, "s", "c", lambda: (None, (320, 180)), sub=False, masks=(), seats=threading.Semaphore(1))
    assert desk._offers["s", "c"]["sub-masked"].describe().error == "not_found"
    assert "sub" not in desk._offers["s", "c"]
    outputs.close()
    assert desk._offers == {}
