"""The process at work on a try-out: by the real program, ended for sure, with no more than it needs."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.nats_bus import NatsServer
from tests.support.recorded import Recordings
from tests.support.renderer_rig import ROOT, renderer
from tests.support.trying import START, Trying, film_for_long
from tests.support.waiting import PATIENCE, until
from vms.domain.clock import from_epoch
from vms.domain.tryouts import Cancel, Look


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
        assert [fired.end for fired in one.fired] == [None], "what was found so far is told"
        child = program(psutil.Process(process.pid))
        assert (await trying.ask(Cancel(id=first), "cam-2")).refusal == "unknown"
        reply = await trying.ask(Cancel(id=first))
        assert reply.tryout is not None
        assert reply.tryout.state == "cancelled"
        assert len(reply.tryout.fired) == 1
        assert reply.tryout.looked_until == from_epoch(START + reply.tryout.looked_s)
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
    """However busy the host is, only its own seconds on a processor count; and none before its first picture."""
    script = """
import io, time
from detectors.tryout import __main__ as one
one.HANGS_S = 0.3
say = one._Voice(io.BytesIO())
say(one.Word())
while time.process_time() < 3:
    pass
print("loaded", flush=True)
say.guard()
say(one.Word())
while True:
    pass
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, timeout=60 * PATIENCE, check=False, stdout=subprocess.PIPE
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGPROF, b"loaded\n")
