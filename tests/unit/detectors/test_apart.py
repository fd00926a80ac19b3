"""Pictures decoded in another process: the same ones, and what kills it or hangs in it is told and no more."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from video_script import grey_steps, packets

from detectors import pictures
from detectors.decoding import CameraDecoder, Decoding
from detectors.sampling import apart as apart_module
from detectors.sampling.apart import STARTING_S, Apart, ApartDecoder, DecoderDied, NotStarted
from detectors.sampling.decoder import CorruptStream, GopDecoder
from tests.support.clocks import ManualClock
from tests.support.footage import encode, packet_of
from tests.support.poison import giant
from tests.support.waiting import wait_until
from vms.domain.clock import SystemClock
from vms.ingest.stream import MediaPacket

STREAM = list(packets(grey_steps(60)))
GARBAGE = [one._replace(payload=b"\0\0\1\x65" + np.random.default_rng(1).bytes(300)) for one in STREAM * 2]


@pytest.fixture
def apart() -> Iterator[Apart]:
    apart = Apart(SystemClock())
    first = decoder(apart, "first")
    first.feed(STREAM[0])
    wait_until(first.picture, 30)  # until then it loads its libraries
    yield apart
    apart.close()


def decoder(apart: Apart, camera: str = "c", codec: str = "h264", opened: str = "1") -> ApartDecoder:
    return ApartDecoder(apart, camera, codec, b"", opened)


def assert_same(one: av.VideoFrame | None, other: av.VideoFrame | None) -> None:
    assert one is not None
    assert other is not None
    assert (one.pts, one.width, one.height) == (other.pts, other.width, other.height)
    assert np.array_equal(pictures.bgr(one), pictures.bgr(other))
    assert np.array_equal(pictures.grey(one, 20, 12), pictures.grey(other, 20, 12))


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("size", [(320, 180), (130, 98)])
def test_pictures_are_the_same_as_in_this_process(apart: Apart, codec: str, size: tuple[int, int]) -> None:
    here, there = GopDecoder(codec, b""), decoder(apart, codec=codec)
    wanted = {0, 3, 5, 24, 25, 31, 49}
    for n, packet in enumerate(map(packet_of, encode(codec, size))):
        here.feed(packet)
        there.feed(packet)
        if n in wanted:
            assert_same(there.picture(), here.picture())
    assert there.errors == here.errors == 0
    assert there.group().packets == ()  # no snapshot decodes them in this process


def test_other_formats_and_ranges_come_as_four_two_zero(apart: Apart) -> None:
    for range_, profile in (("pc", "high"), ("tv", "high422")):
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height = 64, 48
        encoder.pix_fmt = "yuv422p" if profile == "high422" else "yuvj420p"
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": f"range={range_}"}
        picture = np.random.default_rng(2).integers(0, 255, (6, 8, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = 0
        unit = b"".join(bytes(one) for one in [*encoder.encode(frame), *encoder.encode(None)])
        here, there = GopDecoder("h264", b""), decoder(apart, opened=profile)
        for one in (here, there):
            one.feed(MediaPacket(unit, 0, 0, True, 0.0))
        expected, found = here.picture(), there.picture()
        assert expected is not None
        assert found is not None
        difference = np.abs(pictures.bgr(found).astype(int) - pictures.bgr(expected)).mean()
        assert difference < 6, (profile, expected.format.name, difference)  # half the rows of colour are gone


def test_a_death_is_told_to_the_one_who_was_served_and_the_others_go_on_at_a_key_frame(apart: Apart) -> None:
    guilty, other = decoder(apart, "guilty"), decoder(apart, "other", opened="2")
    for packet in STREAM[:3]:
        for one in (guilty, other):
            one.feed(packet)
            assert one.picture() is not None
    killed = apart.pid
    assert killed is not None
    os.kill(killed, signal.SIGSEGV)
    guilty.feed(STREAM[3])
    with pytest.raises(DecoderDied) as died:
        guilty.picture()
    assert (died.value.camera, died.value.hung) == ("guilty", False)
    assert "-11" in str(died.value)
    for packet in STREAM[3:20]:
        other.feed(packet)
        assert other.picture() is None
    assert apart.pid not in (None, killed)
    other.feed(STREAM[20])
    wait_until(other.picture, 30)
    assert not Path(f"/proc/{killed}").exists()  # reaped


def test_one_that_hangs_is_killed(apart: Apart) -> None:
    hanging = decoder(apart)
    hanging.feed(STREAM[0])
    assert hanging.picture() is not None
    assert apart.pid is not None
    os.kill(apart.pid, signal.SIGSTOP)
    hanging.feed(STREAM[1])
    with pytest.raises(DecoderDied) as died:
        hanging.picture()
    assert died.value.hung
    assert apart.pid is None


def test_garbage_is_called_corrupt_by_the_other_process_too(apart: Apart) -> None:
    there = decoder(apart)

    def feed_all() -> None:
        for packet in GARBAGE:
            there.feed(packet)
            there.picture()

    with pytest.raises(CorruptStream) as corrupt:
        feed_all()
    assert not isinstance(corrupt.value, DecoderDied)
    assert apart.pid is not None


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAM_PASS", "geheim")
    monkeypatch.setenv("VMS_NATS_URL", "nats://user:geheim@h")


@pytest.mark.usefixtures("secrets")
def test_the_other_process_knows_no_secret_and_ends_with_us(apart: Apart) -> None:
    assert b"geheim" not in Path(f"/proc/{apart.pid}/environ").read_bytes()
    process = apart._process
    assert process is not None
    process.link.close()  # as the kernel does when we die
    assert wait_until(lambda: process.popen.poll() is not None, 10)


@pytest.fixture
def decoding(tmp_path: Path) -> Iterator[tuple[Decoding, ManualClock]]:
    clock = ManualClock()
    decoding = Decoding(tmp_path, clock)
    yield decoding, clock
    decoding.close()


def test_a_stream_with_errors_moves_to_the_other_process_and_back(decoding: tuple[Decoding, ManualClock]) -> None:
    all_of_them, clock = decoding
    one = all_of_them.decoder("c", "h264", b"")
    torn = STREAM[5]._replace(payload=GARBAGE[0].payload, keyframe=False)
    for packet in [*STREAM[:5], torn, *STREAM[6:20]]:
        one.feed(packet)
        one.picture()
    assert all_of_them.why_apart("c") == "errors"
    assert all_of_them._apart.pid is None
    for packet in STREAM[20:24]:
        one.feed(packet)
        wait_until(one.picture, 30)
    assert all_of_them._apart.pid is not None
    assert one.group().packets == ()
    clock.advance(7200)
    for packet in STREAM[40:]:
        one.feed(packet)
        assert one.picture() is not None
    assert all_of_them.why_apart("c") is None
    assert len(one.group().packets) == 20


def test_who_killed_the_other_process_is_known_by_name(decoding: tuple[Decoding, ManualClock]) -> None:
    all_of_them, clock = decoding
    streams: dict[str, CameraDecoder] = {}
    for camera in ("guilty", "innocent"):
        all_of_them.blame(camera, "inside")
        streams[camera] = all_of_them.decoder(camera, "h264", b"")
        streams[camera].feed(STREAM[0])
        wait_until(streams[camera].picture, 30)
    assert all_of_them._apart.pid is not None
    os.kill(all_of_them._apart.pid, signal.SIGSEGV)
    streams["guilty"].feed(STREAM[1])
    with pytest.raises(DecoderDied):
        streams["guilty"].picture()
    clock.advance(7200)
    assert [all_of_them.why_apart(camera) for camera in streams] == ["died", None]


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Puts a shell's ``lines`` before Python when the other process is started."""
    path = folder / "python"
    path.write_text("\n".join(["#!/bin/sh", *lines, f'exec {sys.executable} "$@"\n']), encoding="utf-8")
    path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_slow_start_is_waited_for_and_nobody_is_blamed(
    decoding: tuple[Decoding, ManualClock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them, clock = decoding
    monkeypatch.setattr(apart_module, "TURN_S", 0.1)
    program(tmp_path, monkeypatch, f"while [ ! -e {tmp_path}/loaded ]; do sleep 0.05; done")
    all_of_them.blame("c", "inside")
    one = all_of_them.decoder("c", "h264", b"")
    for packet in STREAM[:3]:
        one.feed(packet)
        assert one.picture() is None
    clock.advance(STARTING_S - 1)
    assert one.picture() is None
    assert all_of_them._apart.pid is not None
    clock.advance(2)
    with pytest.raises(NotStarted, match="nothing for 61 s"):
        one.picture()
    assert all_of_them._apart.pid is None
    assert one.picture() is None  # it is started anew
    (tmp_path / "loaded").touch()
    newest = wait_until(one.picture, 30)
    assert newest.pts == STREAM[2].pts
    assert all_of_them.why_apart("c") == "inside"


def test_a_process_that_cannot_be_started_is_told_and_nobody_is_blamed(
    decoding: tuple[Decoding, ManualClock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them, _ = decoding
    monkeypatch.setattr(apart_module, "TURN_S", 30.0)
    all_of_them.blame("c", "inside")
    one = all_of_them.decoder("c", "h264", b"")
    one.feed(STREAM[0])
    program(tmp_path, monkeypatch, "exit 3")
    with pytest.raises(NotStarted, match="ended with 3"):
        one.picture()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(NotStarted, match="No such file"):
        one.picture()
    assert all_of_them.why_apart("c") == "inside"


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_giant_is_refused_before_it_is_given_memory(codec: str) -> None:
    decoder = GopDecoder(codec, b"")
    decoder.feed(MediaPacket(giant(codec), 0, 0, True, 0.0))
    with pytest.raises(CorruptStream, match=r"pictures of 16384 × \d+ are too large"):
        decoder.picture()
