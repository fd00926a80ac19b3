"""A disk that stands still for a while: a file system of its own, frozen by the kernel. Who writes to it waits."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

#: A test that hangs must not leave writers waiting for ever.
LONGEST_S = 60.0


class StallingDisk:
    """Mounted at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Nothing is written meanwhile."""
        subprocess.run(["fsfreeze", "--freeze", str(self.folder)], check=True)
        guard = threading.Timer(LONGEST_S, self._thaw)
        guard.start()
        try:
            yield
        finally:
            guard.cancel()
            self._thaw()

    def _thaw(self) -> None:
        subprocess.run(["fsfreeze", "--unfreeze", str(self.folder)], check=False, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def stalling_disk(folder: Path, image: Path) -> Iterator[StallingDisk]:
    """An ext4 of 64 MB in ``image``, mounted at ``folder``; skips where that is not allowed."""
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("mounting needs root")
    folder.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=True)
    try:
        yield StallingDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
