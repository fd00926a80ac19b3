"""Cameras behind bad lines: a connection that is half open, a line of half the rate, packets lost and late."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.far_host import FarHost, far_host
from tests.support.filming import Filming
from tests.support.footage import encode
from tests.support.nats_bus import NatsServer
from tests.support.pulling import Pull
from tests.support.recorder_rig import Viewer, camera, recorder, revision
from tests.support.scripted_rtsp import ScriptedCamera
from tests.support.spans import uncovered
from tests.support.waiting import until, until_async, wait_until
from vms.domain.messages import RecorderState
from vms.media import nal

pytestmark = [pytest.mark.faults, pytest.mark.netns]

#: About 0.7 Mbit/s, each frame another one: what came can be told from what was sent.
UNITS = encode("h264", (320, 180), frames=500, gop=25)
#: What waits inside the camera for its line (the kernel doubles it).
BUFFER = 16 * 1024


@pytest.fixture
def far() -> Iterator[FarHost]:
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("network namespaces need root")
    with far_host() as host:
        yield host


def far_camera(far: FarHost, film: Filming) -> ScriptedCamera:
    with far.inside():
        return ScriptedCamera(film, host=far.address)


def delays(film: Filming, pull: Pull, run: int = 0) -> list[float]:
    """Seconds from sending to arrival of each frame that came."""
    sent = {shot.slice: shot.at for shot in film.shots}
    packets = ((list(nal.split(packet.payload))[-1], packet.arrival) for packet in pull.packets(run))
    return [arrival - sent[unit] for unit, arrival in packets if unit in sent]


def test_a_half_open_connection(far: FarHost, pulls: Callable[[str], Pull], figure: Any, long: bool) -> None:
    rounds = 5 if long else 1
    film, near = Filming(UNITS), Filming(UNITS)
    cut, beside = far_camera(far, film), ScriptedCamera(near)
    seen: list[float] = []
    back: list[float] = []
    pull, living = pulls(cut.url), pulls(beside.url)
    wait_until(lambda: living.got(25), 20)
    for number in range(rounds):
        wait_until(lambda n=number: len(pull.sink.runs) > n and len(pull.sink.of_run(n)) > 50, 30, "it is pulled")
        known = len(pull.sink.troubles)
        far.swallow()
        begun = time.monotonic()
        wait_until(lambda known=known: len(pull.sink.troubles) > known, 12, "seen")
        seen.append(time.monotonic() - begun)
        far.speak()
        begun = time.monotonic()
        wait_until(lambda n=number: len(pull.sink.runs) > n + 1, 20, "pulled again")
        back.append(time.monotonic() - begun)
    assert {reason for _, reason in pull.sink.ends} == {"timeout"}
    assert pull.reader.abandoned == 0
    assert living.sink.order == ["begin", "packet"]
    figure(
        9,
        "a connection half open (blackhole route)",
        f"seen {max(seen):.1f} s after, pulled again {max(back):.1f} s after the route was back (worst); "
        f"the camera beside it went on: {len(living.sink.packets)} of {len(near.shots)} frames",
        "≤ 10 s",
        str(rounds),
    )
    told = len(near.shots)
    wait_until(lambda: len(living.sink.packets) >= told, 10, "none of the other's frames is missing")
    cut.close()
    beside.close()


def half_the_rate(far: FarHost, film: Filming) -> None:
    far.thin(film.bit_rate() / 2)


def lossy_and_late(far: FarHost, film: Filming) -> None:
    far.loss, far.delay_s = 0.02, 0.1


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (half_the_rate, "a line of half the bit rate (tbf)"),
        (lossy_and_late, "2 % of packets lost, 200 ms there and back"),
    ],
)
async def test_a_thin_line(
    fault: Callable[[FarHost, Filming], None],
    name: str,
    far: FarHost,
    nats: NatsServer,
    viewer: Viewer,
    pulls: Callable[[str], Pull],
    tmp_path: Path,
    figure: Any,
    long: bool,
) -> None:
    film, watched = Filming(UNITS, BUFFER), Filming(UNITS, BUFFER)
    recorded, pulled = far_camera(far, film), far_camera(far, watched)
    await viewer.configure(revision(1, camera("a", recorded.url)))
    async with recorder(tmp_path / "data", nats):
        await viewer.until_state("a", "recording")
        pull = pulls(pulled.url)
        await until(lambda: pull.got(50), 20)
        fault(far, film)
        lasts_s = 120 if long else 6
        until_s = time.monotonic() + lasts_s
        await until(lambda: time.monotonic() > until_s, 120, "it goes on so for a while")
        assert await alive(viewer), "the recorder still speaks"
    records = await viewer.records("a")
    told = list({record.id: record for record in records}.values())
    missing, doubled = uncovered(told)
    late = [delay for run in range(len(pull.sink.runs)) for delay in delays(watched, pull, run)]
    frames = sum(segment.frames for segment in await viewer.segments("a"))
    gaps = [gap for gap in await viewer.gaps("a") if gap.end is not None]
    figure(
        10,
        name,
        f"{frames} of {len(film.shots)} sent frames on disk ({film.left_out} the camera left out), {len(gaps)} gaps "
        f"told, {missing:.1f} s untold; sent → in hand at most {max(late):.1f} s",
        "no crash; bounded; every gap told",
        f"{lasts_s} s",
    )
    assert missing <= 0.001
    assert doubled <= 0.001
    assert len(late) > 25
    recorded.close()
    pulled.close()


async def alive(viewer: Viewer) -> RecorderState | None:
    """A heartbeat that was sent after this was asked."""
    asked = time.time()

    async def fresh() -> RecorderState | None:
        state = await viewer.state("a")
        return state if state is not None and state.at.timestamp() > asked else None

    return await until_async(fresh, 10, "a heartbeat")
