"""Putting the fragments of one run in order: the current GOP comes by another subject than what follows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

#: A fragment that is missing for longer than this was left out by somebody on the way (seconds).
PATIENCE_S = 0.3
MAX_WAITING = 256


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment of the run: ``data`` is moof + mdat."""

    seq: int
    key: bool
    data: bytes


class FragmentOrder:
    """Takes fragments as they come, doubled or out of order; gives them in order, from a key frame on."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._waiting: dict[int, Fragment] = {}
        self._hole_since: float | None = None

    def add(self, fragment: Fragment, now: float) -> list[Fragment]:
        """What can be given now. After a hole the next one given starts at a key frame."""
        if self._next is not None and fragment.seq < self._next:
            return []
        self._waiting[fragment.seq] = fragment
        given = self._flow()
        if not self._waiting:
            self._hole_since = None
        elif self._next is not None:
            if self._hole_since is None or given:
                self._hole_since = now
            elif now - self._hole_since > PATIENCE_S or len(self._waiting) > MAX_WAITING:
                self._hole_since = None
                self._next = None
                given = self._flow()
        elif len(self._waiting) > MAX_WAITING:
            del self._waiting[min(self._waiting)]
        return given

    def _flow(self) -> list[Fragment]:
        if self._next is None:
            keys = [seq for seq, fragment in self._waiting.items() if fragment.key]
            if not keys:
                return []
            self._next = min(keys)
            for seq in [seq for seq in self._waiting if seq < self._next]:
                del self._waiting[seq]
        given = []
        while (fragment := self._waiting.pop(self._next, None)) is not None:
            given.append(fragment)
            self._next += 1
        return given
