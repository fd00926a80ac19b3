"""The load as its parent sees it: started, asked for counts, ended in order."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from vms.bench.streams import FPS, Counts, camera_ids
from vms.domain.errors import VmsError

READY_S = 60.0


class Load:
    """A running ``vms.bench.streams``."""

    def __init__(self, process: subprocess.Popen[str], cameras: int) -> None:
        self._process = process
        self.cameras = camera_ids(cameras)
        begun = json.loads(self._line())
        self.port = int(begun["port"])
        #: When the first frame of each camera's loop was due, seconds of the monotonic clock.
        self.origins: dict[str, float] = begun["origins"]

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def url(self, camera: str) -> str:
        """The camera's only stream."""
        return f"rtsp://127.0.0.1:{self.port}/{camera}/main"

    def counts(self) -> dict[str, Counts]:
        """Until now, by camera."""
        if self._process.stdin is None:
            raise VmsError("the load has ended")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._counts()

    def until_playing(self) -> None:
        """Waits until every camera is pulled; raises ``VmsError`` when that takes a minute."""
        deadline = time.monotonic() + READY_S
        while away := sum(not (one.playing and one.frames) for one in self.counts().values()):
            if time.monotonic() > deadline:
                raise VmsError(f"{away} of {len(self.cameras)} cameras were not pulled within {READY_S:g} s")
            time.sleep(0.2)

    def finish(self) -> dict[str, Counts]:
        """Sends no more, closes every session once what was sent has left, and says what that was."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        counts = self._counts()
        self._process.wait()
        return counts

    def kill(self) -> None:
        """As a power cut of all cameras does."""
        self._process.kill()
        self._process.wait()

    def _counts(self) -> dict[str, Counts]:
        return {name: Counts(**one) for name, one in json.loads(self._line()).items()}

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise VmsError("the load ended by itself")
        return line


@contextlib.contextmanager
def load(loop: Path, cameras: int, port: int = 0, fps: int = FPS) -> Iterator[Load]:
    """``cameras`` cameras that all send ``loop`` (see ``streams.encode_loop``) at ``fps``; gone afterwards."""
    command = [sys.executable, "-m", "vms.bench.streams", str(loop), "--cameras", str(cameras), "--port", str(port)]
    command += ["--fps", str(fps)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield Load(process, cameras)
        finally:
            process.kill()
