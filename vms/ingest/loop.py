"""Who reads connections: one thread for many, or a stream's own thread for one.

Recording costs little a picture, waking up costs more: the loop takes what has come from all cameras in rounds. A sink
that decodes takes long, and a decoder may hang: its stream is read by a thread of its own (``pump``).
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from dataclasses import dataclass, field

from vms.domain.clock import Clock
from vms.domain.errors import IngestError
from vms.ingest.connection import Buffer, Connection

log = logging.getLogger(__name__)

#: Rounds are so far apart at least (seconds): what that adds to the latency nobody sees.
ROUND_S = 0.01
LOOK_S = 0.5
#: A round takes milliseconds; one that takes so long will not end.
HUNG_S = 20.0


@dataclass(slots=True)
class _Served:
    connection: Connection
    ended: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class ReadingLoop:
    """One thread that reads the connections given to ``serve``."""

    def __init__(self, clock: Clock, name: str = "ingest") -> None:
        self._clock = clock
        self._poll = select.epoll()
        self._served: dict[int, _Served] = {}
        self._stop = threading.Event()
        self._round_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; every connection is to have ended before."""
        self._stop.set()

    def serve(self, connection: Connection) -> None:
        """Reads ``connection`` until it ends, and raises why; call from the stream's thread."""
        one = _Served(connection)
        self._served[connection.fileno()] = one
        self._poll.register(connection.fileno(), select.EPOLLIN)
        one.ended.wait()
        if one.error is not None:
            raise one.error

    def end_if_hung(self, awake_since: float) -> None:
        """Ends the process when a round does not: the supervisor starts the next one, which goes on recording.

        ``awake_since``: since when (monotonic seconds) this process has run without standing still.
        """
        begun = self._round_at
        if begun is not None and self._clock.monotonic() - max(begun, awake_since) > HUNG_S:
            log.critical("ingest.hung seconds=%d the process ends and is started again", HUNG_S)
            logging.shutdown()
            os._exit(1)

    def _run(self) -> None:
        buffer = Buffer()
        looked_at = self._clock.monotonic()
        while not self._stop.is_set():
            asked = self._clock.monotonic()
            events = self._poll.poll(LOOK_S)
            self._round_at = begun = self._clock.monotonic()
            for number, _ in events:
                one = self._served.get(number)
                if one is not None:
                    try:
                        one.connection.ready(buffer)
                    except Exception as err:  # noqa: BLE001 - raised in the stream's own thread
                        self._end(one, err)
            # By the moment before the wait: what had come by then is read, wherever this process stood still since.
            if asked - looked_at >= LOOK_S:
                looked_at = asked
                self._look(asked)
            self._round_at = None
            time.sleep(max(0.0, ROUND_S - (self._clock.monotonic() - begun)))

    def _look(self, read_until: float) -> None:
        for one in list(self._served.values()):
            try:
                one.connection.look(read_until)
            except Exception as err:  # noqa: BLE001 - as above
                self._end(one, err)

    def _end(self, one: _Served, err: Exception) -> None:
        number = one.connection.fileno()
        self._poll.unregister(number)
        del self._served[number]
        one.error = _finished(one.connection, err)
        one.ended.set()


def pump(connection: Connection, clock: Clock) -> None:
    """Reads one connection in the caller's thread until it ends, and raises why."""
    poll, buffer = select.poll(), Buffer()
    poll.register(connection.fileno(), select.POLLIN)
    try:
        while True:
            asked = clock.monotonic()
            if poll.poll(LOOK_S * 1000):
                connection.ready(buffer)
            connection.look(asked)  # as in the loop
    except Exception as err:
        raise _finished(connection, err) from err


def _finished(connection: Connection, err: Exception) -> Exception:
    """Ends the run; the error that counts is the first."""
    try:
        connection.finish(err.reason if isinstance(err, IngestError) else "corrupt")
    except Exception as second:  # noqa: BLE001 - the caller raises it
        return err if not isinstance(err, IngestError) else second
    return err
