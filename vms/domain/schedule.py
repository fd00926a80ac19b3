"""When a rule is armed: ``HH:MM-HH:MM`` on the facility's clock, across midnight if need be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Schedule:
    """From ``start`` (included) to ``end`` (excluded), every day; equal ones mean the whole day."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """``22:00-05:00``. Raises ``ValueError`` for anything else."""
        start, end = text.split("-")
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def armed(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether the aware ``moment`` lies in it by the clocks of ``zone``."""
        local = moment.astimezone(zone).time()
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end
