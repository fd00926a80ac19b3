"""Streams pulled for a test: a reader, its sink, and the watchdog that looks after them all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import av

from tests.support.footage import Unit
from tests.support.sinks import RecordingSink
from vms.domain.clock import SystemClock
from vms.ingest.reader import StreamReader, Watchdog
from vms.ingest.stream import MediaPacket


class Pull:
    """A reader, its sink, and the watchdog that looks after it."""

    def __init__(self, watchdog: Watchdog, url: str) -> None:
        self.sink = RecordingSink()
        self.reader = StreamReader(url.rpartition("/")[2], "main", url, self.sink, SystemClock())
        watchdog.add(self.reader)
        self.reader.start()

    def got(self, packets: int) -> bool:
        return len(self.sink.packets) >= packets

    def units(self, run: int = 0) -> tuple[Unit, ...]:
        return tuple(Unit(p.payload, p.pts, p.dts, p.keyframe) for p in self.packets(run))

    def packets(self, run: int = 0) -> list[MediaPacket]:
        return self.sink.of_run(run)


@contextlib.contextmanager
def pulling() -> Iterator[Callable[[str], Pull]]:
    """Gives a function that starts to pull a URL; everything is stopped, and must stop, at the end."""
    av.logging.set_level(None)
    watchdog = Watchdog()
    watchdog.start()
    made: list[Pull] = []

    def pull(url: str) -> Pull:
        made.append(Pull(watchdog, url))
        return made[-1]

    try:
        yield pull
    finally:
        watchdog.close()
        for one in made:
            one.reader.stop()
        ended = [one.reader.join(5) for one in made]
    assert all(ended), "a thread did not end"
