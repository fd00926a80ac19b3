"""The cells of an XLSX file, read by a process of its own (``web.duty.excel_process`` says why)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys

from vms.domain.errors import VmsError

log = logging.getLogger(__name__)

#: How long it may take (seconds).
PATIENCE_S = 20.0


class Unusable(VmsError):
    """It cannot be read; ``word`` says why: ``unreadable``, ``too-large``, ``too-many``, ``old-excel``."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


async def cells(body: bytes, most_rows: int) -> list[list[str]]:
    """Row by row; ``Unusable``. Ends the process with whoever waits for it."""
    argv = (sys.executable, "-m", "web.duty.excel_process", str(most_rows))
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}  # no secrets of this one
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=env
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            out, _ = await process.communicate(body)
    except TimeoutError as err:
        log.warning("table.unread bytes=%d reason=slow", len(body))
        raise Unusable("too-large") from err
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    code = process.returncode or 0
    if code:  # out of memory or time, or its library's own end
        log.warning("table.unread bytes=%d code=%d", len(body), code)
        raise Unusable("too-large" if code < 0 else "unreadable")
    answer = json.loads(out)
    if "fault" in answer:
        raise Unusable(answer["fault"])
    rows: list[list[str]] = answer["rows"]
    return rows
