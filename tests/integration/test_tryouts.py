"""Rules tried out by the renderer as a process over a real bus, on what the recorder wrote, by the real program."""

from __future__ import annotations

import contextlib
import csv
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import nats as nats_client
import psutil
import pytest
import pytest_asyncio
from nats import errors as nats_errors
from nats.aio.client import Client

from tests.support.footage import looped
from tests.support.nats_bus import NatsServer
from tests.support.recorded import CAMERA, SITE, Recordings
from tests.support.renderer_rig import ROOT, renderer
from tests.support.visits import FPS, SIZE, filmed, remuxed
from tests.support.waiting import PATIENCE, until, until_async
from vms.bus import subjects
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Cancel, Look, Reply, Start, Tryout

START = 1_800_000_000.0 - 1_800_000_000.0 % 3600
VISITS = ((21.0, 29.0), (50.0, 58.0), (92.0, 97.0))
ALL = {"id": "all", "kind": "restricted", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
BREACH = {"id": "breach", "kind": "zone_breach", "zone": "all", "dwell_s": 1, "rearm_s": 1}


class Trying:
    """Asks as web does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, request: Start | Look | Cancel, camera: str = CAMERA) -> Reply:
        return await self.raw(request.encode(), camera)

    async def raw(self, payload: bytes, camera: str = CAMERA, timeout: float = 3) -> Reply:
        msg = await self._client.request(subjects.control(SITE, camera, "tryout"), payload, timeout * PATIENCE)
        return Reply.model_validate_json(msg.data)

    async def until_it_listens(self) -> None:
        async def heard() -> bool:
            with contextlib.suppress(nats_errors.Error):
                return (await self.raw(b"{}", timeout=0.2)).refusal == "bad_request"
            return False

        await until_async(heard, 20, "the renderer answers")

    async def start(self, seconds: float, **more: Any) -> str:
        wanted = {
            "rule": BREACH, "zones": [ALL], "timezone": "Asia/Ho_Chi_Minh", "active_fps": 4, "idle_fps": 0.5,
            "armed_fps": 2, "model": "motion", "start": from_epoch(START), "end": from_epoch(START + seconds),
        }  # fmt: skip
        reply = await self.ask(Start.model_validate(wanted | more))
        assert reply.tryout is not None, reply
        return reply.tryout.id

    async def look(self, id_: str) -> Tryout:
        reply = await self.ask(Look(id=id_))
        assert reply.tryout is not None, reply
        return reply.tryout

    async def over(self, id_: str, within_s: float = 60) -> Tryout:
        async def over() -> Tryout | None:
            one = await self.look(id_)
            return None if one.state in ("queued", "running") else one

        found = await until_async(over, within_s, "it is over")
        assert found is not None
        return found

    async def at_work(self, id_: str) -> Tryout:
        async def looks() -> Tryout | None:
            one = await self.look(id_)
            assert one.state in ("queued", "running"), one
            return one if one.looked_s else None

        found = await until_async(looks, 30, "it looks")
        assert found is not None
        return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def recordings(data: Path) -> Iterator[Recordings]:
    one = Recordings(data / "recordings")
    yield one
    one.close()


@pytest_asyncio.fixture
async def trying(nats: NatsServer) -> AsyncIterator[Trying]:
    client = await nats_client.connect(nats.url, reconnect_time_wait=0.1)
    yield Trying(client)
    await client.close()


def film_for_long(recordings: Recordings) -> None:
    """Half an hour in which somebody is always about: looking at it takes several seconds."""
    units = filmed([(0.0, 60.0)], 60)
    recordings.record("h264", looped(units, 30, FPS), START, SIZE)


def program(role: psutil.Process) -> psutil.Process:
    """The process at work."""
    (child,) = role.children()
    assert "detectors.tryout" in child.cmdline()
    return child


def oom_score_adj(process: psutil.Process) -> int:
    return int(Path(f"/proc/{process.pid}/oom_score_adj").read_text(encoding="ascii"))


def gone(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


async def test_visits_are_found_in_what_was_recorded_and_is_being_recorded(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    recordings.grow("h264", filmed(VISITS, 130), START, SIZE)
    assert [path.suffix for path in recordings.files()] == [".mp4", ".mp4", ".part"]
    with renderer(data, nats):
        await trying.until_it_listens()
        one = await trying.over(await trying.start(200))
        assert (one.state, one.error, one.progress, one.model) == ("done", None, 1, "motion")
        assert len(one.fired) == len(VISITS)
        for fired, (begin, end) in zip(one.fired, VISITS, strict=True):
            assert fired.end is not None
            # Idle, it looks at the key frames, 2 s apart; the rule must hold for a second.
            assert begin + 1 <= fired.start.timestamp() - START <= begin + 4
            assert end - 1 <= fired.end.timestamp() - START <= end + 2
            assert fired.most >= fired.persons >= 1
        assert one.looked_s == pytest.approx(129.6, abs=0.4)
        assert one.looked_s + one.missing_s == pytest.approx(200, abs=0.01)
        night = await trying.over(await trying.start(130, rule=BREACH | {"schedule": "15:01-15:02"}))
        assert START % 86_400 == 8 * 3600
        assert [round(fired.start.timestamp() - START) // 60 for fired in night.fired] == [1], "of 08:01 UTC"
        unknown = await trying.over(await trying.start(60, model="no-such-model"))
        assert unknown.state == "done"
        assert unknown.model not in (None, "no-such-model")


@pytest.mark.timeout(600)
async def test_a_rule_fires_as_often_as_somebody_came(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer, shared: Path
) -> None:
    footage = shared / "footage" / "one-by-one-person-detection.mp4"
    with footage.with_suffix(".presence.csv").open(encoding="utf-8") as file:
        visits = [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]
    recordings.record("h264", remuxed(footage), START, (768, 432))
    seconds = recordings.closed[-1].end.timestamp() - START if recordings.closed[-1].end else 0.0
    with renderer(data, nats, shared / "models"):
        await trying.until_it_listens()
        begun = time.monotonic()
        one = await trying.over(await trying.start(seconds, model="default"))
        print(f"{one.model}: {seconds:.0f} s in {time.monotonic() - begun:.1f} s, {len(one.fired)} alerts")
        assert (one.state, one.missing_s) == ("done", pytest.approx(0, abs=0.15))  # a frame, whose order was changed
        assert len(one.fired) == len(visits)
        for fired, (begin, end) in zip(one.fired, visits, strict=True):
            assert fired.end is not None
            assert begin + 0.5 <= fired.start.timestamp() - START <= begin + 3
            assert end - 1 <= fired.end.timestamp() - START <= end + 2.5
            assert (fired.persons, fired.most) == (1, 1)


async def test_cancelling_ends_the_process_and_the_next_one_is_looked_at(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    film_for_long(recordings)
    with renderer(data, nats) as process:
        await trying.until_it_listens()
        first = await trying.start(1800)
        one = await trying.at_work(first)
        assert one.state == "running"
        assert 0 < one.progress < 1
        child = program(psutil.Process(process.pid))
        assert (await trying.ask(Cancel(id=first), "cam-2")).refusal == "unknown"
        reply = await trying.ask(Cancel(id=first))
        assert reply.tryout is not None
        assert reply.tryout.state == "cancelled"
        await until(lambda: gone(child), 3, "its process is gone")
        assert (await trying.over(await trying.start(30))).state == "done"
        assert (await trying.look(first)).state == "cancelled"


async def test_the_process_at_work_has_no_secret_and_gives_way(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    film_for_long(recordings)
    with renderer(data, nats) as process:
        await trying.until_it_listens()
        await trying.at_work(await trying.start(1800))
        child = program(psutil.Process(process.pid))
        assert child.nice() > psutil.Process(process.pid).nice() > psutil.Process().nice()
        assert not [name for name in child.environ() if name.startswith(("VMS_NATS", "VMS_ADMIN", "VMS_DATABASE"))]
        assert child.rlimit(resource.RLIMIT_AS)[0] < 8 << 30
        assert oom_score_adj(child) == 1000
        mapped = {one.path.rsplit("/", 1)[-1] for one in psutil.Process(process.pid).memory_maps()}
        assert not [name for name in mapped if "openvino" in name], "the renderer itself loads no model"


async def test_a_stop_ends_it_at_once(data: Path, recordings: Recordings, trying: Trying, nats: NatsServer) -> None:
    film_for_long(recordings)
    with renderer(data, nats) as process:
        await trying.until_it_listens()
        await trying.at_work(await trying.start(1800))
        child = program(psutil.Process(process.pid))
        process.send_signal(signal.SIGTERM)
        assert process.wait(3 * PATIENCE) == 0
        assert gone(child)


@pytest.mark.parametrize("hanging", [False, True], ids=["at-work", "stopped"])
async def test_no_process_outlives_a_renderer_that_was_killed(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer, hanging: bool
) -> None:
    film_for_long(recordings)
    with renderer(data, nats) as process:
        await trying.until_it_listens()
        first = await trying.start(1800)
        await trying.at_work(first)
        child = program(psutil.Process(process.pid))
        if hanging:  # it could not even see that its input has ended
            child.suspend()
        process.kill()
        await until(lambda: gone(child), 3, "it ended with its parent")
    with renderer(data, nats):
        await trying.until_it_listens()
        assert (await trying.ask(Look(id=first))).refusal == "unknown"
        assert (await trying.over(await trying.start(30))).state == "done"


async def test_a_crash_costs_a_file_and_no_renderer(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    film_for_long(recordings)
    with renderer(data, nats) as process:
        await trying.until_it_listens()
        id_ = await trying.start(300)
        await trying.at_work(id_)
        os.kill(program(psutil.Process(process.pid)).pid, signal.SIGSEGV)
        one = await trying.over(id_)
        assert (one.state, one.error) == ("done", None)
        assert (one.looked_s, one.missing_s) == (pytest.approx(240, abs=0.1), pytest.approx(60, abs=0.1))
        assert process.poll() is None


def test_one_that_hangs_in_its_work_ends_itself() -> None:
    """However busy the host is: only its own seconds on a processor count."""
    script = """
import io
from detectors.tryout import __main__ as one
one.HANGS_S = 0.3
one._Voice(io.BytesIO())(one.Word())
while True:
    pass
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=60 * PATIENCE, check=False)
    assert ended.returncode == -signal.SIGPROF


