"""One child process: started, watched, restarted with backoff, ended with its whole group.

A child that exits with 2 has been given something wrong (``ConfigurationError``): restarting would not help,
and the supervisor ends with its line. A role whose event loop stands still is killed and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vms.domain.clock import Clock
from vms.settings.liveness import LIVENESS_VARIABLE

log = logging.getLogger(__name__)

FIRST_RESTART_S, LAST_RESTART_S = 0.1, 15.0
GOOD_RUN_S = 60.0
#: Who lived so long had accepted its configuration.
RAN_S = 5.0
#: An event loop that says nothing for so long stands still.
SILENT_S = 30.0
#: Before its first word a role loads its libraries: when a whole host starts from cold disks, that takes its time.
STARTING_S = 120.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run. ``on_line`` gets each line of its standard output; without it the output is ours."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    beats: bool = True
    on_line: Callable[[str], None] | None = None


class Child:
    """Runs one ``ChildSpec`` until told to stop."""

    def __init__(self, spec: ChildSpec, clock: Clock) -> None:
        self.spec = spec
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._stopped = asyncio.Event()
        self._beat_at = 0.0
        self.has_run = False

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> int:
        """Keeps the process running; returns 2 when it refuses its configuration at once, 0 when stopped.

        Once it has run, 2 is like any other end: a disk that is read-only for a moment, or a locked database,
        must not stop the other roles.
        """
        failures = 0
        while not self._stopping:
            begun = self._clock.monotonic()
            code = await self._run_once()
            if self._stopping:
                return 0
            if code == 2 and not self.has_run:
                return 2
            self.has_run = self.has_run or self._clock.monotonic() - begun > RAN_S
            if self._clock.monotonic() - begun > GOOD_RUN_S:
                failures = 0
            delay = min(LAST_RESTART_S, FIRST_RESTART_S * 2**failures)
            failures += 1
            log.error("child.ended name=%s code=%s restart_s=%.1f", self.spec.name, code, delay)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), delay)
        return 0

    async def stop(self, grace_s: float) -> None:
        """Asks it to end; after ``grace_s`` its whole group is killed."""
        self._stopping = True
        self._stopped.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), grace_s)
        except TimeoutError:
            log.error("child.killed name=%s it did not end within %.1f s", self.spec.name, grace_s)
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()

    async def _run_once(self) -> int:
        beat_read, beat_write = os.pipe()
        env = dict(self.spec.env)
        if self.spec.beats:
            env[LIVENESS_VARIABLE] = str(beat_write)
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv,
                env=env,
                pass_fds=(beat_write,) if self.spec.beats else (),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self.spec.on_line else None,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone
                preexec_fn=_die_with_parent,  # and none is left behind when the supervisor is killed
            )
        except OSError as err:
            os.close(beat_read)
            log.error("child.unstarted name=%s error=%s", self.spec.name, err.strerror)
            return 1
        finally:
            os.close(beat_write)
        log.info("child.started name=%s pid=%d", self.spec.name, process.pid)
        if self._stopping:  # told while it was being started
            _signal_group(process.pid, signal.SIGKILL)
        helpers = [asyncio.create_task(self._read_lines(process))] if self.spec.on_line else []
        if self.spec.beats:
            helpers.append(asyncio.create_task(self._watch_beats(process, beat_read)))
        else:
            os.close(beat_read)
        code = await process.wait()
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        _signal_group(process.pid, signal.SIGKILL)  # what it may have left behind
        return code

    async def _read_lines(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None or self.spec.on_line is None:
            return
        while line := await process.stdout.readline():
            self.spec.on_line(line.decode(errors="replace").rstrip("\n"))

    async def _watch_beats(self, process: asyncio.subprocess.Process, descriptor: int) -> None:
        self._beat_at = self._clock.monotonic()
        allowed = STARTING_S
        loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)

        def beat() -> None:
            nonlocal allowed
            with contextlib.suppress(BlockingIOError):
                if os.read(descriptor, 4096):
                    self._beat_at, allowed = self._clock.monotonic(), SILENT_S
                else:
                    loop.remove_reader(descriptor)

        loop.add_reader(descriptor, beat)
        try:
            while True:
                await asyncio.sleep(1)
                if self._clock.monotonic() - self._beat_at > allowed:
                    log.error("child.silent name=%s pid=%d", self.spec.name, process.pid)
                    _signal_group(process.pid, signal.SIGKILL)
                    return
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)


def _die_with_parent() -> None:
    # KILL, because a child that hangs must not write beside its successor; what it wrote is mended at the next start.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
