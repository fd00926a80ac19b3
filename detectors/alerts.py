"""From rule events to the bus: the message with its snapshot, the outbox first, then everything else.

One thread writes, because a slow disk must hold up neither the model nor a camera. Not here: when to alert.
"""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import av

from detectors import pictures
from detectors.rules import open_alerts
from detectors.rules.camera_rules import RuleEvent
from detectors.rules.open_alerts import OpenAlert
from detectors.tracking import Track
from vms.bus import subjects
from vms.bus.outbox import Outbox
from vms.domain.canary import CANARY_CAMERA, Canary
from vms.domain.clock import from_epoch, rfc3339
from vms.domain.messages import AlertEvent, Box, MinuteCount

log = logging.getLogger(__name__)

SNAPSHOT_WIDTH = 1280
SNAPSHOT_QUALITIES = (82, 60, 40)
SNAPSHOT_BYTES = 512 * 1024
MOST_BOXES = 50

Snapshot = Callable[[], bytes | None]


def box_of(track: Track) -> Box:
    """A track as it travels: left, top, width, height."""
    left, top, right, bottom = track.box
    return Box(
        x=round(left, 4), y=round(top, 4), w=round(right - left, 4), h=round(bottom - top, 4),
        track=track.id, confidence=round(track.confidence, 3),
    )  # fmt: skip


def message_of(event: RuleEvent, snapshot: bytes | None = None) -> AlertEvent:
    """The alert message for ``event``."""
    alert = event.alert
    detail = {"since": rfc3339(alert.began_at), **event.detail}
    if alert.zone_name is not None:
        detail["zone_name"] = alert.zone_name
    if alert.most and alert.kind != "line_crossing":  # those who cross one after another are not there at once
        detail["most"] = alert.most
    return AlertEvent(
        id=alert.id,
        event=event.word,
        at=from_epoch(event.at),
        site=alert.site,
        camera=alert.camera,
        rule=alert.rule,
        kind=alert.kind,
        zone=alert.zone,
        severity=alert.severity,
        opened_at=alert.opened_at,
        ended_at=None if event.ended_at is None else from_epoch(event.ended_at),
        persons=alert.persons,
        boxes=tuple(box_of(track) for track in event.persons[:MOST_BOXES]),
        detail=detail,
        snapshot=snapshot,
    )


def snapshot_of(frame: av.VideoFrame) -> Callable[[], bytes | None]:
    """Makes the alert's JPEG when it is called; smaller qualities where it would be over the bound."""

    def make() -> bytes | None:
        picture = pictures.bgr(frame)
        for quality in SNAPSHOT_QUALITIES:
            encoded, _, _ = pictures.jpeg(picture, SNAPSHOT_WIDTH, quality)
            if len(encoded) <= SNAPSHOT_BYTES:
                return encoded
        return None

    return make


class AlertWriter:
    """Writes alerts and minutes to the outbox, in order, in a thread of its own."""

    def __init__(self, outbox: Outbox, folder: Path) -> None:
        self._outbox = outbox
        self._folder = folder
        self._open: dict[str, dict[str, OpenAlert]] = {}  # as on the disk; the writing thread's
        self._current: dict[str, dict[str, OpenAlert]] = {}  # as told, though perhaps not written yet
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name="alerts", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def inherit(self, camera: str) -> list[OpenAlert]:
        """What is open at ``camera``, from the process before this one at first.

        An opening that nobody was told of is told.
        """
        if camera in self._current:
            return list(self._current[camera].values())
        alerts = open_alerts.load(self._folder, camera)
        self._open[camera] = {alert.id: alert for alert in alerts}
        self._current[camera] = dict(self._open[camera])
        for alert in alerts:
            if not alert.told:
                self.tell(RuleEvent("opened", alert, alert.opened_at.timestamp(), detail=dict(alert.detail)))
        return alerts

    def left_behind(self) -> list[str]:
        """Cameras with alerts on the disk."""
        return open_alerts.cameras(self._folder)

    def tell(self, event: RuleEvent, snapshot: Snapshot | None = None) -> None:
        """Queues an event; ``snapshot`` is called in the writing thread."""
        current = self._current.setdefault(event.alert.camera, {})
        if event.word == "ended":
            current.pop(event.alert.id, None)
        else:
            current[event.alert.id] = event.alert
        self._work.put(lambda: self._tell(event, snapshot))

    def looked(self, camera: str, at: float) -> None:
        """``camera`` has open alerts and was looked at (UTC seconds): after a restart they go on from then."""
        self._work.put(lambda: open_alerts.stamp(self._folder, camera, at))

    def minute(self, count: MinuteCount) -> None:
        """Queues a minute's count."""
        subject = subjects.stored(count.site, count.camera, "minute")
        msg_id = f"minute.{uuid.uuid4().hex}"  # a minute may come in parts, and two parts may be alike
        self._work.put(lambda: self._outbox.put(subject, count.encode(), msg_id))

    def canary(self, canary: Canary) -> None:
        """Queues one behind the alerts that wait: it goes through all that they go through."""
        subject = subjects.stored(canary.site, CANARY_CAMERA, "canary")
        self._work.put(lambda: self._outbox.put(subject, canary.encode(), canary.msg_id, sync=True))

    def close(self, timeout: float = 2.0) -> None:
        """Writes what waits and ends."""
        self._work.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _loop(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:  # the next alert must be written all the same
                log.exception("alert.unwritten")

    def _tell(self, event: RuleEvent, snapshot: Snapshot | None) -> None:
        alert = event.alert
        known = self._open.setdefault(alert.camera, {})
        if event.word == "opened":
            # On the disk before the outbox: were it the other way round, a crash between would open it twice.
            known[alert.id] = alert
            self._save(alert.camera)
        picture = None
        if snapshot is not None:
            try:
                picture = snapshot()
            except Exception:  # an alert without a picture is better than none
                log.exception("alert.unpictured id=%s camera=%s", alert.id, alert.camera)
        if event.word == "ended":
            # And the end the other way round: a crash between would take up what is told to be over, and the next one
            # would be its. An end that is lost is told by ``web``, which sees that nobody has the alert any more.
            known.pop(alert.id, None)
            self._save(alert.camera)
        message = message_of(event, picture)
        self._outbox.put(
            subjects.stored(alert.site, alert.camera, "alert"), message.encode(), message.msg_id, sync=True
        )
        log.info(
            "alert.%s id=%s camera=%s rule=%s persons=%d", event.word, alert.id, alert.camera, alert.rule, alert.persons
        )
        if event.word != "ended":
            known[alert.id] = alert.model_copy(update={"told": True})
            self._save(alert.camera)

    def _save(self, camera: str) -> None:
        open_alerts.save(self._folder, camera, list(self._open[camera].values()))
