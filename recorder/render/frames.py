"""A frame of a recorded file, decoded from the key frame before it and not from the file's start; and its JPEG."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from io import FileIO
from typing import TypeAlias, cast

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from recorder.layout import PART
from recorder.opening import opened
from recorder.render.footage import Footage
from vms.domain.errors import StorageError
from vms.domain.masks import Outlines
from vms.domain.rendering import Refusal
from vms.media.fitting import fitted
from vms.media.head import decoder_setup
from vms.media.masking import paint
from vms.media.packets import padded
from vms.media.reading import SampleInfo, walk_samples

AvPacket: TypeAlias = "av.Packet[av.VideoStream]"
Choice = Callable[[Iterable[tuple[SampleInfo, ...]]], Sequence[SampleInfo]]


class NoPicture(StorageError):
    """No picture can be given; ``refusal`` is the word for the asker."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, its size in pixels, and when its frame was taken (UTC seconds).

    ``hurried``: time was up before the frame that was wanted; this is the best one until then.
    """

    jpeg: bytes
    width: int
    height: int
    at: float
    hurried: bool = False


def frame_before(ticks: int) -> Choice:
    """What must be decoded, in decode order, to show the last frame at or before ``ticks``; that one is the last."""

    def choose(fragments: Iterable[tuple[SampleInfo, ...]]) -> Sequence[SampleInfo]:
        before, group = _groups(fragments, ticks)
        for one in (group, before):  # with B-frames a group may be decoded, and nothing of it be due yet
            due = [n for n, sample in enumerate(one) if sample.pts <= ticks]
            if due:
                return one[: max(due, key=lambda n: one[n].pts) + 1]
        return group[:1]  # a moment that the anchor's correction put before the first frame

    return choose


def key_before(ticks: int) -> Choice:
    """The last key frame at or before ``ticks``."""

    def choose(fragments: Iterable[tuple[SampleInfo, ...]]) -> Sequence[SampleInfo]:
        before, group = _groups(fragments, ticks)
        begun = not before or group[0].pts <= ticks
        return (group if begun else before)[:1]

    return choose


def key_within(first: int, end: int) -> Choice:
    """The first key frame in the span, else the last before it, else the first of all."""

    def choose(fragments: Iterable[tuple[SampleInfo, ...]]) -> Sequence[SampleInfo]:
        found: list[SampleInfo] = []
        for samples in fragments:
            if not samples[0].keyframe:
                continue
            if found and samples[0].pts >= end:
                break
            found = [samples[0]]
            if samples[0].pts >= first:
                break
        return found

    return choose


def _groups(
    fragments: Iterable[tuple[SampleInfo, ...]], ticks: int
) -> tuple[Sequence[SampleInfo], Sequence[SampleInfo]]:
    """The group of pictures that is being decoded at ``ticks``, and the one before it."""
    before: list[SampleInfo] = []
    group: list[SampleInfo] = []
    for samples in fragments:
        if group and samples[0].dts > ticks:
            break
        if samples[0].keyframe:
            before, group = group, []
        group += samples
    return before, group


def render(
    footage: Footage,
    choice: Choice,
    *,
    width: int | None,
    quality: int,
    give_up: Callable[[], bool],
    masks: Outlines = (),
) -> Picture:
    """Decodes, paints ``masks`` over and encodes; ``give_up`` is asked before each frame but the first: then what there
    is has to do.

    Raises ``NoPicture``.
    """
    with refusing():
        frame, pts, hurried = _decode(footage, choice, give_up)
        return replace(_encode(_painted(frame, masks), width, quality, footage.utc(pts)), hurried=hurried)


def repaint(jpeg: bytes, masks: Outlines, quality: int, longest: int | None = None) -> bytes:
    """The picture with ``masks`` painted over, no side longer than ``longest`` pixels; raises ``NoPicture``."""
    if not masks and longest is None:
        return jpeg
    with refusing():
        context = av.CodecContext.create("mjpeg", "r")
        context.thread_count = 1
        frames = [*context.decode(padded(jpeg, 0, 0, Fraction(1, 25))), *context.decode(None)]
        if not frames:
            raise NoPicture("undecodable")
        frame = frames[0]
        width = None if longest is None else fitted(frame.width, frame.height, longest)[0]
        return _encode(_painted(frame, masks), width, quality, 0.0).jpeg


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """What files and libav raise, as ``NoPicture``."""
    try:
        yield
    except FileNotFoundError as err:
        raise NoPicture("no_footage") from err
    except (av.error.FFmpegError, MemoryError) as err:  # also a header that claims a giant's size
        raise NoPicture("undecodable") from err
    except OSError as err:
        raise NoPicture("disk") from err


def decoded(
    file: FileIO, samples: Sequence[SampleInfo], timescale: int, give_up: Callable[[], bool]
) -> Iterator[av.VideoFrame]:
    """The pictures of ``samples``, which begin with a key frame, as they are shown; damaged ones are left out.

    ``give_up`` is asked before each sample but the first: then no more of them are read.
    """
    try:
        codec, extradata = decoder_setup(file)
    except ValueError as err:
        raise NoPicture("undecodable") from err
    context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
    context.thread_count = 1
    context.extradata = extradata
    # The last packet is none: it brings out what the decoder holds back.
    for number, sample in enumerate((*samples, None)):
        over = sample is None or (number > 0 and give_up())
        packet = None if sample is None or over else _packet(file.fileno(), sample, timescale)
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:  # one damaged picture: others may be whole
            frames = []
        yield from frames
        if over:
            return


def _decode(footage: Footage, choice: Choice, give_up: Callable[[], bool]) -> tuple[av.VideoFrame, int, bool]:
    path = footage.path
    if path.suffix == PART and not path.exists():  # closed just now
        path = path.with_suffix(".mp4")
    best: av.VideoFrame | None = None
    at = -1
    hurried = False

    def hurry() -> bool:
        nonlocal hurried
        hurried = give_up()
        return hurried

    with opened(path) as file:
        samples = choice(walk_samples(file))
        if not samples:
            raise NoPicture("undecodable")
        for frame in decoded(file, samples, footage.timescale, hurry):
            if frame.pts is not None and at < frame.pts <= samples[-1].pts:
                best, at = frame, frame.pts
    if best is None:
        raise NoPicture("undecodable")
    return best, at, hurried


def _packet(descriptor: int, sample: SampleInfo, timescale: int) -> AvPacket:
    payload = os.pread(descriptor, sample.size, sample.offset)
    return padded(payload, sample.pts, sample.dts, Fraction(1, timescale))


def _painted(frame: av.VideoFrame, masks: Outlines) -> av.VideoFrame:
    if not masks:
        return frame
    picture = cast("NDArray[np.uint8]", frame.to_ndarray(format="bgr24"))
    paint(picture, masks)
    return av.VideoFrame.from_ndarray(picture, format="bgr24")


def _encode(frame: av.VideoFrame, width: int | None, quality: int, at: float) -> Picture:
    """libav's own JPEG: no second picture library in this process. Quality 1–100 as its quantiser 31–2."""
    wide, high = frame.width, frame.height
    if width is not None and width < wide:
        wide, high = width, max(1, round(high * width / wide))
    picture = frame.reformat(wide, high, "yuvj420p", interpolation="AREA")
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = wide, high, "yuvj420p"
    context.time_base = Fraction(1, 25)
    context.thread_count = 1
    context.qmin = context.qmax = round(31 - 29 * (quality - 1) / 99)
    picture.pts, picture.time_base = 0, context.time_base
    return Picture(b"".join(bytes(packet) for packet in (*context.encode(picture), *context.encode(None))),
                   wide, high, at)  # fmt: skip
