"""Cameras that hang, and readers that stop, as scripted servers do it: seen, freed, replaced, nothing leaked.

Everything that has to wait for a bound in seconds waits side by side, so the whole takes little longer than one.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.support.footage import Unit, looped
from tests.support.gst_camera import gst_server
from tests.support.pulling import Pull, pulling
from tests.support.scripted_rtsp import (
    UNITS,
    Connection,
    closing_after,
    frozen_after,
    good,
    h264_sdp,
    offering,
    rtcp_after,
    rtcp_only,
    scripted,
    silent,
    status,
    trickling,
    trickling_after,
)
from tests.support.sinks import RecordingSink
from tests.support.waiting import wait_until
from vms.domain.clock import SystemClock
from vms.ingest import backoff, connection, opening, reader
from vms.ingest.reader import StreamReader
from vms.ingest.stream import MediaPacket, Run
from vms.media import nal

pytestmark = pytest.mark.faults

SECRET = "geheim"


DEAD = {
    "accepts and stays silent": silent,
    "trickles its head": trickling,
    "trickles its answer to SETUP": trickling_after("SETUP"),
    "trickles its answer to PLAY": trickling_after("PLAY"),
    "sends RTCP alone": rtcp_only,
    "freezes": frozen_after(30),
    "goes on with RTCP alone": rtcp_after(30),
}


#: Frames that those two send before they go dead, in seconds.
ALIVE_S = {"freezes": 1.2, "goes on with RTCP alone": 1.2}


def seen_after(sick: dict[str, Pull]) -> dict[str, float]:
    """Waits until each one's reader is troubled; seconds from now until each was."""
    clock, found = SystemClock(), {}
    begun = clock.monotonic()

    def all_seen() -> bool:
        found.update(
            {n: clock.monotonic() - begun for n, pull in sick.items() if n not in found and pull.sink.troubles}
        )
        return len(found) == len(sick)

    wait_until(all_seen, 12, "every one is seen")
    return {name: after - ALIVE_S.get(name, 0) for name, after in found.items()}


def frames_missing(pull: Pull) -> int:
    """Frames of the loop that never came, between the first and the last."""
    places = {list(nal.split(unit.payload))[-1]: place for place, unit in enumerate(UNITS)}
    came = [places[list(nal.split(packet.payload))[-1]] for packet in pull.packets()]
    return sum((later - one - 1) % len(UNITS) for one, later in itertools.pairwise(came))


