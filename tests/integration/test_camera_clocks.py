"""What real sessions tell of a camera's clock: sender reports from real servers, timestamps that wrap."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.footage import Unit, encode, looped
from tests.support.gst_camera import gst_server
from tests.support.pulling import Pull, pulling
from tests.support.scripted_rtsp import Behaviour, Connection, scripted
from tests.support.waiting import wait_until
from vms.ingest.stream import TIMESCALE

UNITS = encode("h264", (64, 48), frames=50, gop=10)
WRAP = 1 << 32


@pytest.fixture
def pulls() -> Iterator[Callable[[str], Pull]]:
    with pulling() as pull:
        yield pull


def offset(pull: Pull) -> float | None:
    return pull.sink.runs[-1].clock().offset_s if pull.sink.runs else None


def ahead_by(seconds: float) -> Behaviour:
    """A camera whose clock is wrong by so much; it reports once a second, as cameras do."""

    def behave(connection: Connection) -> None:
        if connection.shake_hands():
            units = looped(UNITS, 20)
            for second in (units[at : at + 25] for at in range(0, len(units), 25)):
                connection.sender_report(time.time() + seconds, second[0].pts)
                connection.play(second)

    return behave


def wrapping(connection: Connection) -> None:
    """RTP's 32 bits are used up after two seconds."""
    if connection.shake_hands():
        start = WRAP - 2 * TIMESCALE
        connection.play([Unit(u.payload, u.pts + start, u.dts + start, u.key) for u in looped(UNITS, 4)])


@pytest.mark.usefixtures("gstreamer")
def test_an_independent_server_tells_its_clock(pulls: Any) -> None:
    """Both ends have one clock: what is left is the way through encoder and network."""
    with gst_server({"/cam": {"gop": 25, "size": [160, 120]}}) as server:
        pull = pulls(server.url("/cam"))
        wait_until(lambda: offset(pull) is not None, 30)
        found = offset(pull)
        assert found is not None
        assert abs(found) < 5


@pytest.mark.parametrize("seconds", [-3600.0, 90.0])
def test_a_wrong_clock_is_measured_and_labels_stay_ours(pulls: Any, seconds: float) -> None:
    with scripted(ahead_by(seconds)) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: offset(pull) is not None, 20)
        assert offset(pull) == pytest.approx(seconds, abs=5)
        run, last = pull.sink.packets[-1]
        assert abs(run.utc(last.pts) - time.time()) < 5


def test_a_wrapped_rtp_clock_is_one_run(pulls: Any) -> None:
    """The session sees time that only grows."""
    with scripted(wrapping) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: pull.got(150), 30)
        assert len(pull.sink.runs) == 1
        dts = [packet.dts for packet in pull.packets()]
        assert all(0 < b - a <= TIMESCALE for a, b in itertools.pairwise(dts))
