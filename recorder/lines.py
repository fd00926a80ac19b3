"""Work that may wait for a disk for ever: under one key one thing after the other, each key beside the others.

Its threads are daemons: one that never comes back holds up neither its neighbours nor the process's end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from queue import SimpleQueue

from vms.domain.clock import Clock

log = logging.getLogger(__name__)

Work = Callable[[], object]


class Lines:
    """``call`` from any thread; a key's thread is started by its first work."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[Hashable, tuple[SimpleQueue[Work | None], threading.Thread]] = {}

    def call(self, key: Hashable, work: Work) -> None:
        """Does ``work`` after all that was called under ``key`` before."""
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                queue: SimpleQueue[Work | None] = SimpleQueue()
                thread = threading.Thread(target=self._loop, args=(queue,), name=self._name, daemon=True)
                thread.start()
                self._lines[key] = line = queue, thread
        line[0].put(work)

    def stop(self, timeout: float) -> bool:
        """Finishes what was called; False when that takes longer than ``timeout`` seconds."""
        deadline = self._clock.monotonic() + timeout
        with self._lock:
            lines = list(self._lines.values())
        for queue, _ in lines:
            queue.put(None)
        for _, thread in lines:
            thread.join(max(0.0, deadline - self._clock.monotonic()))
        return not any(thread.is_alive() for _, thread in lines)

    def _loop(self, queue: SimpleQueue[Work | None]) -> None:
        while (work := queue.get()) is not None:
            try:
                work()
            except Exception:  # one camera's fault must not keep the next from its turn
                log.exception("%s.failed", self._name)
