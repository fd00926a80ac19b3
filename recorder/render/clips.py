"""Stretches of a recorded file, decoded, painted over and encoded anew in H.264, at the times of the recording.

One initialisation segment goes before every piece of a file, in any order: it follows from the size of the picture and
the time scale alone. Pictures by themselves are ``frames``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from io import FileIO
from pathlib import Path

import av
import numpy as np

from recorder.layout import PART
from recorder.opening import opened
from recorder.render.frames import NoPicture, decoded, refusing
from vms.domain.rendering import ClipRequest
from vms.media import nal
from vms.media.boxes import Track, init_segment
from vms.media.fitting import fitted
from vms.media.fragmenter import Sample, fragment, length_prefixed
from vms.media.head import read_head
from vms.media.masking import painted
from vms.media.reading import SampleInfo, walk_samples

#: Pixels, of the longer side: a browser plays it anywhere, and one core makes it faster than it is watched.
LONGEST_SIDE = 1280
#: Bits a second, and bytes of a whole piece: the broker lets 8 MB through.
MOST_RATE, WANTED_BYTES, MOST_BYTES = 2_500_000, 4_000_000, 7_000_000
#: Of a camera that sends nothing but key frames more of them a second nobody sees at that speed (seconds).
LEAST_KEY_S = 0.25
#: Says nothing of the time between two pictures, which the recording says.
_NOMINAL_FPS = 25


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is decoded, in this order; and of what is shown the decode and presentation times, each in order."""

    samples: tuple[SampleInfo, ...]
    dts: tuple[int, ...]
    pts: tuple[int, ...]
    end: int  # decode time behind the last


def init(path: Path) -> bytes:
    """What goes before every piece of the file; raises ``NoPicture``."""
    with refusing(), _opened(path) as file:
        return _init(*_measures(file))


def clip(path: Path, asked: ClipRequest, give_up: Callable[[], bool]) -> bytes:
    """One fragment from ``asked.start`` to before ``asked.end``; raises ``NoPicture``.

    Where a picture cannot be decoded the one before it stays, at the beginning the first that can takes its place; so
    does the last one when ``give_up`` says that time is up.
    """
    with refusing(), _opened(path) as file:
        width, height, timescale = _measures(file)
        choose = _keys if asked.what == "keys" else _all
        piece = choose(walk_samples(file), asked.start, asked.end, timescale)
        if piece is None:
            raise NoPicture("no_footage")
        places = {pts: place for place, pts in enumerate(piece.pts)}
        encoder = _encoder(width, height, timescale, (piece.end - piece.dts[0]) / timescale)
        made: list[tuple[int, bytes]] = []  # place, access unit
        size = 0

        def enough() -> bool:
            return size > MOST_BYTES or give_up()

        for frame in decoded(file, piece.samples, timescale, enough):
            place = places.get(-1 if frame.pts is None else frame.pts, -1)
            if place < 0 or (made and place <= made[-1][0]):  # what only had to be decoded, or comes twice
                continue
            picture = painted(frame.reformat(width, height, "yuv420p", interpolation="AREA"), asked.masks)
            picture.pts, picture.time_base = piece.pts[place], Fraction(1, timescale)
            unit = b"".join(bytes(packet) for packet in encoder.encode(picture))
            if (size := size + len(unit)) > MOST_BYTES:
                break
            made.append((place, unit))
    if not made:
        raise NoPicture("undecodable")
    return fragment(1, _samples(piece, made))


def _samples(piece: _Piece, made: list[tuple[int, bytes]]) -> list[Sample]:
    places = [0, *(place for place, _ in made[1:])]  # it begins where the piece does
    ends = [*(piece.dts[place] for place in places[1:]), piece.end]
    return [
        Sample(length_prefixed("h264", unit), piece.dts[place], piece.pts[place], end - piece.dts[place], number == 0)
        for number, (place, end, (_, unit)) in enumerate(zip(places, ends, made, strict=True))
    ]


def _opened(path: Path) -> FileIO:
    for one in (path, path.with_suffix(PART)):
        try:
            return opened(one)
        except FileNotFoundError:
            continue
    return opened(path)  # closed between the two looks


def _measures(file: FileIO) -> tuple[int, int, int]:
    """Width and height of what is made of the file, and its time scale."""
    try:
        track = read_head(file)
    except ValueError as err:
        raise NoPicture("undecodable") from err
    return *fitted(track.sequence.width, track.sequence.height, LONGEST_SIDE), track.timescale


def _all(fragments: Iterable[tuple[SampleInfo, ...]], start: int, end: int, _: int) -> _Piece | None:
    group: list[SampleInfo] = []
    for samples in fragments:
        if samples[0].dts >= end:
            break
        if samples[0].keyframe and samples[0].dts <= start:
            group = []
        group += samples
    shown = [sample for sample in group if start <= sample.dts < end]
    if not shown or not group[0].keyframe:
        return None
    last = shown[-1]
    times = tuple(sample.dts for sample in shown), tuple(sorted(sample.pts for sample in shown))
    return _Piece(tuple(group[: group.index(last) + 1]), *times, last.dts + last.duration)


def _keys(fragments: Iterable[tuple[SampleInfo, ...]], start: int, end: int, timescale: int) -> _Piece | None:
    keys: list[SampleInfo] = []
    until = end
    for samples in fragments:
        first = samples[0]
        if first.dts >= end:
            break
        until = samples[-1].dts + samples[-1].duration
        if first.keyframe and first.dts >= start and (
            not keys or first.dts - keys[-1].dts >= LEAST_KEY_S * timescale
        ):  # fmt: skip
            keys.append(first)
    if not keys:
        return None
    times = tuple(key.dts for key in keys), tuple(key.pts for key in keys)
    return _Piece(tuple(keys), *times, max(min(end, until), keys[-1].dts + 1))


@functools.lru_cache(maxsize=64)
def _init(width: int, height: int, timescale: int) -> bytes:
    encoder = _encoder(width, height, timescale, 1.0)
    grey = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 128, np.uint8), format="yuv420p")
    grey.pts, grey.time_base = 0, Fraction(1, timescale)
    sets = nal.parameter_sets("h264", b"".join(bytes(packet) for packet in encoder.encode(grey)))
    return init_segment(Track.of("h264", sets, timescale))


def _encoder(width: int, height: int, timescale: int, seconds: float) -> av.VideoCodecContext:
    """For one piece of so many seconds. Of its options only those that parameter sets do not tell of may differ between
    pieces; ``stitchable`` keeps x264 from fitting these to the pictures."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, timescale), Fraction(_NOMINAL_FPS)
    context.thread_count = 1
    rate = round(min(MOST_RATE, 8 * WANTED_BYTES / max(seconds, 1.0)))
    context.options = {
        "preset": "ultrafast", "tune": "zerolatency", "crf": "24", "level": "4.0",
        "maxrate": str(rate), "bufsize": str(rate),
        "x264-params": "stitchable=1:keyint=infinite:scenecut=0:bframes=0:threads=1:sliced-threads=0",
    }  # fmt: skip
    return context
