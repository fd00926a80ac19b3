"""Alerts of the node itself: its disk, its index, its clock. One alert a kind, from when it begins until it ends.

Which are open is kept in a file, so that a restart goes on with them instead of raising them again.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import Severity
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE, NodeAlertKind

log = logging.getLogger(__name__)


class NodeAlarms:
    """``tell`` with what is wrong now, or None; from any thread. Says a thing once a change, not once a look."""

    def __init__(self, node: str, name: str, notes: Path, outbox: Outbox, clock: Clock) -> None:
        self._node, self._name = node, name
        self._notes = notes
        self._outbox = outbox
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, AlertEvent] = self._load()

    def tell(self, kind: NodeAlertKind, detail: dict[str, Any] | None, severity: Severity = "critical") -> None:
        """``detail`` (JSON; ``reason`` is a stable word) opens or updates the alert of ``kind``; None ends it."""
        with self._lock:
            now = from_epoch(self._clock.utc())
            known = self._open.get(kind)
            if detail is None:
                if known is None:
                    return
                del self._open[kind]
                event = known.model_copy(update={"event": "ended", "at": now, "ended_at": now})
            elif known is None:
                event = AlertEvent(
                    id=uuid.uuid4().hex, event="opened", at=now, site=NODE_SITE, camera=self._node, rule=self._name,
                    kind=kind, severity=severity, opened_at=now, detail=detail,
                )  # fmt: skip
                self._open[kind] = event
            elif (known.detail, known.severity) == (detail, severity):
                return
            else:
                update = {"event": "updated", "at": now, "severity": severity, "detail": detail}
                self._open[kind] = event = known.model_copy(update=update)
            # Stored first, then noted: a crash in between raises it twice rather than never.
            self._outbox.put(subjects.stored(NODE_SITE, self._node, "alert"), event.encode(), event.msg_id, sync=True)
            self._save()
        log.warning("node.%s kind=%s detail=%s", event.event, kind, json.dumps(event.detail, ensure_ascii=False))

    def _load(self) -> dict[str, AlertEvent]:
        try:
            events = [AlertEvent.model_validate(one) for one in json.loads(self._notes.read_bytes())]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, ValidationError) as err:
            log.error("alarms.unread path=%s error=%s", self._notes.name, type(err).__name__)
            return {}
        return {event.kind: event for event in events}

    def _save(self) -> None:
        temporary = self._notes.with_suffix(".tmp")
        try:
            self._notes.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps([event.model_dump(mode="json") for event in self._open.values()]))
            temporary.replace(self._notes)
        except OSError as err:  # a full disk is what it may have to tell of
            log.error("alarms.unwritten path=%s error=%s", self._notes.name, err.strerror)
