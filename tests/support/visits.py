"""Drawn rooms as a camera's access units: somebody comes and walks about at known times, else nobody is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from tests.support.footage import Unit, coded
from vms.ingest.stream import TIMESCALE

FPS = 10
SIZE = (320, 180)


def drawn(visits: Sequence[tuple[float, float]], seconds: float, fps: int = FPS) -> Iterator[np.ndarray]:
    """Pictures (BGR) of a room with a pattern; somebody dark walks through it during each of ``visits`` (seconds)."""
    width, height = SIZE
    room = np.random.default_rng(3).integers(120, 200, (height // 4, width // 4, 1), np.uint8)
    room = np.repeat(np.repeat(np.repeat(room, 4, 0), 4, 1), 3, 2)
    for number in range(round(seconds * fps)):
        at = number / fps
        picture = room.copy()
        for start, end in visits:
            if start <= at < end:
                left = 40 + round(40 * (at - start)) % 200
                picture[60:150, left : left + 34] = 20
        yield picture


def filmed(
    visits: Sequence[tuple[float, float]], seconds: float, *, size: tuple[int, int] = SIZE, fps: int = FPS
) -> tuple[Unit, ...]:
    """H.264 with parameter sets before each key frame, every 2 s; dts and pts from zero."""
    return coded(drawn(visits, seconds, fps), size, fps)


def remuxed(path: Path) -> tuple[Unit, ...]:
    """The access units of an H.264 file as a camera would send them, its times from zero."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        annex_b = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        packets = [one for packet in container.demux(stream) if packet.size for one in annex_b.filter(packet)]
        scale = float(stream.time_base or 0) * TIMESCALE
        first = min(packet.dts for packet in packets)
        return tuple(
            Unit(bytes(p), round((p.pts - first) * scale), round((p.dts - first) * scale), bool(p.is_keyframe))
            for p in packets
        )
