"""Small files that are there whole or not at all: the old text until the new one is complete."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, *, synced: bool = True, mode: int = 0o666) -> None:
    """Puts ``data`` in the place of ``path``, whose folder is made; one writer a path.

    With ``synced`` the bytes are on the disk before the name is theirs, so that a power cut leaves the old text or the
    new one. Without, it may leave an empty file: for notes that are written often and can be missed. ``mode``: of the
    file from its first byte on, less what the process's umask takes.

    Raises ``OSError``; the old text then stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(data)
        if synced:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
