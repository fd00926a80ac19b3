"""Real small disks for tests: tmpfs, mounted, filled, made read-only, taken away and brought back. Root only."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import wait_until


def need_root() -> None:
    """Skips where nothing may be mounted; CI may."""
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("mounting needs root")


class SmallDisk:
    """A tmpfs at ``home``, bound to ``place``: there it can go and come back with all that is on it."""

    def __init__(self, folder: Path, place: Path, options: str) -> None:
        self.home = folder / "disk"
        self.place = place
        self.home.mkdir(parents=True)
        _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.home))
        self._root = os.open(self.home, os.O_DIRECTORY)
        place.mkdir(parents=True, exist_ok=True)
        self.attach()

    def attach(self) -> None:
        """The disk is where the recorder looks for it."""
        _run("mount", "--bind", str(self.home), str(self.place))

    def detach(self) -> None:
        """The disk is gone from there at once, also beneath open files."""
        _run("umount", "--lazy", str(self.place))

    def remount(self, option: str) -> None:
        """``ro`` or ``rw``, of the place where it is seen; a kernel refuses while anybody has a file open to write."""
        command = ["mount", "-o", f"remount,bind,{option}", str(self.place)]
        wait_until(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0, 20, "remounted")

    @property
    def free(self) -> int:
        """Bytes."""
        stat = os.fstatvfs(self._root)
        return stat.f_bavail * stat.f_frsize

    @property
    def hog(self) -> Path:
        """Somebody else's file on the disk."""
        return self.home / "somebody-else"

    def fill(self, leave: int) -> None:
        """Somebody else takes all but ``leave`` bytes: of this disk, held open, never of the one beneath its place."""
        with contextlib.suppress(OSError):
            hog = os.open(self.hog.name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, dir_fd=self._root)
            with open(hog, "ab", buffering=0) as file:
                # Most of it at once: while it becomes full bit by bit, what is deleted meanwhile would be taken, too.
                with contextlib.suppress(OSError):
                    os.posix_fallocate(hog, os.fstat(hog).st_size, max(1, self.free - leave))
                while self.free > leave:
                    file.write(bytes(min(65536, max(4096, self.free - leave))))

    def remove(self) -> None:
        """Unmounts all of it."""
        os.close(self._root)
        self._root = -1  # who still fills it meets an error
        for place in (self.place, self.home):
            while os.path.ismount(place):
                _run("umount", "--lazy", str(place))


class FailingDisk(SmallDisk):
    """An ext4 in a file, that an error in it makes read-only beneath open files, as a dying disk does."""

    def __init__(self, folder: Path, place: Path, size: str) -> None:
        self.home = folder / "disk"
        self.place = place
        self.image = folder / "image"
        self.home.mkdir(parents=True)
        place.mkdir(parents=True, exist_ok=True)
        _run("truncate", "-s", size, str(self.image))
        _run("mkfs.ext4", "-q", str(self.image))
        self.mount()

    def mount(self) -> None:
        """It is there, and can be written."""
        _run("mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.home))
        self._root = os.open(self.home, os.O_DIRECTORY)
        self.attach()

    def fail(self) -> None:
        """The kernel finds an error in it."""
        found = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self.home)], check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()
        Path(f"/sys/fs/ext4/{Path(found).name}/trigger_fs_error").write_text("1", encoding="utf-8")


@contextlib.contextmanager
def small_disk(folder: Path, place: Path, options: str) -> Iterator[SmallDisk]:
    """One that is gone afterwards."""
    need_root()
    disk = SmallDisk(folder, place, options)
    try:
        yield disk
    finally:
        disk.remove()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
