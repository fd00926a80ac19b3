"""The service's own path over a file with simulated time: what a camera would have counted and alerted.

For tests, try-outs of rules and evaluation. Everything but the network and the threads is the real thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from detectors import pictures
from detectors.analysis import Analysis, Observation
from detectors.inference.backend import Backend, Detections, Picture
from detectors.sampling.decoder import GopDecoder
from detectors.sampling.policy import Rates, Sampler
from detectors.sampling.scene import SIZE, SceneChange
from detectors.tampering import Tampering
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

    def run(self, found: Found | None = None) -> Iterator[Observation]:
        """Observations in order, ``at`` from ``start`` on; ``found`` hears of the detections themselves."""
        sampler, scene, tampering = Sampler(self.rates), SceneChange(), Tampering()
        persons = 0
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            decoder = GopDecoder(context.name, context.extradata or b"")
            scale = float(stream.time_base or 0) * TIMESCALE
            for packet in container.demux(stream):
                if packet.dts is None or packet.pts is None or packet.size == 0:
                    continue
                media = MediaPacket(
                    bytes(packet), round(packet.pts * scale), round(packet.dts * scale), packet.is_keyframe, 0.0
                )
                moment = media.dts / TIMESCALE
                decoder.feed(media)
                if not sampler.packet(moment, key=media.keyframe).look or (frame := decoder.picture()) is None:
                    continue
                self.samples += 1
                changed = scene.look(pictures.grey(frame, *SIZE), moment, quiet=not persons)
                news = tampering.look(frame, moment, key=media.keyframe)
                if not sampler.looked(moment, changed=changed or news):
                    continue
                self.inferences += 1
                size = (frame.width, frame.height)
                picture = pictures.bgr(frame, self.backend.picture_size(*size))
                detections = self.backend.detect([Picture("replay", picture)])[0]
                at = (frame.pts or 0) / TIMESCALE
                if found is not None:
                    found(at, detections)
                seen = self.analysis.observe(
                    detections, self.backend.scale, size, self.start + at, moment, tampering.now
                )
                persons = seen.count
                sampler.attentive = seen.attentive
                if persons or seen.persons:
                    sampler.persons(moment)
                yield seen
