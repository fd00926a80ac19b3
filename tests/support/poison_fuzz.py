"""Feeds damaged streams to the decoder: ``python -m tests.support.poison_fuzz SECONDS SEED FOLDER``.

A process of its own, because it may be killed by what it does; FOLDER/case says at which case it was. The last line of
its output is a JSON object of what happened. Any error but ``CorruptStream`` ends it with a traceback.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import av

from detectors import pictures
from detectors.sampling.decoder import CorruptStream, GopDecoder, newest_picture
from tests.support.poison import damaged, sources
from vms.media import nal


def main(seconds: float, seed: int, folder: Path) -> None:
    """Case after case until the time is over."""
    av.logging.set_level(None)
    streams = sources()
    others = {
        codec: [part for one in streams if one.codec == codec for unit in one.units for part in nal.split(unit.payload)]
        for codec in ("h264", "hevc")
    }
    found: Counter[str] = Counter()
    damages: Counter[str] = Counter()
    slowest = 0.0
    begun_with = _rss()
    until = time.monotonic() + seconds
    case = 0
    while time.monotonic() < until:
        (folder / "case").write_text(f"{seed}-{case}", encoding="utf-8")
        dice = random.Random(f"{seed}-{case}")
        source = dice.choice(streams)
        decoder = GopDecoder(source.codec, b"")
        every = dice.choice((1, 1, 3, 10))
        for n, (damage, packet) in enumerate(damaged(source, others[source.codec], dice)):
            damages[damage or "none"] += 1
            begun = time.monotonic()
            try:
                decoder.feed(packet)
                frame = decoder.picture() if n % every == 0 else None
            except CorruptStream:
                found["corrupt"] += 1
                decoder = GopDecoder(source.codec, b"")
                continue
            if frame is not None:
                _look(frame)
                found["pictures"] += 1
            slowest = max(slowest, time.monotonic() - begun)
        found["errors"] += decoder.errors
        if case % 10 == 0 and (frame := newest_picture(decoder.group())) is not None:
            _look(frame)
            found["snapshots"] += 1
        case += 1
    print(json.dumps({
        "cases": case, "units": sum(damages.values()), "damages": damages, **found, "slowest_s": round(slowest, 2),
        "rss_mib": round(_rss() - begun_with),
    }))  # fmt: skip


def _look(frame: av.VideoFrame) -> None:
    """As the service does with it."""
    pictures.grey(frame, 80, 45)
    pictures.bgr(frame, (416, 256))


def _rss() -> float:
    """The most that this process has ever had in use (MiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
