"""Streams pulled for a test: a reader, its sink, and the watchdog that looks after them all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from tests.support.footage import Unit
from tests.support.sinks import RecordingSink
from vms.domain.clock import SystemClock
from vms.ingest.loop import ReadingLoop
from vms.ingest.reader import StreamReader, Watchdog
from vms.ingest.stream import MediaPacket


class Pull:
    """A reader, its sink, and the watchdog that looks after it."""

    def __init__(self, watchdog: Watchdog, url: str, reading: ReadingLoop | None, sink: RecordingSink) -> None:
        self.sink = sink
        self.reader = StreamReader(url.rpartition("/")[2], "main", url, self.sink, SystemClock(), reading)
        watchdog.add(self.reader)
        self.reader.start()

    def got(self, packets: int) -> bool:
        return len(self.sink.packets) >= packets

    def units(self, run: int = 0) -> tuple[Unit, ...]:
        return tuple(Unit(p.payload, p.pts, p.dts, p.keyframe) for p in self.packets(run))

    def packets(self, run: int = 0) -> list[MediaPacket]:
        return self.sink.of_run(run)


@contextlib.contextmanager
def pulling(*, alone: bool = False) -> Iterator[Callable[..., Pull]]:
    """Gives a function that starts to pull a URL; everything is stopped, and must stop, at the end.

    All are read by one loop, as a recorder does it; or each ``alone`` in its own thread, as a detector does.
    """
    reading = None if alone else ReadingLoop(SystemClock())
    if reading is not None:
        reading.start()
    watchdog = Watchdog(SystemClock(), reading)
    watchdog.start()
    made: list[Pull] = []

    def pull(url: str, sink: RecordingSink | None = None) -> Pull:
        made.append(Pull(watchdog, url, reading, sink or RecordingSink()))
        return made[-1]

    try:
        yield pull
    finally:
        watchdog.close()
        for one in made:
            one.reader.stop()
        ended = [one.reader.join(5) for one in made]
        if reading is not None:
            reading.stop()
    assert all(ended), "a thread did not end"
