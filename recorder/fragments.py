"""Fragment tables: what an HLS playlist is made of, for files that are closed or still grow.

Tables of closed files are kept, a growing one is read on where the last look ended.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from recorder.desk import FileDesk
from recorder.layout import PART, path_of_id
from recorder.opening import opened
from vms.domain.reading import FragmentsRequest, FragmentTable
from vms.media.reading import FragmentInfo, scan_fragments

log = logging.getLogger(__name__)

#: Tables of closed files that are kept (bytes as they are sent): about 10 000 minutes.
CACHE_BYTES = 8 * 1024 * 1024
#: Growing files that are remembered; a recorder has 40 cameras, or a few hundred.
MOST_GROWING = 512
THREADS = 2
#: Requests that wait.
MOST_WAITING = 64


@dataclass(slots=True)
class _Groups:
    """A table while it is made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    init_bytes: int = 0
    end: int = 0  # of the last whole fragment
    columns: tuple[list[int], list[int], list[int], list[int]] = field(default_factory=lambda: ([], [], [], []))

    def take(self, fragments: Iterable[FragmentInfo]) -> None:
        offsets, sizes, tfdts, durations = self.columns
        for one in fragments:
            self.init_bytes = self.init_bytes or one.offset
            self.end = one.offset + one.size
            if one.keyframe:
                offsets.append(one.offset)
                sizes.append(one.size)
                tfdts.append(one.tfdt)
                durations.append(one.duration)
            elif offsets:  # without a key frame before it nobody can show it
                sizes[-1] = self.end - offsets[-1]
                durations[-1] = one.tfdt + one.duration - tfdts[-1]

    def table(self, segment: str, *, growing: bool) -> bytes:
        offsets, sizes, tfdts, durations = (tuple(column) for column in self.columns)
        return FragmentTable(
            segment=segment, growing=growing, init_bytes=self.init_bytes, offsets=offsets, sizes=sizes, tfdts=tfdts,
            durations=durations,
        ).encode()  # fmt: skip


class FragmentTables:
    """Makes and keeps tables, encoded. Used from several threads."""

    def __init__(self, root: Path, cache_bytes: int = CACHE_BYTES) -> None:
        self._root = root
        self._most = cache_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._growing: OrderedDict[str, _Groups] = OrderedDict()

    def tables(self, site: str, camera: str, segments: Iterable[str]) -> bytes:
        """An encoded ``FragmentsReply``; a file that cannot be read has its error in its table."""
        made = []
        for segment in segments:
            try:
                made.append(self._table(site, camera, segment))
            except FileNotFoundError:
                made.append(FragmentTable(segment=segment, error="not_found").encode())
            except ValueError:
                made.append(FragmentTable(segment=segment[:128], error="bad_request").encode())
            except OSError as err:
                log.error("fragments.failed segment=%s error=%s", segment, err.strerror)
                made.append(FragmentTable(segment=segment, error="disk").encode())
        return b'{"v":1,"tables":[' + b",".join(made) + b"]}"

    def _table(self, site: str, camera: str, segment: str) -> bytes:
        with self._lock:
            kept = self._kept.get((site, camera, segment))
            if kept is not None:
                self._kept.move_to_end((site, camera, segment))
                return kept
        path = self._root / path_of_id(site, camera, segment)
        try:
            table = self._closed(path, segment)
        except FileNotFoundError:
            try:
                return self._part(path.with_suffix(PART), segment)
            except FileNotFoundError:
                table = self._closed(path, segment)  # it was closed in between
        with self._lock:
            self._growing.pop(segment, None)
            self._bytes += len(table) - len(self._kept.pop((site, camera, segment), b""))
            self._kept[site, camera, segment] = table
            while self._bytes > self._most:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return table

    def _closed(self, path: Path, segment: str) -> bytes:
        groups = _Groups()
        with opened(path) as file:
            groups.take(scan_fragments(file, verify=False))
        return groups.table(segment, growing=False)

    def _part(self, part: Path, segment: str) -> bytes:
        with opened(part) as file:
            with self._lock:
                groups = self._growing.setdefault(segment, _Groups())
                self._growing.move_to_end(segment)
                while len(self._growing) > MOST_GROWING:
                    self._growing.popitem(last=False)
            with groups.lock:
                groups.take(scan_fragments(file, groups.end))
                return groups.table(segment, growing=True)


def fragment_desk(root: Path) -> FileDesk:
    """Answers ``fragments``, for which ``root`` is the recordings' folder."""
    tables = FragmentTables(root)

    def answer(site: str, camera: str, raw: bytes) -> tuple[bytes, dict[str, str]]:
        return tables.tables(site, camera, FragmentsRequest.model_validate_json(raw).segments), {}

    return FileDesk("fragments", answer, THREADS, MOST_WAITING)
