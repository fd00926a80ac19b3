"""Small films really encoded, and what can be done to them packet by packet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from detectors.evaluation.intact import sound_pictures
from detectors.evaluation.sequence import footage_of
from tests.support.footage import encode
from vms.domain.errors import ConfigurationError
from vms.media.boxes import Track, init_segment
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.nal import parameter_sets
from vms.media.packets import padded
from vms.media.parameters import read_sequence

FPS, FRAMES = 10, 120
CODECS = ("h264", "hevc")


def pictures() -> Iterator[np.ndarray]:
    """Something that moves, over a ground with texture."""
    ground = cv2.GaussianBlur(np.random.default_rng(5).integers(0, 255, (180, 320, 3), np.uint8), (0, 0), 1.5)
    for n in range(FRAMES):
        yield np.roll(ground, (n, 3 * n), (0, 1))


def film(
    path: Path, codec: str, *, gop: int = 30, bframes: int = 0, times: Callable[[int], int] = int, more: str = ""
) -> Path:
    """Frame n is shown at ``times(n)`` of ``FPS`` a second, or left out where that is negative."""
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:open-gop=0{more}"
    options = {"preset": "ultrafast", "x264-params": params, "x265-params": f"log-level=none:{params}"}
    del options["x265-params" if codec == "h264" else "x264-params"]
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream({"h264": "libx264", "hevc": "libx265"}[codec], rate=FPS, options=options)
        stream.pix_fmt, stream.width, stream.height = "yuv420p", 320, 180
        stream.codec_context.time_base = Fraction(1, FPS)
        for n, picture in enumerate(pictures()):
            at = times(n)
            if at >= 0:
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts, frame.time_base = at, Fraction(1, FPS)
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@dataclass(frozen=True, slots=True)
class Coded:
    """A packet of a film, in decoding order: where it lies and when it is shown (s)."""

    begin: int
    end: int
    at: float
    key: bool


def coded(path: Path) -> list[Coded]:
    with av.open(str(path)) as container:
        return [
            Coded(packet.pos, packet.pos + packet.size, float(packet.pts * packet.time_base), packet.is_keyframe)
            for packet in container.demux(video=0)
            if packet.size
        ]


def overwrite(path: Path, begin: int, filling: bytes) -> None:
    film = path.read_bytes()
    path.write_bytes(film[:begin] + filling + film[begin + len(filling) :])


def prefixed(unit: bytes) -> bytes:
    """As it lies in an MP4; nothing of nothing."""
    return len(unit).to_bytes(4, "big") + unit if unit else b""


def rewritten(
    source: Path,
    path: Path,
    *,
    keep: Callable[[int], bool] = lambda _n: True,
    earlier: int = 0,
    before: bytes = b"",
    behind: bytes = b"",
    format_: str = "mp4",
) -> Path:
    """The film with those packets alone, in decoding order, so many pictures ``earlier``, a unit ``before`` each.

    ``behind`` each is a packet with that unit alone, half a picture later.
    """
    with av.open(str(source)) as given, av.open(str(path), "w", format=format_) as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for n, packet in enumerate(packet for packet in given.demux(video=0) if packet.size):
            if keep(n):
                assert packet.time_base is not None
                step = int(earlier / FPS / packet.time_base)
                pts, dts, half = packet.pts - step, packet.dts - step, packet.duration // 2
                copy = padded(prefixed(before) + bytes(packet), pts, dts, packet.time_base)
                copy.is_keyframe, copy.stream = packet.is_keyframe, stream
                container.mux(copy)
                if behind:
                    told = padded(prefixed(behind), pts + half, dts + half, packet.time_base)
                    told.stream = stream
                    container.mux(told)
    return path


def recording(codec: str) -> tuple[bytes, list[bytes]]:
    """As the recorder writes it, from 10 s on, as if it were cut out of a longer run: 20 fragments of 5 pictures."""
    units = encode(codec, frames=100, gop=25)
    sets = parameter_sets(codec, units[0].payload)
    samples = [
        Sample(length_prefixed(codec, unit.payload), unit.dts + 900_000, unit.pts + 900_000, 3600, unit.key)
        for unit in units
    ]
    head = init_segment(Track(codec, sets, read_sequence(codec, sets.sps[0]), 90_000))
    return head, [fragment(n // 5 + 1, samples[n : n + 5]) for n in range(0, 100, 5)]


def without(source: Path, path: Path, begin: int, end: int) -> Path:
    """The film without packets ``begin`` to ``end``; the others keep their times."""
    return rewritten(source, path, keep=lambda n: not begin <= n < end)


def check(path: Path, progress: Callable[[float], None] = lambda _share: None) -> tuple[float, ...]:
    return sound_pictures(path, footage_of(path), progress)


def damaged_after(path: Path) -> float:
    with pytest.raises(ConfigurationError) as told:
        check(path)
    found = re.fullmatch(rf"{path} is damaged after ([0-9.]+) s: .+", str(told.value))
    assert found, told.value
    return float(found[1])
