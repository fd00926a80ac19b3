"""Reading recorded stretches: a file's samples by their heads alone, and a picture's bytes only when it is wanted.

While nothing moves only key frames are wanted, a tenth of the bytes: the disk is the recorder's. Not here: which files
there are (the renderer finds them), what is decoded (``detectors.tryout.rerun``).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from vms.domain.tryouts import Stretch
from vms.ingest.stream import TIMESCALE, MediaPacket
from vms.media.head import decoder_setup
from vms.media.reading import SampleInfo, walk_samples


@dataclass(frozen=True, slots=True)
class Reading:
    """An open stretch. Moments are UTC seconds."""

    stretch: Stretch
    codec: str
    setup: bytes  # avcC or hvcC
    file: FileIO

    def samples(self) -> Iterator[tuple[float, SampleInfo]]:
        """Decode moment and sample, from the key frame that the stretch's first picture needs to the stretch's end."""
        before: list[tuple[float, SampleInfo]] = []
        for fragment in walk_samples(self.file):
            for sample in fragment:
                moment = self._utc(sample.dts)
                if moment >= self.stretch.end:
                    return
                if moment >= self.stretch.start:
                    yield from before
                    before.clear()
                    yield moment, sample
                    continue
                if sample.keyframe:
                    before.clear()
                before.append((moment, sample))

    def packet(self, sample: SampleInfo) -> MediaPacket:
        """The sample with its bytes; raises ``OSError``. ``pts`` and ``dts`` are in ticks of ``TIMESCALE``."""
        payload = os.pread(self.file.fileno(), sample.size, sample.offset)
        return MediaPacket(payload, self._ticks(sample.pts), self._ticks(sample.dts), sample.keyframe, 0.0)

    def lasts_to(self, sample: SampleInfo) -> float:
        """When the sample's frame was followed by the next one."""
        return self._utc(sample.pts + sample.duration)

    def shown(self, pts: int) -> float:
        """When a frame with ``pts`` (ticks of ``TIMESCALE``) was taken."""
        return self.stretch.anchor + pts / TIMESCALE

    def _utc(self, ticks: int) -> float:
        return self.stretch.anchor + ticks / self.stretch.timescale

    def _ticks(self, ticks: int) -> int:
        return ticks if self.stretch.timescale == TIMESCALE else round(ticks * TIMESCALE / self.stretch.timescale)


@contextlib.contextmanager
def reading(stretch: Stretch) -> Iterator[Reading]:
    """Opens it; raises ``OSError``, and ``ValueError`` for a file that has no head of ours."""
    with _opened(Path(stretch.path)) as file:
        codec, setup = decoder_setup(file)
        yield Reading(stretch, codec, setup, file)


def _opened(path: Path) -> FileIO:
    try:
        return FileIO(path, opener=_regular)
    except FileNotFoundError:
        if path.suffix != ".part":
            raise
        return FileIO(path.with_suffix(".mp4"), opener=_regular)  # closed meanwhile


def _regular(path: str, flags: int) -> int:
    """No link is followed, and a pipe by the name of a recording holds nobody up: reading it fails at once."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
