"""The workers' last words in memory, with the moment of their arrival by our own monotonic clock."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from pydantic import ValidationError

from vms.bus import subjects
from vms.bus.connection import Bus
from vms.domain.clock import Clock
from vms.domain.messages import DetectorState, RecorderState
from vms.domain.node import NODE_SITE, NodeState
from web.cameras.view import Report

log = logging.getLogger(__name__)

#: Heartbeats come every 3 s at most; two missed are one too many.
FRESH_S = 6.0
#: A node's own heartbeat is slower.
NODE_FRESH_S = 15.0
#: A detector that crashed is back within seconds; one that was not heard for so long is lost.
UNHEARD_S = 10.0


class Reports:
    """The last ``RecorderState`` and ``DetectorState`` of each camera."""

    def __init__(self, clock: Clock, revision_seen: Callable[[int], None]) -> None:
        self._clock = clock
        self._told: Callable[[], None] = lambda: None
        self._revision_seen = revision_seen
        self._recorders: dict[str, tuple[RecorderState, float]] = {}
        self._detectors: dict[str, tuple[DetectorState, float]] = {}
        self._recorded_since: dict[str, float] = {}  # its recorder has spoken without a pause
        self._nodes: dict[str, tuple[NodeState, float]] = {}
        self._warned = False
        self.heard_at = clock.monotonic()  # when anybody spoke last

    def on_change(self, told: Callable[[], None]) -> None:
        """Calls ``told`` when a worker's status or reason changes."""
        self._told = told

    def recorder(self, site: str, camera: str) -> Report[RecorderState] | None:
        """The recorder's last word on a camera of this site."""
        kept = self._recorders.get(camera)
        if kept is None or kept[0].site != site:
            return None
        return Report(kept[0], self._clock.monotonic() - kept[1] < FRESH_S)

    def detector(self, site: str, camera: str) -> Report[DetectorState] | None:
        """The detector's last word on a camera of this site."""
        kept = self._detectors.get(camera)
        if kept is None or kept[0].site != site:
            return None
        return Report(kept[0], self._clock.monotonic() - kept[1] < FRESH_S)

    def unheard(self, site: str, camera: str) -> bool:
        """Whether this camera's detector has been silent for ``UNHEARD_S`` in which its recorder spoke.

        What silences both is the bus, the link or ourselves, and says nothing about the detector.
        """
        recorder, detector = self.recorder(site, camera), self._detectors.get(camera)
        if recorder is None or not recorder.fresh:
            return False
        since = self._recorded_since[camera]
        if detector is not None and detector[0].site == site:
            since = max(since, detector[1])
        return self._clock.monotonic() - since > UNHEARD_S

    def all_recorders(self) -> list[Report[RecorderState]]:
        """Every recorder's last word."""
        now = self._clock.monotonic()
        return [Report(state, now - at < FRESH_S) for state, at in self._recorders.values()]

    def all_detectors(self) -> list[Report[DetectorState]]:
        """Every detector's last word."""
        now = self._clock.monotonic()
        return [Report(state, now - at < FRESH_S) for state, at in self._detectors.values()]

    def take(self, key: str, payload: bytes, *, stored: bool = False) -> None:
        """Keeps one word; a ``stored`` one is as old as it says itself."""
        if key.startswith(f"{NODE_SITE}."):
            self._take_node(key, payload)
            return
        try:
            site, camera, role = key.split(".")
            state: Any
            if role == "recorder":
                state = RecorderState.model_validate_json(payload)
            elif role == "detector":
                state = DetectorState.model_validate_json(payload)
            else:
                return
            if (state.site, state.camera) != (site, camera):
                raise ValueError("the body is of another camera")
        except (ValidationError, ValueError) as err:
            self._refused(key, err)
            return
        age = max(0.0, self._clock.utc() - state.at.timestamp()) if stored else 0.0
        received = self._clock.monotonic() - age
        kept = self._recorders if role == "recorder" else self._detectors
        before = kept.get(camera)
        if before is not None and before[1] > received:
            return
        kept[camera] = (state, received)
        paused = before is None or before[0].site != site or received - before[1] > FRESH_S
        if role == "recorder" and paused:
            self._recorded_since[camera] = received
        self.heard_at = max(self.heard_at, received)
        self._revision_seen(state.revision)
        if before is None or (before[0].status, before[0].reason) != (state.status, state.reason):
            self._told()

    def nodes(self) -> list[Report[NodeState]]:
        """Every recorder's last word on its node."""
        now = self._clock.monotonic()
        return [Report(state, now - at < NODE_FRESH_S) for _, (state, at) in sorted(self._nodes.items())]

    def _take_node(self, key: str, payload: bytes) -> None:
        try:
            state = NodeState.model_validate_json(payload)
            if key != subjects.node_key(state.node, state.name):
                raise ValueError("the body is of another node")
        except (ValidationError, ValueError) as err:
            self._refused(key, err)
            return
        # By its own clock's age it might look old for ever: a node tells of its clock here.
        self._nodes[key] = (state, self._clock.monotonic())

    def _refused(self, key: str, err: Exception) -> None:
        if not self._warned:
            log.error("state.refused key=%s error=%s", key[:200], str(err).splitlines()[0])
            self._warned = True

    async def follow(self, bus: Bus) -> None:
        """Hears every later word, then reads what is there already."""
        prefix = f"$KV.{subjects.BUCKET_STATE}."

        async def heard(msg: Msg) -> None:
            if msg.data:
                self.take(msg.subject.removeprefix(prefix), msg.data)

        await bus.follow(subjects.BUCKET_STATE, heard)
        # What is there already only saves the first 3 s: without it the heartbeats tell the same.
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            bucket = await bus.js.key_value(subjects.BUCKET_STATE)
            watcher: Any = await bucket.watchall()
            try:
                while (entry := await watcher.updates(timeout=2)) is not None:
                    if entry.value:
                        self.take(entry.key, entry.value, stored=True)
            finally:
                await watcher.stop()
