"""Questions about a camera's files, over the bus, answered by threads of their own.

A disk that is asleep holds up neither the event loop nor the heartbeat, nor one kind of question the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import nats.errors
from nats.aio.msg import Msg

from vms.bus import subjects
from vms.bus.connection import Bus

log = logging.getLogger(__name__)

#: ``(site, camera, request)`` to ``(reply, headers)``; runs in a thread of the desk. A ``FileNotFoundError``,
#: ``ValueError`` (a request that does not parse is one) or ``OSError`` becomes the header ``Vms-Error``.
Answer = Callable[[str, str, bytes], tuple[bytes, dict[str, str]]]


class FileDesk:
    """Answers ``ctl.v1.<site>.<camera>.<question>``; beyond ``most_waiting`` none is taken: it is asked again."""

    def __init__(self, question: Literal["read", "fragments"], answer: Answer, threads: int, most_waiting: int) -> None:
        self._question = question
        self._give = answer
        self._most_waiting = most_waiting
        self._threads = ThreadPoolExecutor(threads, question)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, bus: Bus, site: str) -> None:
        """Subscribes for one site."""
        await bus.bulk.subscribe(subjects.control(site, "*", self._question), cb=self._asked)

    async def _asked(self, msg: Msg) -> None:
        if not msg.reply or len(self._tasks) >= self._most_waiting:
            return
        task = asyncio.create_task(self._answer(msg))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, msg: Msg) -> None:
        _, _, site, camera, _ = msg.subject.split(".")
        data = b""
        try:
            loop = asyncio.get_running_loop()
            data, headers = await loop.run_in_executor(self._threads, self._give, site, camera, msg.data)
        except FileNotFoundError:
            headers = {"Vms-Error": "not_found"}
        except ValueError:
            headers = {"Vms-Error": "bad_request"}
        except OSError as err:
            log.error("%s.failed site=%s camera=%s error=%s", self._question, site, camera, err.strerror)
            headers = {"Vms-Error": "disk"}
        with contextlib.suppress(nats.errors.Error):  # the bus went away: who asked asks again
            await msg._client.publish(msg.reply, data, headers=headers)
