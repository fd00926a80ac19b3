"""Pulling streams from GStreamer's RTSP server, frozen and killed too; what is wrong with a camera is named.

Cameras that hang are in ``test_dead_cameras``.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.footage import decode_units
from tests.support.gst_camera import GstServer, gst_server
from tests.support.pulling import pulling
from tests.support.scripted_rtsp import scripted, silent, status
from tests.support.waiting import wait_until
from vms.domain.clock import SystemClock
from vms.ingest.anchor import MAX_DRIFT_S

SECRET = "geheim"


@pytest.fixture
def pulls() -> Iterator[Any]:
    with pulling() as pull:
        yield pull


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
    clock = SystemClock()
    streams = {name: pulls(gst.url(f"/{name}")) for name in ("h264", "h265", "bframes")}
    for pull in streams.values():
        wait_until(lambda pull=pull: pull.got(80), 30)
    for name, pull in streams.items():
        codec = "hevc" if name == "h265" else "h264"
        run, units = pull.sink.runs[0], pull.units()
        assert (run.info.codec, run.info.width, run.info.height) == (codec, 640, 360)
        assert units[0].key
        dts = [u.dts for u in units]
        assert all(b > a for a, b in itertools.pairwise(dts)), name
        pictures = decode_units(codec, units)
        # libav hands the pictures out in the order in which they are shown: so must our times be.
        shown = [p.pts for p in pictures]
        assert shown == sorted(shown), name
        assert len(pictures) == len(units)
        # Labelled with the time of arrival, less what camera and network delayed: the quickest packet sets the label,
        # and a quicker one that comes later may be ahead of it by what is still taken for a drift.
        early = [packet.arrival - clock.monotonic() + clock.utc() - run.utc(packet.pts) for packet in pull.packets()]
        assert -MAX_DRIFT_S <= min(early) < 0.1, name
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
            assert elsewhere.connections == 0


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
