"""Decoded pictures to painted H.264: small, not reordered, an access unit for each. Not here: when, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, VideoReformatter

from vms.ingest.stream import TIMESCALE
from vms.media.fitting import fitted
from vms.media.masking import Outline, painted

#: The longer side at most; nothing is enlarged (pixels).
MOST_SIDE = 640
#: A key frame at least this often (ticks).
KEY_EVERY = 2 * TIMESCALE
_TIME_BASE = Fraction(1, TIMESCALE)
#: Quality is constant up to the rate; a second's worth may come at once. Key frames come when they are asked for.
_OPTIONS = {
    "preset": "ultrafast", "tune": "zerolatency", "crf": "26", "maxrate": "900k", "bufsize": "900k",
    "forced-idr": "1", "sc_threshold": "0",
}  # fmt: skip


class MaskedEncoder:
    """For pictures of one ``source`` size (width, height). Belongs to one thread at a time."""

    def __init__(self, source: tuple[int, int]) -> None:
        self.source = source
        self.size = fitted(*source, MOST_SIDE)
        self._scaler = VideoReformatter()
        self._last_key: int | None = None
        self._context = av.VideoCodecContext.create("libx264", "w")
        self._context.width, self._context.height = self.size
        self._context.pix_fmt, self._context.time_base = "yuv420p", _TIME_BASE
        self._context.framerate = Fraction(25)
        self._context.gop_size, self._context.max_b_frames, self._context.thread_count = 1 << 20, 0, 1
        self._context.flags |= Flags.global_header
        self._context.options = _OPTIONS
        self._context.open()

    @property
    def extradata(self) -> bytes:
        """Parameter sets (Annex B); known before the first picture."""
        return bytes(self._context.extradata or b"")

    def encode(
        self, frame: av.VideoFrame, masks: Sequence[Outline], pts: int, *, key: bool
    ) -> tuple[bytes, bool] | None:
        """The access unit of the picture with ``masks`` painted over, at ``pts`` (ticks, growing), and whether it is
        a key frame. Raises libav's errors.
        """
        small = self._scaler.reformat(
            frame, *self.size, "yuv420p", src_color_range=_range(frame), dst_color_range=ColorRange.MPEG, threads=1
        )
        picture = painted(small, masks)
        picture.pts, picture.time_base = pts, _TIME_BASE
        if key or self._last_key is None or pts - self._last_key >= KEY_EVERY:
            picture.pict_type = PictureType.I
            self._last_key = pts
        packets = self._context.encode(picture)
        return (bytes(packets[0]), bool(packets[0].is_keyframe)) if packets else None


def _range(frame: av.VideoFrame) -> ColorRange:
    """Limited unless the picture says otherwise, as cameras mean it."""
    full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    return ColorRange.JPEG if full else ColorRange.MPEG
