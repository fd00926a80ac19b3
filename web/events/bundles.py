"""Events as they go over a websocket, put together once for all who are told the same. Not here: which those are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from web.events.feed import Entry
from web.frames import framed

#: Of one bundle, and an event more: what waits for one client beside what its connection holds.
MOST_BYTES = 32 * 1024
#: Of all that are kept for who asks next; those who keep up ask for the same within a moment.
KEPT_BYTES = 1024 * 1024


class Bundles:
    """Bundles that were asked for lately."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, bytes] = {}
        self._bytes = 0

    def of(self, part: Sequence[Entry], who: Hashable, concerns: Callable[[Entry], bool]) -> bytes:
        """Those of ``part`` that ``concerns`` is true of, which it is of the same for each ``who``; perhaps none."""
        key = part[0].seq, part[-1].seq, who
        found = self._kept.get(key)
        if found is None:
            found = framed(entry.text for entry in part if concerns(entry))
            if self._bytes + len(found) > KEPT_BYTES:
                self._kept.clear()
                self._bytes = 0
            self._kept[key] = found
            self._bytes += len(found)
        return found


def parts(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries in order; each part ends with the one that fills ``MOST_BYTES``."""
    begin, size = 0, 0
    for end, entry in enumerate(entries, 1):
        size += len(entry.text)
        if size >= MOST_BYTES:
            yield entries[begin:end]
            begin, size = end, 0
    if begin < len(entries):
        yield entries[begin:]
