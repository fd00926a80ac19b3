"""Bytes of recordings, by segment id, closed or still growing; at most 128 KiB a reply."""

from __future__ import annotations

import os
from pathlib import Path

from recorder.desk import FileDesk
from recorder.layout import PART, path_of_id
from recorder.opening import opened
from vms.domain.messages import ReadRequest

THREADS = 4
#: Reads that wait for the disk, all readers together (32 MiB of replies).
MOST_WAITING = 256


def read_desk(root: Path) -> FileDesk:
    """Answers ``read``, for which ``root`` is the recordings' folder."""

    def answer(site: str, camera: str, raw: bytes) -> tuple[bytes, dict[str, str]]:
        request = ReadRequest.model_validate_json(raw)
        path = root / path_of_id(site, camera, request.segment)
        data, size, growing = _read(path, request.offset, request.length)
        return data, {"Vms-Size": str(size), "Vms-Growing": "1" if growing else "0"}

    return FileDesk("read", answer, THREADS, MOST_WAITING)


def _read(path: Path, offset: int, length: int) -> tuple[bytes, int, bool]:
    """``(bytes, size of the file now, whether it grows)``; the ``.part`` is tried where the closed file is not."""
    try:
        return (*_read_file(path, offset, length), False)
    except FileNotFoundError:
        part = path.with_suffix(PART)
        try:
            return (*_read_file(part, offset, length), True)
        except FileNotFoundError:
            return (*_read_file(path, offset, length), False)  # it was closed in between


def _read_file(path: Path, offset: int, length: int) -> tuple[bytes, int]:
    with opened(path) as file:
        return os.pread(file.fileno(), length, offset), os.fstat(file.fileno()).st_size
