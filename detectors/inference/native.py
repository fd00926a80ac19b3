"""The interpreter does not end while a thread is inside a model's library.

Threads of models are daemons: a stop does not wait for all that is compiled and measured. But one that comes back from
C++ into an interpreter that has ended is unwound through code that forbids it, and the whole process aborts
("terminate called without an active exception"). So the end waits for what is under way; where a stop was asked for
only as long as who asked waits, then the process ends without unwinding anything. Not here: the calls.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator

#: What lasts longer at the end (seconds) is not waited for; to compile a model takes one to five.
LONGEST_S = 10.0
#: A stop that was asked for is over after so long, all in all (seconds): the supervisor kills after four.
STOPPED_S = 3.0

_changed = threading.Condition()
_inside: set[int] = set()  # threads, by their idents
_over = threading.Event()
_stop_by: list[float] = []  # monotonic seconds; empty: no stop was asked for


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """Around calls of the library and around letting go of what it made; may be nested.

    A daemon that enters when the end has begun, be it at a further step of its work, stays there for good.
    """
    me = threading.get_ident()
    with _changed:
        outermost = me not in _inside
        _inside.add(me)
        if _over.is_set() and threading.current_thread().daemon:
            _leave(me)
            while True:
                _changed.wait()
    try:
        yield
    finally:
        if outermost:
            with _changed:
                _leave(me)


def _leave(thread: int) -> None:
    _inside.discard(thread)
    _changed.notify_all()


def stopping() -> None:
    """The process was told to end, and does so with 0 within ``STOPPED_S`` from now."""
    _stop_by.append(time.monotonic() + STOPPED_S)


@atexit.register
def _wait() -> None:
    longest = max(0.0, _stop_by[0] - time.monotonic()) if _stop_by else LONGEST_S
    with _changed:
        _over.set()
        done = _changed.wait_for(lambda: not _inside, longest)
    if _stop_by and not done:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(0)
