"""When an audit runs, who is asked, and what is told: each night, and on demand. It rests more than it works."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import nats.errors
from nats.aio.msg import Msg
from pydantic import ValidationError

from recorder.alarms import NodeAlarms
from recorder.index.audit import NO_FAULT, Looked, look_at, summed_again, unreadable
from recorder.index.state import cameras
from recorder.index.telling import order
from vms.bus import subjects
from vms.bus.connection import Bus
from vms.bus.tasks import all_of
from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.index import MOST_DIFFERENCES, AuditResult, CompareReply, CompareRequest, DaySum, Difference
from vms.domain.node import NODE_SITE
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

#: By the facility's clock: few people are about, and days are whole.
AT_HOUR, AT_MINUTE = 3, 30
LOOK_S = 20.0
#: For each second of work so many of rest: reading threads share the interpreter.
REST = 3.0
ASK_S = 10.0
#: Not sooner after a start (seconds): one that ends the process must not do so again and again.
FLOOR_S = 600.0
#: One that failed is tried again after this (seconds).
AGAIN_AFTER_S = 3600.0
#: No audit has been finished for so long: that is told, when there has been time for one (seconds).
OVERDUE = timedelta(hours=48)
TIME_S = 3 * 3600.0
#: What is still on its way to the database is there after this.
AGAIN_S = 15.0


def due(now: datetime, zone: ZoneInfo, last: datetime) -> bool:
    """Whether the hour has come since ``last``, the beginning of the last audit; a moment yet to come tells nothing."""
    here = now.astimezone(zone)
    at = here.replace(hour=AT_HOUR, minute=AT_MINUTE, second=0, microsecond=0)
    at = at if at <= here else at - timedelta(days=1)
    return last < at or last > now


class Sites(Container[str], Protocol):
    """Those that can be looked at; ``away``: the disk of one of them is not there."""

    @property
    def away(self) -> bool: ...


class Nightly:
    """One recorder's audits; ``result`` is the last one, kept over a restart.

    While the recordings' disk is away every use of ``root`` fails: then nothing is told, and no alert ends.
    """

    def __init__(
        self, data: Path, root: Path, node: str, name: str, sites: Sites | None, alarms: NodeAlarms,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._root = root
        self._data, self._node, self._sites = data, node, sites
        self._alarms, self._clock = alarms, clock
        self._notes = data / "state" / f"audit-{name}.json"
        self._first = data / "state" / f"audit-{name}.first"
        self._asked = asyncio.Event()
        self._not_before = clock.monotonic() + FLOOR_S
        self._able_since = clock.monotonic()
        self.zone = ZoneInfo("UTC")  # the facility's, once it is known
        self.result: AuditResult | None = self._load()
        self._since = self._installed()

    async def run(self, bus: Bus) -> None:
        """For ever."""
        await all_of(self._audit_nightly(bus), self._watch())

    async def _audit_nightly(self, bus: Bus) -> None:
        async def asked(msg: Msg) -> None:
            self._asked.set()
            if msg.reply:
                await bus.bulk.publish(msg.reply, b"{}")

        await bus.bulk.subscribe(subjects.control(NODE_SITE, self._node, "audit"), cb=asked)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            now, last = from_epoch(self._clock.utc()), self._since if self.result is None else self.result.at
            if self._asked.is_set() or (self._clock.monotonic() >= self._not_before and due(now, self.zone, last)):
                self._asked.clear()
                try:
                    await self.audit(bus)
                except OSError as err:  # the disk is gone: that is told elsewhere
                    log.error("index.unaudited error=%s", err.strerror)
                except Exception:  # what cannot be audited must not end what else goes over the bus
                    log.exception("index.unaudited")
                finally:
                    self._not_before = self._clock.monotonic() + AGAIN_AFTER_S

    async def _watch(self) -> None:
        """Audits that fail, or that never come to their end, are told of."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Raises the alert ``index`` when the last audit was finished too long ago; the next one ends it."""
        now = self._clock.monotonic()
        there = False
        with contextlib.suppress(OSError):
            there = self._root.is_dir()
        if not there:  # the disk is away: that is told elsewhere
            self._able_since = now
        last = self._since if self.result is None else self.result.finished_at
        if now - self._able_since > TIME_S and from_epoch(self._clock.utc()) - last > OVERDUE:
            self._alarms.tell("index", {"reason": "overdue", "last": rfc3339(last)}, "warning")

    async def audit(self, bus: Bus | None) -> AuditResult:
        """One audit of all cameras of this recorder's sites; tells the node's alert ``index``."""
        begun = from_epoch(self._clock.utc())
        stop = threading.Event()
        found: list[Difference] = []
        files = count = 0
        compared = bus is not None
        try:
            for site, camera in await asyncio.to_thread(cameras, self._root, self._sites):
                different: list[Difference] | None
                try:
                    looked = await asyncio.to_thread(self._look, site, camera, begun, stop)
                    different = None if bus is None else await self._compare(bus, site, camera, looked)
                except Exception as err:  # one camera's folder must not keep the others from being looked at
                    if not await asyncio.to_thread(self._root.is_dir):  # it is the disk
                        raise
                    log.exception("index.unreadable camera=%s", camera)
                    looked, different = unreadable(camera, err), []
                compared = compared and different is not None
                found += looked.differences + (different or [])
                files, count = files + looked.files, count + 1
        finally:
            stop.set()
        self.result = AuditResult(
            at=begun, finished_at=from_epoch(self._clock.utc()), cameras=count, files=files, total=len(found),
            differences=tuple(found[:MOST_DIFFERENCES]), compared=compared,
        )  # fmt: skip
        faults = [one for one in found if one.kind not in NO_FAULT]
        kinds = {one.kind: sum(other.kind == one.kind for other in faults) for one in faults}
        detail = {"reason": "differences", "kinds": kinds} if faults else None
        if faults or self._sites is None or not self._sites.away:  # else what was told may be of a disk not looked at
            await asyncio.to_thread(self._alarms.tell, "index", detail, "warning")  # it syncs
        log.info("index.audited cameras=%d files=%d differences=%d compared=%s", count, files, len(found), compared)
        await asyncio.to_thread(self._save, self.result)
        return self.result

    def _look(self, site: str, camera: str, now: datetime, stop: threading.Event) -> Looked:
        looked = Looked()
        begun = self._clock.monotonic()
        for looked in look_at(self._root, site, camera, now):  # noqa: B007  # the last one is whole
            if stop.wait(REST * (self._clock.monotonic() - begun)):
                break
            begun = self._clock.monotonic()
        return looked

    async def _compare(self, bus: Bus, site: str, camera: str, looked: Looked) -> list[Difference] | None:
        """Days that the database knows otherwise, asked twice; it is told them again. None: it did not answer."""
        days = await _different(bus, site, camera, looked.days)
        if days:
            await asyncio.sleep(AGAIN_S)
            again = [await asyncio.to_thread(summed_again, self._root, site, camera, day) for day in days]
            days = await _different(bus, site, camera, again)
        if days is None:
            return None
        if days:
            await asyncio.to_thread(order, self._data, site, camera)
        dates = (day.start.date().isoformat() for day in days)
        return [Difference(camera=camera, kind="index", detail=f"{date}: told again") for date in dates]

    def _load(self) -> AuditResult | None:
        try:
            return AuditResult.model_validate_json(self._notes.read_bytes())
        except (OSError, ValidationError):
            return None

    def _installed(self) -> datetime:
        """When this recorder first ran: its first night is the next one, however often it is started until then."""
        with contextlib.suppress(OSError, ValueError):
            return from_epoch(float(self._first.read_text(encoding="utf-8")))
        now = self._clock.utc()
        with contextlib.suppress(OSError):
            write_whole(self._first, f"{now:.3f}\n".encode())
        return from_epoch(now)

    def _save(self, result: AuditResult) -> None:
        with contextlib.suppress(OSError):
            write_whole(self._notes, result.encode())


async def _different(bus: Bus, site: str, camera: str, days: Sequence[DaySum]) -> list[DaySum] | None:
    request = CompareRequest(site=site, camera=camera, days=tuple(days))
    try:
        msg = await bus.bulk.request(
            subjects.control(NODE_SITE, subjects.WEB, "audit"), request.encode(), timeout=ASK_S
        )
        reply = CompareReply.model_validate_json(msg.data)
    except (nats.errors.Error, TimeoutError, ValidationError):
        return None
    return [days[place] for place in reply.different if 0 <= place < len(days)]
