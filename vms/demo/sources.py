"""Pictures of a loop, from a video file or a drawn scene, at the two sizes that a camera sends.

Belongs here: finding and checking footage, decoding, scaling, the grid of constant frame rate. Not here: what is
burnt in, how it is encoded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from vms.demo.counter import Image
from vms.demo.plan import DemoSpec, FileSource, SceneSource, Source
from vms.demo.scenes import FPS as SCENE_FPS
from vms.demo.scenes import SIZE as SCENE_SIZE
from vms.demo.scenes import Scene
from vms.domain.errors import ConfigurationError

MAIN_MAX = (1280, 720)
SMALLEST = (160, 90)
SUB_WIDTH = (480, 640)
"""Least and most pixels across: half of main's within these, and never more than main's own."""
MAIN_FPS, SUB_FPS = 30, 10
GOP_S = 2
_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".ts"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes in pixels and rates of a camera's two streams. Every ``sub_step``-th main frame has a sub frame."""

    main: tuple[int, int]
    sub: tuple[int, int]
    fps: Fraction
    sub_step: int
    gop: int
    """Main frames from key to key; a multiple of ``sub_step``, so that both streams have theirs together."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of the loop as I420 arrays (height · 3 / 2, width); ``sub`` where the sub stream has a frame."""

    index: int
    main: Image
    sub: Image | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A source ready to be read. ``expected`` frames is an estimate, for progress only."""

    shape: Shape
    expected: int
    pictures: Iterator[Picture]


def find_videos(spec: DemoSpec) -> tuple[FileSource, ...]:
    """The footage of ``spec``: the named files in their order, else the folder's, longest first.

    A file with ``<stem>.presence.csv`` beside it comes first. A named file that is missing or no video is an error;
    a folder's is passed over.
    """
    if spec.videos:
        for path in spec.videos:
            probe(path)
        return tuple(FileSource(path, _has_visits(path)) for path in spec.videos)
    if spec.footage is None or not spec.footage.is_dir():
        return ()
    found = []
    for path in sorted(spec.footage.iterdir()):
        if path.suffix.lower() not in _SUFFIXES:
            continue
        try:
            _, _, seconds = probe(path)
        except ConfigurationError:
            continue
        found.append((not _has_visits(path), -seconds, path))
    return tuple(FileSource(path, not unknown) for unknown, _, path in sorted(found))


def _has_visits(path: Path) -> bool:
    return path.with_suffix(".presence.csv").is_file()


def probe(path: Path) -> tuple[tuple[int, int], Fraction, float]:
    """Size, frames per second and seconds of a video file, after decoding its first frame."""
    if not path.is_file():
        raise ConfigurationError(f"video '{path}': no such file")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ConfigurationError(f"video '{path}': has no video track")
            stream = container.streams.video[0]
            frame = next(container.decode(stream), None)
            if frame is None:
                raise ConfigurationError(f"video '{path}': not one frame could be decoded")
            if frame.width < SMALLEST[0] or frame.height < SMALLEST[1]:
                raise ConfigurationError(f"video '{path}': {frame.width}x{frame.height} is too small to be a camera's")
            rate = stream.average_rate or stream.guessed_rate or Fraction(10)
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (container.duration or 0) / 1_000_000
            return (frame.width, frame.height), Fraction(rate), seconds
    except (av.FFmpegError, OSError, ValueError) as err:
        raise ConfigurationError(f"video '{path}': not a video that can be read ({err.__class__.__name__})") from err


def shape_of(size: tuple[int, int], fps: Fraction) -> Shape:
    """The streams for footage of ``size`` and ``fps``: never enlarged; main ≤ 1280 × 720, sub ≤ 640 wide, ≤ 10 fps."""
    fps = fps / max(1, math.ceil(fps / MAIN_FPS))
    step = max(1, math.ceil(fps / SUB_FPS))
    scale = min(1.0, MAIN_MAX[0] / size[0], MAIN_MAX[1] / size[1])
    main = _even(size, scale)
    across = min(main[0], max(SUB_WIDTH[0], min(SUB_WIDTH[1], main[0] // 2)))
    return Shape(main, _even(main, across / main[0]), fps, step, step * max(1, round(GOP_S * fps / step)))


def _even(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(2, int(size[0] * scale) // 2 * 2), max(2, int(size[1] * scale) // 2 * 2)


def open_source(source: Source, *, min_loop_s: float, max_loop_s: float) -> Opened:
    """Open ``source`` for one reading of its whole loop."""
    if isinstance(source, SceneSource):
        shape = shape_of(SCENE_SIZE, Fraction(SCENE_FPS))
        scene = Scene(source.look, source.seed, source.quiet_s, source.covered_s)
        return Opened(shape, scene.frames, _scene_pictures(scene, shape))
    size, rate, seconds = probe(source.path)
    shape = shape_of(size, rate)
    repeats = max(1, math.ceil(min_loop_s / seconds)) if seconds > 0 else 1
    most = int(max_loop_s * shape.fps)
    expected = max(1, min(most, int(seconds * repeats * shape.fps)))
    return Opened(shape, expected, _file_pictures(source.path, shape, int(min_loop_s * shape.fps), most))


def _scene_pictures(scene: Scene, shape: Shape) -> Iterator[Picture]:
    stills: dict[bool, tuple[Image, Image]] = {}  # by whether it is covered: while nobody is there nothing changes
    for index in range(scene.frames):
        pair = stills.get(scene.covered(index)) if (still := not scene.truth(index)) else None
        if pair is None:
            bgr = scene.draw(index)
            pair = _i420(bgr), _i420(cv2.resize(bgr, shape.sub, interpolation=cv2.INTER_AREA))
            if still:
                stills[scene.covered(index)] = pair
        yield Picture(index, pair[0], pair[1] if index % shape.sub_step == 0 else None)


def _i420(bgr: Image) -> Image:
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))


def _file_pictures(path: Path, shape: Shape, least: int, most: int) -> Iterator[Picture]:
    index = 0
    while True:
        begin = index
        for picture in _one_pass(path, shape, begin):
            index = picture.index + 1
            yield picture
            if index >= most:
                return
        if index >= least or index == begin:
            return


def _one_pass(path: Path, shape: Shape, begin: int) -> Iterator[Picture]:
    """Every frame at its place on the grid of constant rate: late frames fill a hole, early ones are left out."""
    to_main, to_sub = VideoReformatter(), VideoReformatter()

    def picture(frame: av.VideoFrame, at: int) -> Picture:
        main = to_main.reformat(frame, *shape.main, format="yuv420p", interpolation=Interpolation.AREA)
        sub = None
        if at % shape.sub_step == 0:
            small = to_sub.reformat(main, *shape.sub, format="yuv420p", interpolation=Interpolation.AREA)
            sub = np.asarray(small.to_ndarray(), np.uint8)
        return Picture(at, np.asarray(main.to_ndarray(), np.uint8), sub)

    index, first, last = begin, None, None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for frame in container.decode(stream):
            at = index
            if frame.time is not None:
                first = frame.time if first is None else first
                at = begin + round((frame.time - first) * shape.fps)
            while last is not None and index < at:
                yield picture(last, index)
                index += 1
            if at >= index:
                yield picture(frame, index)
                index += 1
            last = frame
