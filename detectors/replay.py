"""The service's own path over a file with simulated time: what a camera would have counted and alerted.

For tests, try-outs of rules and evaluation. Everything but the network and the threads is the real thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from detectors.analysis import Analysis, Observation
from detectors.inference.backend import Backend, Detections
from detectors.looker import Looker, detect
from detectors.sampling.decoder import GopDecoder
from detectors.sampling.policy import Rates
from vms.ingest.stream import TIMESCALE, MediaPacket

Found = Callable[[float, Detections], None]


@dataclass(slots=True)
class Replay:
    """One file as one camera. ``start`` is the UTC second at which its first frame is said to be."""

    path: Path
    backend: Backend
    analysis: Analysis
    rates: Rates
    start: float = 0.0
    samples: int = 0
    inferences: int = 0
    reached: float | None = None  # the last picture that was decoded, seconds of the file

    def run(self, found: Found | None = None) -> Iterator[Observation]:
        """Observations in order, ``at`` from ``start`` on; ``found`` hears of the detections themselves."""
        looker: Looker[MediaPacket] = Looker(self.analysis, self.rates)
        with av.open(str(self.path), metadata_errors="replace") as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            looker.begin(lambda: GopDecoder(context.name, context.extradata or b""))
            scale = float(stream.time_base or 0) * TIMESCALE
            for packet in container.demux(stream):
                if packet.dts is None or packet.pts is None or packet.size == 0:
                    continue
                media = MediaPacket(
                    bytes(packet), round(packet.pts * scale), round(packet.dts * scale), packet.is_keyframe, 0.0
                )
                moment = media.dts / TIMESCALE
                if media.keyframe:
                    looker.attend(self.start + moment)
                look = looker.packet(media, moment)
                if look is None or (frame := look.frame) is None:
                    continue
                self.samples += 1
                at = self.reached = (frame.pts or 0) / TIMESCALE
                if not look.wanted:
                    continue
                self.inferences += 1
                detections = detect(self.backend, frame)
                if found is not None:
                    found(at, detections)
                size = (frame.width, frame.height)
                yield looker.observe(detections, self.backend.scale, size, self.start + at, moment)
