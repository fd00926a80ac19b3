"""Folders whose names have to survive a power cut: made and synced. What lies in them is ``layout``'s."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Makes ``folder`` and those above it where they are missing; their names are on the disk when this returns."""
    for above in make_names(folder):
        sync_folder(above)


def make_names(folder: Path) -> list[Path]:
    """The same without waiting for the disk: the folders that have to be synced for it, from the top."""
    if folder.is_dir():
        return []
    above = make_names(folder.parent)
    folder.mkdir(exist_ok=True)
    return [*above, folder.parent]


def sync_folder(folder: Path) -> None:
    """Forces the folder's entries (names of new files) to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