async def test_it_goes_on_while_the_bus_is_away(
    data: Path, recordings: Recordings, trying: Trying, nats: NatsServer
) -> None:
    film_for_long(recordings)
    with renderer(data, nats):
        await trying.until_it_listens()
        id_ = await trying.start(600)
        await trying.at_work(id_)
        nats.kill()
        nats.start()
        await trying.until_it_listens()
        assert (await trying.over(id_)).state == "done"


async def test_what_is_no_request_is_refused(data: Path, trying: Trying, nats: NatsServer) -> None:
    good = Start.model_validate(
        {"rule": BREACH, "timezone": "UTC", "active_fps": 4, "idle_fps": 1, "armed_fps": 2,
         "start": from_epoch(START), "end": from_epoch(START + 60)}
    ).encode()  # fmt: skip
    with renderer(data, nats):
        await trying.until_it_listens()
        for raw in (b"", b"[]", b'{"do":"look"}', b'{"do":"x"}', b"[" * 5000, good.replace(b"zone_breach", b"x")):
            assert (await trying.raw(raw)).refusal == "bad_request"
        assert (await trying.raw(good, "UPPER")).refusal == "bad_request"
        one = (await trying.raw(good)).tryout
        assert one is not None
        failed = await trying.over(one.id)
        assert (failed.state, failed.error, failed.missing_s) == ("failed", "no_footage", 60)
