"""What only looks, and what is refused, before it is written: bounded in memory, repeated looks put together. Pure.

The first look of a login at a camera is due at once. Those that follow within ``WINDOW_S`` are counted, and are one
more entry when that time is over: ``count`` of them, ``since`` the first, what was looked at from where to where.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vms.domain.clock import Clock, from_epoch, rfc3339
from web.audit.entry import SERVICE, Actor, Entry, made

WINDOW_S = 300.0
#: Not written yet, at most: some megabytes. What comes beyond is counted.
MOST_PENDING = 10_000
MOST_WINDOWS = 20_000
#: Refusals that are written one by one: so many at once, and then so many a minute, of strangers and of users apart.
BURST, REFUSALS_A_MINUTE = 300, 10.0
#: What was only counted is said at most this often (seconds).
LOSS_S = 60.0
#: Different objects that are named of a flood of refusals.
MOST_OBJECTS = 20

_Key = tuple[str | None, ...]


@dataclass(slots=True)
class _Window:
    """Equal looks since the first one, which is written already."""

    begun: float  # monotonic seconds
    first: Entry
    last: Entry | None = None
    count: int = 0
    objects: set[str] | None = None

    def add(self, entry: Entry) -> None:
        before = self.first if self.last is None else self.last
        detail = _together(before.detail, entry.detail)
        self.last = replace(entry, detail=detail)
        self.count += 1
        if entry.outcome == "refused" and entry.object is not None:
            self.objects = self.objects or set()
            if len(self.objects) < MOST_OBJECTS:
                self.objects.add(entry.object)

    def summary(self) -> Entry | None:
        if self.last is None:
            return None
        more = {"count": self.count, "since": rfc3339(self.first.at)}
        named = {"objects": sorted(self.objects)} if self.objects else {}
        return replace(self.last, detail={**self.last.detail, **more, **named})


class _Bucket:
    """How many refusals may still be written one by one."""

    def __init__(self, now: float) -> None:
        self._left, self._at = float(BURST), now

    def take(self, now: float) -> bool:
        self._left = min(float(BURST), self._left + (now - self._at) * REFUSALS_A_MINUTE / 60)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Notes:
    """``lost``: how many were only counted, since the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: deque[Entry] = deque()
        self._windows: OrderedDict[_Key, _Window] = OrderedDict()
        now = clock.monotonic()
        self._strangers, self._users = _Bucket(now), _Bucket(now)
        self._lost: Counter[str] = Counter()
        self._lost_since = ""
        self._lost_told = float("-inf")
        self.lost = 0

    def add(self, by: Actor, entry: Entry) -> None:
        """Takes a look or a refusal; never waits."""
        now = self._clock.monotonic()
        key = _key(by, entry)
        window = self._windows.get(key)
        if window is not None and now - window.begun < WINDOW_S:
            window.add(entry)
            return
        if window is not None:
            self._end(key)
        bucket = self._strangers if entry.user is None else self._users
        if entry.outcome == "refused" and not bucket.take(now):
            self.lose([entry])
        elif self._push(entry):
            self._windows[key] = _Window(now, entry)
            if len(self._windows) > MOST_WINDOWS:
                self._end(next(iter(self._windows)))

    def take(self, most: int, *, last: bool = False) -> list[Entry]:
        """What is to be written now, in order; ``last``: all windows end, because the service does."""
        now = self._clock.monotonic()
        while self._windows:
            key, window = next(iter(self._windows.items()))
            if not last and now - window.begun < WINDOW_S:
                break
            self._end(key)
        taken = [self._pending.popleft() for _ in range(min(most, len(self._pending)))]
        if self._lost and (last or now - self._lost_told >= LOSS_S):
            self._lost_told = now
            detail = {"lost": dict(self._lost), "since": self._lost_since}
            taken.append(made(from_epoch(self._clock.utc()), SERVICE, "audit.lose", detail=detail))
            self._lost.clear()
        return taken

    def put_back(self, taken: Sequence[Entry]) -> None:
        """They could not be written and come first the next time."""
        self._pending.extendleft(reversed(taken))

    def lose(self, entries: Sequence[Entry]) -> None:
        """They are not written, but counted."""
        if entries and not self._lost:
            self._lost_since = rfc3339(entries[0].at)
        self._lost.update(entry.action for entry in entries)
        self.lost += len(entries)

    def _push(self, entry: Entry) -> bool:
        room = len(self._pending) < MOST_PENDING
        if room:
            self._pending.append(entry)
        else:
            self.lose([entry])
        return room

    def _end(self, key: _Key) -> None:
        summary = self._windows.pop(key).summary()
        if summary is not None:
            self._push(summary)


def _key(by: Actor, entry: Entry) -> _Key:
    who = by.session or f"{by.user}@{by.address}"
    if entry.outcome == "refused":  # who tries many paths is one who tries
        return (who, entry.action, entry.site, entry.camera, str(entry.detail.get("status")), entry.outcome)
    return (who, entry.action, entry.site, entry.camera, entry.object, entry.outcome)


def _together(before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``from`` the earliest, ``to`` the latest (RFC 3339, all of one length), lists whole; of the rest the newest."""
    both = {**before, **new}
    for name, choose in (("from", min), ("to", max)):
        if name in before and name in new:
            both[name] = choose(before[name], new[name])
    for name, value in new.items():
        old = before.get(name)
        if isinstance(value, list) and isinstance(old, list):
            both[name] = old + [one for one in value if one not in old]
    return both
