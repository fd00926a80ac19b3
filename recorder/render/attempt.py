"""One process at work on a try-out: started with a job, heard until it is over, and ended for sure.

What it says is not trusted further than its shape: it decodes what anybody may have sent. Not here: which program it is
(``vms.cli`` stands above recorder and detectors and says so), and what becomes of its words (``tryouts``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ValidationError

from vms.domain.tryouts import Job, Word

log = logging.getLogger(__name__)

#: One that says nothing for so long hangs, on a disk perhaps; on a host that is busy it gets little done in a minute.
SILENT_S = 180.0
#: Its exit code is waited for so long once it has closed its output.
LAST_BREATH_S = 5.0
#: A word takes a few hundred bytes.
LONGEST_WORD = 16 * 1024

#: ``over``: it said its last word; ``ended``: it was told to; ``crashed``: it died, or hung, with a file in work;
#: ``refused``: it could not be started, or ended before any file.
Outcome = Literal["over", "ended", "crashed", "refused"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)


class Attempt:
    """``run`` once; ``end`` at any time, from the event loop."""

    def __init__(self, program: Program, job: Job) -> None:
        self._program = program
        self._job = job
        self._process: asyncio.subprocess.Process | None = None
        self._ended = False
        self.stretch: int | None = None  # in work

    async def run(self, heard: Callable[[Word], None]) -> Outcome:
        """Calls ``heard`` with each word; when it returns, or is cancelled, the process is gone."""
        try:
            return await self._run(heard)
        finally:
            self.end()
            if self._process is not None:  # what it said too much is read: a full pipe would never be seen to close
                await self._process.communicate()

    def end(self) -> None:
        """Kills it; there is nothing that it would have to bring to an end."""
        self._ended = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _run(self, heard: Callable[[Word], None]) -> Outcome:
        if self._ended:
            return "ended"
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._program.argv, env=dict(self._program.env), limit=LONGEST_WORD,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except OSError as err:
            log.error("tryout.unstarted error=%s", err.strerror)
            return "refused"
        if self._ended or process.stdin is None or process.stdout is None:  # told while it was being started
            return "ended"
        process.stdin.write(self._job.encode() + b"\n")  # and stays open: its end would end the process
        why = await self._listen(process.stdout, heard)
        if why is None:
            return "over"
        if self._ended:
            return "ended"
        code: int | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if why else LAST_BREATH_S):
                code = await process.wait()
        log.error("tryout.died camera=%s code=%s %s", self._job.camera, code, why)
        return "refused" if self.stretch is None or (code is not None and code >= 0) else "crashed"

    async def _listen(self, words: asyncio.StreamReader, heard: Callable[[Word], None]) -> str | None:
        """None after the last word; else why there is none, empty when the process closed its output."""
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    line = await words.readline()
                if not line:
                    return ""
                word = Word.model_validate_json(line)
            except TimeoutError:
                return f"it was silent for {SILENT_S:g} s"
            except (ValidationError, ValueError) as err:  # ValueError: longer than a word may be
                return f"it said what is no word: {type(err).__name__}"
            if word.stretch is not None and word.stretch < len(self._job.stretches):
                self.stretch = word.stretch
            heard(word)
            if word.over:
                return None
