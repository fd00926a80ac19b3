"""Alerts of the node itself: its disk, its index, its clock. One alert a kind, from when it begins until it ends.

Which are open is kept in a file, so that a restart goes on with them instead of raising them again. Those of a recorder
that is not started again (others have its sites now) are taken over by another, so that somebody ends them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.clock import Clock, from_epoch
from vms.domain.facility import Severity
from vms.domain.messages import AlertEvent
from vms.domain.node import NODE_SITE, NodeAlertKind
from vms.settings.whole_file import write_whole

log = logging.getLogger(__name__)

ADOPT_S = 30.0
#: A recorder that crashed is started again within a minute, and goes on with its alerts itself.
GONE_S = 180.0


class NodeAlarms:
    """``tell`` with what is wrong now, or None; from any thread. Says a thing once a change, not once a look."""

    def __init__(self, node: str, name: str, notes: Path, outbox: Outbox, clock: Clock) -> None:
        self._node, self._name = node, name
        self._notes = notes
        self._outbox = outbox
        self._clock = clock
        self._lock = threading.Lock()
        self._alive = _held(notes)
        self._gone: dict[Path, float] = {}  # notes of recorders that do not run, and since when (monotonic seconds)
        self._open: dict[str, AlertEvent] = _load(notes)
        self._grave = {kind for kind, event in self._open.items() if event.severity == "critical"}  # or have been

    def tell(self, kind: NodeAlertKind, detail: dict[str, Any] | None, severity: Severity = "critical") -> None:
        """``detail`` (JSON; ``reason`` is a stable word) opens or updates the alert of ``kind``; None ends it.

        What becomes critical is another alert: whoever took the first on was not called for that.
        """
        with self._lock:
            now = from_epoch(self._clock.utc())
            known = self._open.get(kind)
            graver = severity == "critical" and known is not None and known.severity != severity
            if known is not None and graver and detail is not None and kind not in self._grave:
                self._put(known.model_copy(update={"event": "ended", "at": now, "ended_at": now}))
                known = None
            if severity == "critical":
                self._grave.add(kind)
            if detail is None:
                self._grave.discard(kind)
                if known is None:
                    return
                del self._open[kind]
                event = known.model_copy(update={"event": "ended", "at": now, "ended_at": now})
            elif known is None:
                event = AlertEvent(
                    id=uuid.uuid4().hex, event="opened", at=now, site=NODE_SITE, camera=self._node,
                    # Not the name alone: who snoozes one kind, or takes it on, has said nothing of another.
                    rule=f"{kind}-{self._name}"[:63], kind=kind, severity=severity, opened_at=now, detail=detail,
                )  # fmt: skip
                self._open[kind] = event
            elif (known.detail, known.severity) == (detail, severity):
                return
            else:
                update = {"event": "updated", "at": now, "severity": severity, "detail": detail}
                self._open[kind] = event = known.model_copy(update=update)
            # Stored first, then noted: a crash in between raises it twice rather than never.
            self._put(event)
            self._save()

    def close(self) -> None:
        """The recorder ends; what is open stays noted."""
        if self._alive is not None:
            self._alive.close()

    def adopt(self) -> None:
        """Goes on with the open alerts of recorders that have not run for ``GONE_S``; of two of a kind one ends."""
        now = self._clock.monotonic()
        for notes in self._notes.parent.glob("alarms-*.json"):
            if notes == self._notes:
                continue
            with contextlib.suppress(OSError), _lock_of(notes).open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:  # it runs
                    self._gone.pop(notes, None)
                    continue
                if now - self._gone.setdefault(notes, now) >= GONE_S:
                    self._take_over(notes)
                    del self._gone[notes]

    def _take_over(self, notes: Path) -> None:
        with self._lock:
            for event in _load(notes).values():
                known = self._open.setdefault(event.kind, event)
                if known.id != event.id:
                    now = from_epoch(self._clock.utc())
                    self._put(event.model_copy(update={"event": "ended", "at": now, "ended_at": now}))
            self._save()
            notes.unlink()
        log.info("alarms.adopted path=%s", notes.name)

    def _put(self, event: AlertEvent) -> None:
        self._outbox.put(subjects.stored(NODE_SITE, self._node, "alert"), event.encode(), event.msg_id, sync=True)
        detail = json.dumps(event.detail, ensure_ascii=False)
        log.warning("node.%s kind=%s detail=%s", event.event, event.kind, detail)

    def _save(self) -> None:
        try:
            write_whole(
                self._notes, json.dumps([event.model_dump(mode="json") for event in self._open.values()]).encode()
            )
        except OSError as err:  # a full disk is what it may have to tell of
            log.error("alarms.unwritten path=%s error=%s", self._notes.name, err.strerror)


async def keep_adopting(alarms: NodeAlarms, leads: Callable[[], bool]) -> None:
    """For ever: who ``leads`` takes over what others left."""
    while True:
        if await asyncio.to_thread(leads):
            await asyncio.to_thread(alarms.adopt)
        await asyncio.sleep(ADOPT_S)


def _load(notes: Path) -> dict[str, AlertEvent]:
    try:
        events = [AlertEvent.model_validate(one) for one in json.loads(notes.read_bytes())]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, ValidationError) as err:
        log.error("alarms.unread path=%s error=%s", notes.name, type(err).__name__)
        return {}
    return {event.kind: event for event in events}


def _lock_of(notes: Path) -> Path:
    """Held shared as long as the recorder of these notes runs; the notes themselves are replaced at each change."""
    return notes.with_suffix(".lock")


def _held(notes: Path) -> TextIO | None:
    try:
        notes.parent.mkdir(parents=True, exist_ok=True)
        file = _lock_of(notes).open("a")
        fcntl.flock(file, fcntl.LOCK_SH)
    except OSError as err:  # then another may end its alerts, and it raises them again
        log.error("alarms.unlocked path=%s error=%s", notes.name, err.strerror)
        return None
    return file
