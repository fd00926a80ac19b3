"""What the masked live stream of one camera costs: ``python -m tests.bench.masked_live VIDEO``.

The video is coded as a camera's sub stream of 640×360, then decoded, painted and encoded anew as fast as it goes.
Processor time, not elapsed; in parts, because the analysis of a busy camera decodes all the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from detectors.masked_encoder import MaskedEncoder
from detectors.sampling.decoder import GopDecoder
from tests.support.footage import coded, packet_of

SIZE = (640, 360)
SECONDS = 40
MASKS = (((0.1, 0.1), (0.5, 0.1), (0.5, 0.7), (0.1, 0.7)), ((0.7, 0.5), (0.9, 0.4), (0.95, 0.9)))


def pictures(path: Path, fps: int) -> Iterator[np.ndarray]:
    """The video at ``fps``, from its beginning again when it ends."""
    number = 0
    while number < SECONDS * fps:
        with av.open(str(path)) as container:
            begun, due = None, 0.0
            for frame in container.decode(video=0):
                at = float(frame.time or 0.0)
                begun = at if begun is None else begun
                if at - begun >= due and number < SECONDS * fps:
                    due += 1 / fps
                    number += 1
                    yield frame.reformat(*SIZE, "bgr24").to_ndarray()


def measure(path: Path, fps: int) -> None:
    """Prints one line."""
    units = coded(pictures(path, fps), SIZE, fps)
    decoder, encoder = GopDecoder("h264", b""), MaskedEncoder(SIZE)
    decoding = painting = size = 0.0
    for unit in units:
        begun = time.process_time()
        decoder.feed(packet_of(unit))
        frame = decoder.picture()
        between = time.process_time()
        if frame is not None and (made := encoder.encode(frame, MASKS, unit.pts, key=False)) is not None:
            size += len(made[0])
        painting += time.process_time() - between
        decoding += between - begun
    seconds = len(units) / fps
    print(
        f"{path.stem:34s} {fps:3d} fps: decoding {decoding / len(units) * 1e3:.2f} ms, painting and encoding "
        f"{painting / len(units) * 1e3:.2f} ms a picture; {(decoding + painting) / seconds:.1%} of a core, "
        f"{size * 8 / seconds / 1e3:.0f} kbit/s"
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for rate in (15, 25):
            measure(Path(name), rate)
