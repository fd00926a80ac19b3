"""Footage really encoded (libx264, libx265) as the Annex B access units of a camera, and read back by libav."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from vms.demo.counter import Stamp
from vms.ingest.stream import TIMESCALE, MediaPacket, Run, StreamInfo
from vms.media.nal import parameter_sets


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit; times in ticks of 90 kHz, dts from zero."""

    payload: bytes
    pts: int
    dts: int
    key: bool


@functools.lru_cache(maxsize=32)
def encode(
    codec: str = "h264",
    size: tuple[int, int] = (320, 180),
    frames: int = 50,
    fps: int = 25,
    gop: int = 25,
    bframes: int = 0,
    extra: tuple[tuple[str, str], ...] = (),
    counter: bool = False,
) -> tuple[Unit, ...]:
    """A moving picture; parameter sets stand in front of each key frame. ``counter``: with the demo's burnt in."""
    name = {"h264": "libx264", "hevc": "libx265"}[codec]
    context = av.CodecContext.create(name, "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.framerate = Fraction(fps)
    context.time_base = Fraction(1, fps)
    context.gop_size = gop
    context.max_b_frames = bframes
    options = {"preset": "ultrafast", **dict(extra)}
    if codec == "hevc":
        options["x265-params"] = f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:bframes={bframes}"
    else:
        options["x264-params"] = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:threads=1"
    context.options = options
    packets = []
    stamp = Stamp("c", *size) if counter else None
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(_picture(size, number), format="rgb24").reformat(format="yuv420p")
        if stamp is not None:
            planes = frame.to_ndarray()
            stamp.burn(planes, number)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    ticks = TIMESCALE // fps
    first = min(p.dts for p in packets)
    return tuple(Unit(bytes(p), (p.pts - first) * ticks, (p.dts - first) * ticks, bool(p.is_keyframe)) for p in packets)


def coded(pictures: Iterable[np.ndarray], size: tuple[int, int], fps: int) -> tuple[Unit, ...]:
    """Given pictures (BGR) in H.264, parameter sets before each key frame, every 2 s; dts and pts from zero."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height = size
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, fps), Fraction(fps)
    context.options = {
        "preset": "ultrafast",
        "x264-params": f"keyint={2 * fps}:min-keyint={2 * fps}:scenecut=0:bframes=0:threads=1",
    }
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(*size, "yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    ticks = TIMESCALE // fps
    return tuple(Unit(bytes(p), p.pts * ticks, p.dts * ticks, bool(p.is_keyframe)) for p in packets)


def _picture(size: tuple[int, int], number: int) -> np.ndarray:
    width, height = size
    across = (np.arange(width) * 3 + number * 7) % 256
    down = (np.arange(height) * 2 + number * 3) % 256
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = across[None, :]
    picture[..., 1] = down[:, None]
    at = number * 5 % max(1, width - 16)
    picture[height // 4 : height // 2, at : at + 16, 2] = 255
    return picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame: presentation time in ticks, and the bytes of its planes."""

    pts: int
    planes: bytes


def decode_units(codec: str, units: tuple[Unit, ...]) -> list[Picture]:
    """The source, decoded without any container."""
    context = av.CodecContext.create(codec, "r")
    context.thread_count = 1
    pictures = []
    for unit in units:
        packet = av.Packet(unit.payload)
        packet.pts, packet.dts, packet.time_base = unit.pts, unit.dts, Fraction(1, TIMESCALE)
        pictures += context.decode(packet)
    pictures += context.decode(None)
    return [_seen(p) for p in pictures]


def decode_mp4(data: bytes) -> list[Picture]:
    """A file of ours, decoded by libav; any error in it raises."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        scale = stream.time_base * TIMESCALE
        return [_seen(frame, scale) for frame in container.decode(stream)]


def _seen(frame: av.VideoFrame, scale: Fraction = Fraction(1)) -> Picture:
    return Picture(int(frame.pts * scale), frame.to_ndarray(format="yuv420p").tobytes())


def run_of(codec: str, units: tuple[Unit, ...], utc_of_zero: float, size: tuple[int, int] = (320, 180)) -> Run:
    """A run whose pts 0 is at ``utc_of_zero``; its id tells the codec and the time."""
    sets = parameter_sets(codec, units[0].payload)
    info = StreamInfo(codec, size[0], size[1], sets.annex_b())
    return Run(f"run-{codec}-{utc_of_zero:.3f}", info, lambda pts: utc_of_zero + pts / TIMESCALE)


def packet_of(unit: Unit, shift: int = 0, arrival: float = 0.0) -> MediaPacket:
    """``unit`` as the ingest hands it on, ``shift`` ticks later."""
    return MediaPacket(unit.payload, unit.pts + shift, unit.dts + shift, unit.key, arrival)


def looped(units: tuple[Unit, ...], times: int, fps: int = 25) -> list[Unit]:
    """The footage over and over, timestamps growing: only for footage that starts with a key frame."""
    length = len(units) * (TIMESCALE // fps)
    return [Unit(u.payload, u.pts + n * length, u.dts + n * length, u.key) for n in range(times) for u in units]
