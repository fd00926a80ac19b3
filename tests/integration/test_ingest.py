"""Pulling streams: from GStreamer's RTSP server, and from scripted servers that do what no real one does.

Everything that has to wait for a bound in seconds waits side by side, so the whole takes little longer than one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import av
import pytest

from tests.support.footage import Unit, decode_units, looped
from tests.support.gst_camera import GstServer, gst_server
from tests.support.scripted_rtsp import (
    UNITS,
    Connection,
    ScriptedCamera,
    closing_after,
    frozen_after,
    good,
    only_to_libav,
    rtcp_after,
    rtcp_only,
    scripted,
    silent,
    status,
    trickling,
    trickling_to_libav,
)
from tests.support.sinks import RecordingSink
from tests.support.waiting import wait_until
from vms.domain.clock import SystemClock
from vms.ingest import backoff, reader, sockets
from vms.ingest.reader import StreamReader, Watchdog

SECRET = "geheim"


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> None:
    av.logging.set_level(None)


class Pull:
    """A reader, its sink, and the watchdog that looks after it."""

    def __init__(self, watchdog: Watchdog, url: str) -> None:
        self.sink = RecordingSink()
        self.reader = StreamReader(url.rpartition("/")[2], "main", url, self.sink, SystemClock())
        watchdog.add(self.reader)
        self.reader.start()

    def got(self, packets: int) -> bool:
        return len(self.sink.packets) >= packets

    def units(self, run: int = 0) -> tuple[Unit, ...]:
        return tuple(Unit(p.payload, p.pts, p.dts, p.keyframe) for p in self.sink.of_run(run))


@pytest.fixture
def pulls() -> Iterator[Any]:
    watchdog = Watchdog()
    watchdog.start()
    made: list[Pull] = []

    def pull(url: str) -> Pull:
        made.append(Pull(watchdog, url))
        return made[-1]

    yield pull
    watchdog.close()
    for one in made:
        one.reader.stop()
    assert all([one.reader.join(5) for one in made]), "a thread did not end"  # noqa: C419


@pytest.fixture(scope="module")
def gst() -> Iterator[GstServer]:
    mounts: dict[str, dict[str, Any]] = {
        "/h264": {"gop": 25},
        "/h265": {"codec": "h265", "gop": 25},
        "/bframes": {"bframes": 2, "gop": 25},
        "/audio": {"codec": "audio"},
        "/mjpeg": {"codec": "mjpeg", "size": [320, 240]},
    }
    with gst_server(mounts) as server:
        yield server


@pytest.fixture(scope="module")
def guarded() -> Iterator[GstServer]:
    with gst_server({"/right": {}, "/wrong": {}, "/none": {}}, user="admin", password="p@ss:w/1") as server:
        yield server


def test_real_streams(gst: GstServer, pulls: Any) -> None:
    streams = {name: pulls(gst.url(f"/{name}")) for name in ("h264", "h265", "bframes")}
    for pull in streams.values():
        wait_until(lambda pull=pull: pull.got(80), 30)
    for name, pull in streams.items():
        codec = "hevc" if name == "h265" else "h264"
        run, units = pull.sink.runs[0], pull.units()
        assert (run.info.codec, run.info.width, run.info.height) == (codec, 640, 360)
        assert units[0].key
        dts = [u.dts for u in units]
        assert all(b > a for a, b in zip(dts, dts[1:], strict=False)), name
        pictures = decode_units(codec, units)
        # libav hands the pictures out in the order in which they are shown: so must our times be.
        shown = [p.pts for p in pictures]
        assert shown == sorted(shown), name
        assert len(pictures) == len(units)
        assert abs(run.utc(units[-1].pts) - SystemClock().utc()) < 5
    assert any(u.pts > later.pts for u, later in zip(*(streams["bframes"].units()[i:] for i in (0, 1)), strict=False))


def test_what_is_wrong_is_named(gst: GstServer, guarded: GstServer, pulls: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted(status("453 Not Enough Bandwidth"), status("403 Forbidden")) as (busy, forbidden):
        right = pulls(guarded.url("/right", "admin:p%40ss%3Aw%2F1"))
        cases = {
            "not_found": pulls(gst.url("/nowhere")),
            "no_video": pulls(gst.url("/audio")),
            "unsupported_codec": pulls(gst.url("/mjpeg")),
            "unauthorized": pulls(guarded.url("/wrong", f"admin:{SECRET}")),
            "unreachable": pulls(f"rtsp://admin:{SECRET}@127.0.0.1:9/x"),
            "busy": pulls(busy.url),
            "forbidden": pulls(forbidden.url),
            "configuration": pulls(f"rtsp://admin:{SECRET}@127.0.0.1:99999/x"),
        }
        without = pulls(guarded.url("/none"))
        for reason, pull in {**cases, "unauthorized, asked without": without}.items():
            troubles = wait_until(lambda pull=pull: pull.sink.troubles, 15, reason)
            assert troubles[0][0] == reason.partition(",")[0], troubles
            assert SECRET not in str(troubles)
            assert pull.sink.runs == []
        wait_until(lambda: right.got(5), 15, "the right password is taken")
    assert SECRET not in caplog.text
    assert "p@ss" not in caplog.text
    assert "%40" not in caplog.text


def test_a_redirect_is_refused_and_not_followed(pulls: Any) -> None:
    with scripted(silent) as (elsewhere,):
        target = f"rtsp://127.0.0.1:{elsewhere.port}/x"
        with scripted(status("302 Moved Temporarily", Location=target)) as (camera,):
            pull = pulls(camera.url)
            wait_until(lambda: pull.sink.troubles, 10)
            assert pull.sink.reasons == ["redirected"]
            assert "facility file" in pull.sink.troubles[0][1]
            assert (elsewhere.connections, camera.sessions) == (0, 0)


DEAD = {
    "accepts and stays silent": silent,
    "trickles its head": trickling,
    "trickles its head to libav": only_to_libav(trickling_to_libav),
    "sends RTCP alone": rtcp_only,
    "freezes": frozen_after(30),
    "goes on with RTCP alone": rtcp_after(30),
}


def test_every_kind_of_dead_camera_is_seen_in_ten_seconds_and_disturbs_no_other(pulls: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    with scripted(good, *DEAD.values()) as (camera, *dead):
        living = pulls(camera.url)
        sick = {name: pulls(one.url) for name, one in zip(DEAD, dead, strict=True)}
        wait_until(lambda: living.got(25), 10)
        begun = SystemClock().monotonic()
        # The two that send 30 frames first stop 1.2 s later.
        wait_until(lambda: all(p.sink.troubles for p in sick.values()), 11.2, "every one is seen")
        assert {p.sink.reasons[0] for p in sick.values()} == {"timeout"}
        assert [p.reader.abandoned for p in sick.values()] == [0] * len(sick)
        for name in ("freezes", "goes on with RTCP alone"):
            assert [reason for _, reason in sick[name].sink.ends] == ["timeout"]
            wait_until(lambda name=name: len(sick[name].sink.runs) > 1, 10, "it is pulled again")
        assert living.sink.order == ["begin", "packet"]
        seconds = SystemClock().monotonic() - begun
        assert len(living.sink.packets) >= 25 * (seconds - 1)
    assert SECRET not in caplog.text


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
    pulls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "SILENCE_S", 2.0)
    with scripted(nvr) as (box,):
        base = f"rtsp://127.0.0.1:{box.port}"
        living = [pulls(f"{base}/living-{n}") for n in range(4)]
        dead = [pulls(f"{base}/dead-{n}") for n in range(4)]
        wait_until(lambda: all(p.sink.ends for p in dead), 15)
        assert {reason for p in dead for _, reason in p.sink.ends} == {"timeout"}
        assert [p.reader.abandoned for p in dead] == [0] * 4
        assert all(p.sink.ends == [] and p.got(50) for p in living)


def test_a_thread_that_cannot_be_freed_is_replaced_and_never_heard_again(
    pulls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "SILENCE_S", 1.5)
    monkeypatch.setattr(reader, "GRACE_S", 0.5)
    monkeypatch.setattr(sockets, "shut_down", lambda connection: False)
    first = threading.Event()
    release = threading.Event()

    def behave(connection: Connection) -> None:
        if not connection.shake_hands():
            return
        if first.is_set():
            connection.play(looped(UNITS, 20))
        first.set()
        connection.play(UNITS[:30])
        while not release.is_set():
            connection.sender_report()
            connection.pause(0.2)
        connection.play(UNITS[30:60], fps=250)  # it comes back, when nobody asks for it any more

    with scripted(behave) as (camera,):
        pull = pulls(camera.url)
        wait_until(lambda: len(pull.sink.runs) == 2 and len(pull.sink.of_run(1)) > 20, 15)
        assert pull.reader.abandoned == 1
        assert pull.sink.ends == [(pull.sink.runs[0], "timeout")]
        threads = threading.active_count()
        release.set()
        wait_until(lambda: threading.active_count() < threads, 10, "the abandoned thread ends")
        assert len(pull.sink.ends) == 1
        assert len(pull.sink.of_run(0)) <= 30


def test_a_server_frozen_and_resumed(pulls: Any) -> None:
    with gst_server({"/cam": {"gop": 25}}) as server:
        pull = pulls(server.url("/cam"))
        wait_until(lambda: pull.got(30), 15)
        assert pull.sink.troubles == []
        server.freeze()
        wait_until(lambda: pull.sink.troubles, 10, "seen")
        assert pull.sink.ends[0][1] == "timeout"
        server.thaw()
        wait_until(lambda: len(pull.sink.runs) == 2 and len(pull.sink.of_run(1)) > 5, 15, "resumed")


def test_a_server_killed_and_started_again(pulls: Any) -> None:
    with gst_server({"/cam": {"gop": 25}}) as server:
        pull = pulls(server.url("/cam"))
        wait_until(lambda: pull.got(30), 15)
        server.kill()
        wait_until(lambda: "unreachable" in pull.sink.reasons, 10)
        assert len(pull.sink.ends) == 1
        server.start()
        wait_until(lambda: len(pull.sink.runs) == 2 and len(pull.sink.of_run(1)) > 5, 10, "pulled again")


@pytest.mark.parametrize("name", [*DEAD, "a living one", "one that refuses"])
def test_stop_ends_the_thread_wherever_it_is(name: str) -> None:
    behaviour = {**DEAD, "a living one": good, "one that refuses": status("404 Not Found")}[name]
    with scripted(behaviour) as (camera,):
        sink = RecordingSink()
        one = StreamReader("c", "main", camera.url, sink, SystemClock())
        one.start()
        if behaviour in (silent, trickling):
            wait_until(lambda: camera.open, 5)
        elif name == "one that refuses":
            wait_until(lambda: sink.troubles, 5)
        elif name in ("trickles its head to libav", "sends RTCP alone"):
            wait_until(lambda: camera.connections == 2, 5)
            peer = ("127.0.0.1", camera.port)
            wait_until(lambda: sockets.connections_to(peer), 5)
        else:
            wait_until(lambda: sink.packets, 5)
        begun = SystemClock().monotonic()
        one.stop()
        assert one.join(2)
        assert SystemClock().monotonic() - begun < 2
        assert len(sink.ends) == len(sink.runs)


def test_twenty_reconnections_leak_nothing(pulls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_S", 0.01)
    monkeypatch.setattr(backoff, "LAST_S", 0.02)

    def held() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    with scripted(closing_after(10)) as (camera,):
        pull = pulls(camera.url)
        most = []
        for sessions in (5, 25):
            wait_until(lambda sessions=sessions: len(pull.sink.ends) >= sessions, 30)
            pull.sink.packets.clear()
            most.append(_least(held, camera))
        (descriptors, threads), (later_descriptors, later_threads) = most
        assert later_descriptors <= descriptors + 2
        assert later_threads <= threads + 1
        assert {reason for _, reason in pull.sink.ends} == {"ended"}


def _least(held: Any, camera: ScriptedCamera) -> tuple[int, int]:
    """The smallest of many looks: between two sessions nothing of either is held."""
    looks = []
    with contextlib.suppress(AssertionError):
        wait_until(lambda: looks.append(held()), 1)
    return min(d for d, _ in looks), min(t for _, t in looks)
