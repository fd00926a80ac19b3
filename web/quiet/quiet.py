"""One thing that is quiet, and whose alerts it keeps so. Pure; the table is ``web.quiet.store``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from vms.domain.clock import rfc3339
from web.alerts.shape import Row

Kind = Literal["snooze", "maintenance"]
#: Kinds of alerts that are a whole site's, and only filed under one of its cameras.
OF_SITES = frozenset(("site_unreachable", "canary"))

#: A rule may be snoozed for longer than what is critical stays unheard.
MOST_CRITICAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """``site`` of a node's is ``NODE_SITE``; ``rule`` None: all of the camera's own; ``until``: when it really ends."""

    id: str
    kind: Kind
    site: str
    camera: str
    rule: str | None
    start: datetime
    until: datetime
    reason: str
    by: str

    def holds(self, row: Row, at: datetime) -> bool:
        """Whether it is in force for the alert (a row of ``alerts``) at that moment."""
        ours = self.rule == row["rule"] or (self.rule is None and row["kind"] not in OF_SITES)
        return self.camera == row["camera"] and ours and self.start <= at < self.end_of(row)

    def end_of(self, row: Row) -> datetime:
        """Until when it holds for that alert: a long snooze is short for a critical one."""
        short = self.kind == "snooze" and row["severity"] == "critical"
        return min(self.until, self.start + MOST_CRITICAL) if short else self.until

    def told(self) -> dict[str, Any]:
        """As an alert keeps it."""
        return {"id": self.id, "kind": self.kind, "until": rfc3339(self.until), "reason": self.reason, "by": self.by}
