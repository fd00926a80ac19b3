"""Day roots: the chain's head at the end of each day of the facility, sent where nobody here can rewrite it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from vms.domain.clock import Clock, from_epoch, rfc3339
from vms.domain.redaction import one_line
from web.audit.outside import Channel, Document
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema_audit import AuditEntry, AuditRoot

log = logging.getLogger(__name__)

#: So often it looks whether a day is over, and what is still to be sent (seconds).
LOOK_S = 15.0
#: A day is over so much later: what was noted in its last moments is written by then. Not the summary of a look's five
#: minutes that began before midnight: it may come after the day's root, and is within the next one's.
SETTLED = timedelta(seconds=5)
#: Days that are made up for after the service stood still.
DAYS = 31
#: A channel that fails is tried again after this, then twice that … (seconds).
RETRY_S, LONGEST_RETRY_S = 30.0, 1800.0
CHANNELS = ("drop", "syslog", "mail")


class DayRoots:
    """Keep ``look`` called. ``channels``: those that are configured."""

    def __init__(
        self, database: Database, clock: Clock, current: CurrentConfiguration, channels: Sequence[Channel] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self._current = current
        self._channels = channels
        self._failures: dict[str, tuple[int, float, str]] = {}  # how often, when to try again, why

    async def look(self) -> None:
        """Makes the roots of days that are over, and sends what is not sent; a channel's failure is kept and told."""
        await self._make()
        for channel in self._channels:
            tries, due, _ = self._failures.get(channel.name, (0, 0.0, ""))
            if self._clock.monotonic() < due:
                continue
            try:
                await self._send(channel)
            except (OSError, ValueError) as err:  # ValueError: what a protocol cannot say, as UnicodeError
                why = one_line(f"{type(err).__name__}: {err}")
                if not tries:
                    log.error("audit.root_unsent channel=%s error=%s", channel.name, why)
                wait = min(RETRY_S * 2**tries, LONGEST_RETRY_S)
                self._failures[channel.name] = (tries + 1, self._clock.monotonic() + wait, why)
            else:
                if self._failures.pop(channel.name, None) is not None:
                    log.info("audit.root_sent_again channel=%s", channel.name)

    async def status(self, limit: int = DAYS) -> dict[str, Any]:
        """``roots``, newest first, and ``channels`` with what stands in the way of each."""
        async with self._database.read() as connection:
            rows = (
                (await connection.execute(select(AuditRoot.__table__).order_by(AuditRoot.day.desc()).limit(limit)))
                .mappings()
                .all()
            )
        return {
            "roots": [
                {
                    "day": row["day"], "seq": row["seq"], "hash": row["hash"],
                    "sent": {name: _told(row[f"{name}_at"]) for name in CHANNELS},
                }
                for row in rows
            ],
            "channels": [
                {"channel": one.name, "error": self._failures.get(one.name, (0, 0.0, None))[2]}
                for one in self._channels
            ],
        }  # fmt: skip

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._current.facility.facility.timezone)

    def _over(self) -> list[date]:
        """The last days that are over, oldest first."""
        today = (from_epoch(self._clock.utc()) - SETTLED).astimezone(self._zone).date()
        return [today - timedelta(days=back) for back in range(DAYS, 0, -1)]

    async def _make(self) -> None:
        days = self._over()
        known = select(AuditRoot.day).where(AuditRoot.day >= days[0].isoformat())
        async with self._database.read() as connection:
            there = set(await connection.scalars(known))
            missing = [day for day in days if day.isoformat() not in there]
            first = await connection.scalar(select(func.min(AuditEntry.at))) if missing else None
        for day in missing:
            end = datetime.combine(day + timedelta(days=1), time(), self._zone)
            if first is None or first >= end:
                continue  # there was no chain yet
            head = (
                select(AuditEntry.seq, AuditEntry.hash)
                .where(AuditEntry.at < end)
                .order_by(AuditEntry.seq.desc())
                .limit(1)
            )
            async with self._database.change() as change:
                row = (await change.connection.execute(head)).one()
                made = {"day": day.isoformat(), "seq": row.seq, "hash": row.hash, "at": change.now}
                await change.connection.execute(insert(AuditRoot).values(made))
            log.info("audit.root day=%s seq=%d hash=%s", day, row.seq, row.hash)

    async def _send(self, channel: Channel) -> None:
        sent_at = getattr(AuditRoot, f"{channel.name}_at")
        unsent = (
            select(AuditRoot.day, AuditRoot.seq, AuditRoot.hash, AuditRoot.at)
            .where(sent_at.is_(None), AuditRoot.day >= self._over()[0].isoformat())
            .order_by(AuditRoot.day)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(unsent)).all()
        for row in rows:
            await channel.send(document(self._current.facility.facility.name, row.day, row.seq, row.hash, row.at))
            async with self._database.change() as change:
                await change.connection.execute(
                    update(AuditRoot).where(AuditRoot.day == row.day).values({sent_at.key: change.now})
                )


def document(facility: str, day: str, seq: int, hashed: str, at: datetime) -> Document:
    """What goes out; the same root is always the same bytes."""
    body = {"v": 1, "facility": facility, "day": day, "seq": seq, "hash": hashed, "at": rfc3339(at)}
    text = json.dumps(body, separators=(",", ":")) + "\n"  # in ASCII: no receiver has to guess
    return Document(f"vms-audit-{day}-{seq}-{hashed[:12]}.json", text.encode("ascii"), at)


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
