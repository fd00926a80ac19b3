"""A frame of a recorded file, decoded from the key frame before it and not from the file's start; and its JPEG."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, cast

import av
import av.error

from recorder.layout import PART
from recorder.opening import opened
from recorder.render.footage import Footage
from vms.domain.errors import StorageError
from vms.domain.rendering import Refusal
from vms.media.head import decoder_setup
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
    footage: Footage, choice: Choice, *, width: int | None, quality: int, give_up: Callable[[], bool]
) -> Picture:
    """Decodes and encodes; ``give_up`` is asked before each frame but the first: then what there is has to do.

    Raises ``NoPicture``.
    """
    try:
        frame, pts, hurried = _decode(footage, choice, give_up)
        return replace(_encode(frame, width, quality, footage.utc(pts)), hurried=hurried)
    except FileNotFoundError as err:
        raise NoPicture("no_footage") from err
    except (av.error.FFmpegError, MemoryError) as err:  # also a header that claims a giant's size
        raise NoPicture("undecodable") from err
    except OSError as err:
        raise NoPicture("disk") from err


def _decode(footage: Footage, choice: Choice, give_up: Callable[[], bool]) -> tuple[av.VideoFrame, int, bool]:
    path = footage.path
    if path.suffix == PART and not path.exists():  # closed just now
        path = path.with_suffix(".mp4")
    with opened(path) as file:
        try:
            codec, extradata = decoder_setup(file)
        except ValueError as err:
            raise NoPicture("undecodable") from err
        samples = choice(walk_samples(file))
        if not samples:
            raise NoPicture("undecodable")
        context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))
        context.thread_count = 1
        context.extradata = extradata
        best: av.VideoFrame | None = None
        at = -1
        hurried = False
        # The last packet is none: it brings out what the decoder holds back.
        for number, sample in enumerate((*samples, None)):
            hurried = sample is not None and number > 0 and give_up()
            packet = None if sample is None or hurried else _packet(file.fileno(), sample, footage.timescale)
            try:
                frames = context.decode(packet)
            except av.error.FFmpegError:  # one damaged picture: others may be whole
                continue
            for frame in frames:
                if frame.pts is not None and at < frame.pts <= samples[-1].pts:
                    best, at = frame, frame.pts
            if hurried:
                break
    if best is None:
        raise NoPicture("undecodable")
    return best, at, hurried


def _packet(descriptor: int, sample: SampleInfo, timescale: int) -> AvPacket:
    payload = os.pread(descriptor, sample.size, sample.offset)
    return padded(payload, sample.pts, sample.dts, Fraction(1, timescale))


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