def test_every_kind_of_dead_camera_is_seen_in_ten_seconds_and_disturbs_no_other(
    pulls: Callable[[str], Pull], caplog: Any, figure: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted(good, *DEAD.values()) as (camera, *dead):
        living = pulls(camera.url)
        wait_until(lambda: living.got(25), 10)
        begun = SystemClock().monotonic()
        sick = {name: pulls(one.url) for name, one in zip(DEAD, dead, strict=True)}
        after = seen_after(sick)
        assert {p.sink.reasons[0] for p in sick.values()} == {"timeout"}
        assert [p.reader.abandoned for p in sick.values()] == [0] * len(sick)
        for name in ("freezes", "goes on with RTCP alone"):
            assert [reason for _, reason in sick[name].sink.ends] == ["timeout"]
            wait_until(lambda name=name: len(sick[name].sink.runs) > 1, 10, "it is pulled again")
        assert living.sink.order == ["begin", "packet"]
        seconds = SystemClock().monotonic() - begun
        assert len(living.sink.packets) >= 25 * seconds / 2  # half its rate: the machine may be busy, it has not stood
        assert frames_missing(living) == 0
        again = {name: one.connections for name, one in zip(DEAD, dead, strict=True)}
        assert min(again.values()) > 1, again
    slowest = max(after, key=after.__getitem__)
    figure(
        6,
        f"a camera {', '.join(DEAD)}",
        f"each seen and tried again; the slowest ({slowest}) after {after[slowest]:.1f} s; of the camera beside them "
        f"0 of {len(living.sink.packets)} frames missing",
        "≤ 10 s; others untouched",
        "1",
    )
    assert SECRET not in caplog.text


def headers_alone(connection: Connection) -> None:
    """Video is offered and comes; but there is no picture in it (SEI units)."""
    if connection.shake_hands():
        connection.play([Unit(b"\0\0\1\x06\x05\x04none\x80", n * 3600, n * 3600, False) for n in range(2500)])


def test_a_camera_without_pictures_is_seen_in_ten_seconds(pulls: Callable[[str], Pull], figure: Any) -> None:
    audio = h264_sdp(1).replace("m=video 0 RTP/AVP 96", "m=audio 0 RTP/AVP 8").replace("96 H264/90000", "8 PCMA/8000")
    with gst_server({"/audio": {"codec": "audio"}}) as gst, scripted(offering(audio), headers_alone) as (spoken, empty):
        sick = {"audio alone": pulls(gst.url("/audio")), "audio alone, scripted": pulls(spoken.url)}
        sick["video without pictures"] = pulls(empty.url)
        after = seen_after(sick)
    reasons = {name: pull.sink.reasons[0] for name, pull in sick.items()}
    assert reasons == {
        "audio alone": "no_video", "audio alone, scripted": "no_video", "video without pictures": "timeout",
    }  # fmt: skip
    said = ", ".join(
        f"{name} {after[name]:.1f} s ({reasons[name]})" for name in ("audio alone", "video without pictures")
    )
    figure(7, "audio alone, or video without a picture", said, "≤ 10 s", "1")


def nvr(connection: Connection) -> None:
    """Many cameras behind one address; those named so go dead after their first second."""
    if connection.shake_hands():
        if "dead" not in connection.target:
            connection.play(looped(UNITS, 20))
        connection.play(UNITS[:25])
        while True:
            connection.sender_report()
            connection.pause(0.5)


def test_a_hung_session_among_many_at_one_address_is_the_one_that_is_freed(
    pulls: Callable[[str], Pull], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SILENCE_S", 2.0)
    with scripted(nvr) as (box,):
        base = f"rtsp://127.0.0.1:{box.port}"
        living = [pulls(f"{base}/living-{n}") for n in range(4)]
        dead = [pulls(f"{base}/dead-{n}") for n in range(4)]
        wait_until(lambda: all(p.sink.ends for p in dead), 15)
        assert {reason for p in dead for _, reason in p.sink.ends} == {"timeout"}
        assert [p.reader.abandoned for p in dead] == [0] * 4
        assert all(p.sink.ends == [] and p.got(50) for p in living)


class HangingOnce(RecordingSink):
    """A decoder that does not come back, until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def packet(self, run: Run, packet: MediaPacket) -> None:
        super().packet(run, packet)
        if len(self.packets) == 30:
            self.release.wait()


def test_a_thread_that_hangs_in_its_sink_is_replaced_and_never_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SILENCE_S", 1.5)
    monkeypatch.setattr(reader, "GRACE_S", 0.5)
    with scripted(good) as (camera,), pulling(alone=True) as pulls:
        sink = HangingOnce()
        pull = pulls(camera.url, sink)
        wait_until(lambda: len(sink.runs) == 2 and len(sink.of_run(1)) > 20, 15)
        assert pull.reader.abandoned == 1
        assert sink.ends == [(sink.runs[0], "timeout")]
        threads = threading.active_count()
        sink.release.set()
        wait_until(lambda: threading.active_count() < threads, 10, "the abandoned thread ends")
        assert len(sink.ends) == 1
        assert len(sink.of_run(0)) == 30


@pytest.mark.parametrize("name", [*DEAD, "a living one", "one that refuses"])
def test_stop_ends_the_thread_wherever_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without limits of their own, so that stopping alone can free it.
    monkeypatch.setattr(connection, "SILENCE_S", 600.0)
    monkeypatch.setattr(opening, "play", partial(opening.play, timeout_s=600))
    behaviour = {**DEAD, "a living one": good, "one that refuses": status("404 Not Found")}[name]
    with scripted(behaviour) as (camera,):
        sink = RecordingSink()
        one = StreamReader("c", "main", camera.url, sink, SystemClock())
        one.start()
        if name == "one that refuses":
            wait_until(lambda: sink.troubles, 5)
        elif name in ("accepts and stays silent", "sends RTCP alone") or behaviour is trickling or "answer" in name:
            wait_until(lambda: camera.open, 5)
        else:
            wait_until(lambda: sink.packets, 5)
        one.stop()
        assert one.join(60)
        assert len(sink.ends) == len(sink.runs)


def test_twenty_reconnections_leak_nothing(pulls: Callable[[str], Pull], monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that is not closed costs a socket and a thread each time."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.01)
    monkeypatch.setattr(backoff, "LAST_S", 0.02)

    def held() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    with scripted(closing_after(10)) as (camera,):
        descriptors, threads = held()
        pull = pulls(camera.url)
        wait_until(lambda: len(pull.sink.ends) >= 20, 40)
        # Of the one session that may be open now, both ends are in this process.
        wait_until(lambda: held()[0] <= descriptors + 6 and held()[1] <= threads + 3, 5)
        assert {reason for _, reason in pull.sink.ends} == {"ended"}
