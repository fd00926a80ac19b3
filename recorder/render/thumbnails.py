"""Thumbnails that were made: a small file for each slot of 10 s and segment. They go with their footage, oldest first.

``DATA/thumbnails/<site>/<camera>/<YYYY-MM-DD>/<HHMMSS of the slot>-<the segment's stamp>.jpg``; the file's time of
change is the frame's. Nothing here is worth a sync: what is damaged is made again.
"""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from recorder.layout import segment_path
from recorder.render.footage import Footage
from vms.domain.clock import from_epoch

log = logging.getLogger(__name__)

SLOT_S = 10
WIDTH = 192
QUALITY = 75
#: About 90,000 of them.
MOST_BYTES = 512 * 1024 * 1024
#: Removing is done for a while to come.
_SWEPT_TO = 0.9


def slot_of(at: float) -> int:
    """Start of the slot that ``at`` falls into, in seconds since the epoch."""
    return int(at // SLOT_S * SLOT_S)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG and when its frame was taken (UTC seconds)."""

    jpeg: bytes
    at: float


class Thumbnails:
    """From any thread. ``keep`` after ``get`` gave nothing; ``sweep`` now and then."""

    def __init__(self, folder: Path, recordings: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._recordings = recordings
        self._most_bytes = most_bytes
        self._bytes = 0
        self._refused = False
        self._unfinished = f".{os.getpid()}"
        self._closing = False

    @property
    def full(self) -> bool:
        """Whether a sweep is due for the room they take."""
        return self._bytes > self._most_bytes

    def get(self, footage: Footage, slot: int) -> Thumbnail | None:
        """The one that was made of this segment; whoever asks has found the footage to be there."""
        path = self._path(footage, slot)
        try:
            with path.open("rb") as file:
                taken, jpeg = os.fstat(file.fileno()).st_mtime, file.read()
        except OSError:
            return None
        return Thumbnail(jpeg, taken) if jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9") else None

    def keep(self, footage: Footage, slot: int, made: Thumbnail) -> None:
        """Writes it down; a disk that refuses costs making it again."""
        path = self._path(footage, slot)
        temporary = path.with_suffix(self._unfinished)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(made.jpeg)
            os.utime(temporary, (made.at, made.at))
            temporary.replace(path)
        except OSError as err:
            if not self._refused:
                log.error("thumbnail.unwritten error=%s", err.strerror)
            self._refused = True
            return
        self._refused = False
        self._bytes += len(made.jpeg)

    def close(self) -> None:
        """A sweep in work ends soon."""
        self._closing = True

    def sweep(self) -> int:
        """Removes those whose footage is gone, then the oldest beyond the room; how many."""
        kept: list[tuple[float, int, str]] = []
        removed = 0
        for folder, _, names in os.walk(self._folder, topdown=False):
            if self._closing:
                return removed
            for name in names:
                if name.endswith(self._unfinished):
                    continue
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if self._orphaned(Path(path)):
                        os.unlink(path)
                        removed += 1
                    else:
                        stat = os.stat(path)
                        kept.append((stat.st_mtime, stat.st_size, path))
            if folder != str(self._folder):
                with contextlib.suppress(OSError):  # it is not empty
                    Path(folder).rmdir()
        total = sum(size for _, size, _ in kept)
        if total > self._most_bytes:
            for _, size, path in sorted(kept):
                with contextlib.suppress(OSError):
                    os.unlink(path)
                removed += 1
                total -= size
                if total <= self._most_bytes * _SWEPT_TO:
                    break
        self._bytes = total
        return removed

    def _path(self, footage: Footage, slot: int) -> Path:
        moment = from_epoch(slot)
        folder = self._folder / footage.site / footage.camera / moment.strftime("%Y-%m-%d")
        return folder / f"{moment.strftime('%H%M%S')}-{footage.stamp}.jpg"

    def _orphaned(self, path: Path) -> bool:
        """Whether its segment is gone, or its name is none of ours."""
        site, camera = path.parts[-4:-2]
        try:
            segment = segment_path(site, camera, path.stem.partition("-")[2])
        except ValueError:
            return True
        return path.suffix != ".jpg" or not (self._recordings / segment).exists()
