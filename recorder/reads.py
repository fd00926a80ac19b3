"""Bytes of recordings over the bus, by segment id, closed or still growing; at most 128 KiB a reply.

Own threads read: a disk that is asleep holds up neither the event loop nor the heartbeat, nor one reader the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats.errors
from nats.aio.msg import Msg
from pydantic import ValidationError

from recorder.layout import PART, path_of_id
from vms.bus.connection import Bus
from vms.domain.messages import ReadRequest

log = logging.getLogger(__name__)

THREADS = 4
#: Reads that wait for the disk, all readers together (32 MiB of replies); what is beyond goes unanswered.
MOST_WAITING = 256


class ReadDesk:
    """Answers ``ctl.v1.<site>.<camera>.read`` for the recorder's sites. An error is a header ``Vms-Error``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._threads = ThreadPoolExecutor(THREADS, "reads")
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, bus: Bus, site: str) -> None:
        """Subscribes for one site."""
        await bus.bulk.subscribe(f"ctl.v1.{site}.*.read", cb=self._asked)

    async def _asked(self, msg: Msg) -> None:
        if not msg.reply or len(self._tasks) >= MOST_WAITING:
            return
        task = asyncio.create_task(self._answer(msg))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, msg: Msg) -> None:
        headers: dict[str, str] = {}
        data = b""
        try:
            _, _, site, camera, _ = msg.subject.split(".")
            request = ReadRequest.model_validate_json(msg.data)
            path = self._root / path_of_id(site, camera, request.segment)
            loop = asyncio.get_running_loop()
            data, size, growing = await loop.run_in_executor(self._threads, _read, path, request.offset, request.length)
            headers = {"Vms-Size": str(size), "Vms-Growing": "1" if growing else "0"}
        except FileNotFoundError:
            headers = {"Vms-Error": "not_found"}
        except (ValidationError, ValueError):
            headers = {"Vms-Error": "bad_request"}
        except OSError as err:
            log.error("read.failed subject=%s error=%s", msg.subject, err.strerror)
            headers = {"Vms-Error": "disk"}
        with contextlib.suppress(nats.errors.Error):  # the bus went away: who asked asks again
            await msg._client.publish(msg.reply, data, headers=headers)


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
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        return os.pread(descriptor, length, offset), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
