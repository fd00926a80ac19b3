"""Whether a film is whole: each picture that its file holds comes out of the decoder sound, and none was taken away.

And when each is shown: frame numbers of labels count pictures, whatever time lies between them.

libav conceals. Of H.264 it marks the pictures that it mended, but fills in silently for those that are not there; of
H.265 it leaves out what it has no references for, and only where it is told to be strict says of a slice that it went
wrong. So its word is taken (errors, marks, pictures that went in and did not come out), and the stream is looked at:
its units (``units``), and whether it is silent before a key frame. What may pass, of damage made on purpose: noise
within slices of H.265 (of 200 bytes 24 in 32, of 4 KB 4 in 32), pictures missing in H.264 where the numbers
go on by chance (2 in 16, where 16 are counted), single ones that no other refers to, and those before the first
that the decoder gives.

Not here: whether labels belong to the film (``sequence``), scoring it (``run``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import av
import av.error

from detectors.evaluation.sequence import SPARE_S, Footage
from detectors.evaluation.units import Units
from vms.domain.errors import ConfigurationError
from vms.media.packets import padded

#: A silence before a key frame is a hole if it is longer than this (seconds), and than so many times both the longest
#: silence before any other picture and the usual one: a film of a variable rate is silent before others as well.
_SILENT_S, _SILENT_TIMES = 1.0, 3.0


def sound_pictures(
    video: Path, footage: Footage, progress: Callable[[float], None] = lambda _share: None
) -> tuple[float, ...]:
    """When the pictures of ``video`` are shown, in order, in seconds of the file.

    All of it is decoded; ``progress`` hears the share of the file that is done.

    Raises ``ConfigurationError`` that names the film and its last sound second before the damage, counted from its
    first picture, or the one at which it ends though it claims more.
    """
    film = _Film()
    try:
        film.read(video, progress)
    except (OSError, av.error.FFmpegError) as err:
        film.bad.setdefault(film.end, f"it cannot be read: {getattr(err, 'strerror', None) or err}")
    except IndexError:  # PyAV knows the streams that were there when it was opened
        film.bad.setdefault(film.end, "another stream begins there, and it cannot be read on")
    if film.bad:
        first = min(film.bad)
        sound = max((at for at in film.pictures if at < first), default=footage.first)
        raise ConfigurationError(f"{video} is damaged after {sound - footage.first:.1f} s: {film.bad[first]}")
    # A fragmented film that begins late counts its length from 0 on.
    if footage.seconds is not None and film.end + SPARE_S < footage.seconds:
        raise ConfigurationError(
            f"{video} ends after {film.end:.1f} s of the {footage.seconds:.1f} s that it claims: it is damaged"
        )
    return tuple(sorted(film.pictures & film.given))


class _Film:
    """What is found in one film while all of it is decoded. Times are seconds of the file."""

    def __init__(self) -> None:
        self.pictures: set[float] = set()  # those that the file holds and that are to be shown
        self.bad: dict[float, str] = {}  # those that are not what they were, and why
        self.end = 0.0
        self.given: set[float] = set()  # by the decoder: those before its first are there, but not to be seen
        self._coded: list[tuple[float, float, bool]] = []
        self._base = 0.0
        self._at = 0.0  # of the packet that was read last

    def read(self, video: Path, progress: Callable[[float], None]) -> None:
        """Decodes ``video``; ``progress`` hears how far into the file.

        Raises libav's errors where the file cannot be read any further.
        """
        with av.open(str(video), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            self._base = float(stream.time_base or 0)
            context = stream.codec_context
            context.thread_type = "AUTO"
            if context.name == "hevc":
                context.options = {"err_detect": "explode"}  # of H.264 marks say as much
            units = Units(context.name, context.extradata or b"")
            for packet in container.demux(stream):
                if packet.has_sidedata("new_extradata"):
                    units.forget()
                picture = self._picture(packet, units)
                if picture is not None:
                    progress((packet.pos or 0) / container.size)
                    self._decode(context, picture)
            self._decode(context, None)
        # A film cut amid a group begins with pictures that the decoder withholds until it has recovered.
        begun = min(self.given or self.pictures, default=0.0)
        for at in self.pictures - self.given:
            if at >= begun:
                self.bad.setdefault(at, "pictures cannot be decoded")
        for at, lasted in _holes(self._coded):
            self.bad.setdefault(at, f"no picture for {lasted:.1f} s")

    def _picture(self, packet: av.Packet[av.VideoStream], units: Units) -> av.Packet[av.VideoStream] | None:
        """What of the next packet is to be decoded; None: it holds no picture."""
        if not packet.size or packet.pts is None:
            return None
        dts = packet.pts if packet.dts is None else packet.dts
        self._at, data = packet.pts * self._base, bytes(packet)
        why = "its data breaks off" if packet.is_corrupt else units.wrong(data)
        if why is not None:
            self.bad[self._at] = why
        if not units.pictured(data):
            return None
        self._coded.append((dts * self._base, self._at, packet.is_keyframe))
        # What leads in a key frame at which a film was cut has no references.
        if self._at >= self._coded[0][1] and not packet.is_discard:
            self.pictures.add(self._at)
            self.end = max(self.end, self._at + (packet.duration or 0) * self._base)
        # Strictness would refuse a picture for a message beside it that makes no sense.
        needed = None if packet.has_sidedata("new_extradata") else units.needed(data)
        return packet if needed is None else padded(needed, packet.pts, dts, packet.time_base)

    def _decode(self, context: av.VideoCodecContext, packet: av.Packet[av.VideoStream] | None) -> None:
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:  # of this packet, or of one that another thread began just before
            self.bad.setdefault(self._at, "pictures cannot be decoded")
            return
        for frame in frames:
            shown = (frame.pts or 0) * self._base
            self.given.add(shown)
            if frame.is_corrupt and shown in self.pictures:
                self.bad.setdefault(shown, "pictures are decoded with errors")


def _holes(coded: Sequence[tuple[float, float, bool]]) -> Iterator[tuple[float, float]]:
    """The picture behind each hole, and how long that is; of packets in decoding order: dts, pts, whether it is key."""
    steps = [(after[0] - before[0], after) for before, after in pairwise(coded)]
    lengths = sorted(length for length, _ in steps)
    usual = lengths[len(lengths) * 95 // 100] if lengths else 0.0
    within = max((length for length, (_, _, key) in steps if not key), default=0.0)
    most = max(_SILENT_S, _SILENT_TIMES * usual, _SILENT_TIMES * within)
    return ((at, length) for length, (_, at, _) in steps if length > most)
