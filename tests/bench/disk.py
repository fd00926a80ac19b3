"""Fragment submitted → in the kernel's memory, on a slow disk: ``python -m tests.bench.disk``.

What has not been written yet is what a ``kill -9`` costs, beside the fragment that is being collected. All files are
cut at one moment, as at a minute; each sync takes ``--sync`` milliseconds. Figures only; no test asserts them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from unittest import mock

from recorder.disk import DiskWriter
from recorder.folders import sync_folder
from recorder.segment_file import SegmentFile
from vms.domain.clock import SystemClock

FRAGMENT_S = 0.4
BYTES = 125_000  # 2.5 Mbit/s


def measure(folder: Path, cameras: int, seconds: float) -> list[float]:
    """Seconds from each submission to its end in the writing thread."""
    disk, took = DiskWriter(SystemClock()), []
    disk.start()
    data, begun = os.urandom(BYTES), time.monotonic()
    files: list[SegmentFile] = []

    def failed(err: OSError) -> None:
        raise err

    def written(at: float) -> None:
        took.append(time.monotonic() - at)

    def cut(number: int) -> None:
        """As ``SegmentWriter`` does: the old one's end and its journal line, the new one's beginning and its."""
        for file in files:
            disk.close(file, lambda _: sync_folder(folder))
        files[:] = [SegmentFile(folder / str(camera) / f"{number}.mp4", failed) for camera in range(cameras)]
        for file in files:
            disk.open(file)
            disk.call(partial(sync_folder, folder))

    turns = round(seconds / FRAGMENT_S)
    for turn in range(turns):
        if turn in (0, turns // 2):
            cut(turn)
        for file in files:
            disk.append(file, data, partial(written, time.monotonic()))
        time.sleep(max(0.0, begun + (turn + 1) * FRAGMENT_S - time.monotonic()))
    assert disk.settled(60)
    assert disk.stop(60)
    return sorted(took)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--sync", type=float, default=10.0, help="milliseconds that each sync takes")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    slow = {name: getattr(os, name) for name in ("fsync", "fdatasync")}

    def sync(name: str, descriptor: int) -> None:
        time.sleep(asked.sync / 1000)
        slow[name](descriptor)

    with (
        tempfile.TemporaryDirectory(prefix="disk-") as folder,
        mock.patch.multiple(os, fsync=partial(sync, "fsync"), fdatasync=partial(sync, "fdatasync")),
    ):
        took = measure(Path(folder), asked.cameras, asked.seconds)
    p95 = took[int(len(took) * 0.95)]
    print(f"{asked.cameras} cameras, {asked.sync:g} ms a sync, {len(took)} fragments: written after")
    print(f"median {statistics.median(took) * 1e3:.1f} ms, p95 {p95 * 1e3:.0f} ms, most {took[-1] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
