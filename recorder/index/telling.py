"""Telling the database a camera's index again, from its journals: as orders in files, so that they outlive a restart.

An order names a camera, not what there is to say: what is told is what the journals say at that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recorder.index.state import Found, days, is_empty, look
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import BusError, StorageError
from vms.domain.facility import ID_PATTERN
from vms.domain.index import IndexSpan, Row
from vms.domain.messages import Gap, Segment

log = logging.getLogger(__name__)

#: Under ``DATA``, one file a camera, ``<site>.<camera>``.
ORDERS = Path("outbox", "index")
#: A message takes about half a megabyte.
MOST_RECORDS = 1000
#: What is younger is only added to what the database knows: it may be on its way.
LIVE_EDGE = timedelta(minutes=2)
LOOK_S = 1.0
RETRY_S = 0.5
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def order(data: Path, site: str, camera: str) -> None:
    """The recorder of this camera, now or when it starts, tells its whole index again."""
    folder = data / ORDERS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{site}.{camera}").write_bytes(b"")


def records(found: Found) -> list[Segment | Gap]:
    """What an index of these records has, by start."""
    some: list[Segment | Gap] = [one for one in found.segments.values() if not is_empty(one)]
    some += found.growing.values()
    some += [gap for gap in found.gaps.values() if gap.end != gap.start]
    return sorted(some, key=lambda one: (one.start, one.id))


def row(one: Segment | Gap) -> Row:
    """Its columns in a digest."""
    return one.id, one.start, one.end, one.bytes if isinstance(one, Segment) else one.cause


def spans(root: Path, site: str, camera: str, now: datetime) -> Iterator[IndexSpan]:
    """A camera's whole index, message by message, oldest first; between them no moment is left out."""
    edge = now - LIVE_EDGE
    start = _BEGINNING
    for day in days(root, site, camera):
        some = records(look(root, site, camera, day))
        for at in range(0, len(some), MOST_RECORDS):
            following = some[at + MOST_RECORDS : at + MOST_RECORDS + 1]
            midnight = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
            end = max(start, min(following[0].start if following else midnight, edge))
            yield _span(site, camera, start, end, some[at : at + MOST_RECORDS])
            start = end
    if start < edge:
        yield _span(site, camera, start, edge, [])


def _span(site: str, camera: str, start: datetime, end: datetime, some: list[Segment | Gap]) -> IndexSpan:
    return IndexSpan(
        site=site, camera=camera, start=start, end=end,
        segments=tuple(one for one in some if isinstance(one, Segment)),
        gaps=tuple(one for one in some if isinstance(one, Gap)),
    )  # fmt: skip


class Teller:
    """Carries orders out, one camera after the other.

    ``root_of`` a site is what its disk is reached by: while it is away every use of it fails. ``sites`` are those of
    which it is there.
    """

    def __init__(self, data: Path, root_of: Callable[[str], Path], sites: Container[str] | None, clock: Clock) -> None:
        self._data = data
        self._root_of = root_of
        self._failing: dict[str, str] = {}  # what was logged last, by order; "": of the folder
        self._told: dict[str, int] = {}  # orders that are carried out and could not be taken away, as given
        self._sites = sites
        self._clock = clock

    async def run(self, bus: Bus) -> None:
        """For ever."""
        while True:
            for path in await asyncio.to_thread(self._orders):
                await self._carry_out(bus, path)
            await asyncio.sleep(LOOK_S)

    def _orders(self) -> list[Path]:
        try:
            names = sorted((self._data / ORDERS).iterdir())
        except FileNotFoundError:
            names = []
        except OSError as err:  # nobody is told of an order; recording and all else on the bus goes on
            self._failed("", f"index.unordered path={self._data / ORDERS} error={err.strerror}", err)
            return []
        self._failing.pop("", None)
        return [one for one in names if self._is_mine(one.name)]

    def _is_mine(self, name: str) -> bool:
        site, dot, camera = name.partition(".")
        return bool(dot and _is_id(site) and _is_id(camera)) and (self._sites is None or site in self._sites)

    async def _carry_out(self, bus: Bus, path: Path) -> None:
        site, _, camera = path.name.partition(".")
        try:
            given = await asyncio.to_thread(_given, path)
            if self._told.get(path.name) == given:
                return
            told = spans(self._root_of(site), site, camera, from_epoch(self._clock.utc()))
            count = 0
            while (span := await asyncio.to_thread(next, told, None)) is not None:
                if self._sites is not None and site not in self._sites:  # a folder that lies beneath it has nothing
                    raise StorageError("its disk went away")
                await tell(bus, span)
                count += len(span.segments) + len(span.gaps)
        except Exception as err:  # noqa: BLE001  # one camera that cannot be told must not keep the others from it
            self._failed(path.name, f"index.untold camera={camera} error={err}", err)
            await asyncio.sleep(RETRY_S)
            return
        self._failing.pop(path.name, None)
        log.info("index.told camera=%s records=%d", camera, count)
        try:
            if await asyncio.to_thread(_given, path) == given:  # else it was ordered again meanwhile
                await asyncio.to_thread(path.unlink)
        except FileNotFoundError:  # taken away by hand
            pass
        except OSError as err:  # somebody else's; to tell it again and again would fill the bus
            self._told[path.name] = given
            log.error("index.order_kept path=%s error=%s: remove it", path, err.strerror)

    def _failed(self, what: str, text: str, err: Exception) -> None:
        if self._failing.get(what) != text:  # once, not twice a second
            log.error("%s", text, exc_info=not isinstance(err, OSError))
        self._failing[what] = text


async def tell(bus: Bus, span: IndexSpan) -> None:
    """Stores one message, however long the bus is away."""
    # An id of its own each time: the same words, after the database was lost, are no repetition.
    subject, name = subjects.stored(span.site, span.camera, "index"), uuid.uuid4().hex
    while True:
        with contextlib.suppress(BusError):
            await bus.store(subject, span.encode(), name)
            return
        await asyncio.sleep(RETRY_S)


def _given(order: Path) -> int:
    return order.stat().st_mtime_ns


def _is_id(word: str) -> bool:
    return re.fullmatch(ID_PATTERN, word) is not None
