"""The cameras of a recorder process: their streams in line with what is configured, whatever one of their disks does.

All that asks or waits for a disk is done in threads: to find a camera's disk one a site, whose folder may be a mount
of its own, and to mend what a crash left one a disk. Here: who is pulled, and who is not and why. Not here: what else a
recorder process looks after (``recorder``), and what is made of a stream (``camera``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from recorder.early import EarlyPackets
from recorder.lines import Lines
from recorder.status import PATIENCE_S, refused_state, waiting_state
from vms.bus.watch import WatchDesk
from vms.domain.clock import Clock
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Camera
from vms.domain.messages import RecorderState
from vms.ingest.loop import ReadingLoop
from vms.ingest.reader import StreamReader, Watchdog
from vms.settings.templates import resolve

log = logging.getLogger(__name__)

STOP_S = 3.0
#: Folders that are being mended at a stop: what is not done by then the next start does.
MENDED_S = 1.0
#: A camera that could not even be tried, for want of threads say, is tried again after this.
AGAIN_S = 5.0
#: A disk that is refused is asked for again so often.
WAKING_S = 0.5
#: Whoever is added next mends the folder: what the camera's last stream left in the queue has to be written by then.
SETTLED_S = 3600.0

#: Who writes the footage of ``(site, camera)``; asks the file system.
Writer = Callable[[str, str], DiskWriter]
#: ``(site, camera, disk, desk)``; offers the camera's streams at ``desk``.
Record = Callable[[str, Camera, DiskWriter, WatchDesk], CameraRecorder]


@dataclass(frozen=True, slots=True, eq=False)
class _Sought:
    """Nobody knows yet on which disk it is."""

    site: str
    camera: Camera
    since: float  # UTC seconds
    asked_at: float  # monotonic


@dataclass(frozen=True, slots=True)
class _Left:
    """Configured and not pulled: it is switched off, or ``err``."""

    site: str
    camera: Camera
    disk: DiskWriter
    err: ConfigurationError | None

    @property
    def why(self) -> str:
        return "disabled" if self.err is None else "configuration"


@dataclass(slots=True)
class _Pulled:
    camera: Camera
    recorder: CameraRecorder
    reader: StreamReader
    early: EarlyPackets
    disk: DiskWriter
    sought: _Sought
    mended: bool = False
    released: bool = False


class Cameras:
    """``apply`` and ``stop`` in the event loop in which it was made; the rest from any thread."""

    def __init__(self, node: str, writer: Writer, desk: WatchDesk, record: Record, clock: Clock) -> None:
        self._node = node
        self._writer = writer
        self._desk = desk
        self._nobodys = WatchDesk(None, clock)  # what is not pulled is not watched
        self._record = record
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._reading = ReadingLoop(clock)
        self._watchdog = Watchdog(clock, self._reading)
        self._finders = Lines("find", clock)  # by site
        self._menders = Lines("mend", clock)  # by disk
        self._changing = asyncio.Lock()
        self._sought: dict[str, _Sought] = {}
        self._pulled: dict[str, _Pulled] = {}
        self._left: dict[str, _Left] = {}

    def start(self) -> None:
        """Starts what reads the streams, and its watchdog."""
        self._reading.start()
        self._watchdog.start()

    async def apply(self, wanted: Mapping[str, tuple[str, Camera]]) -> None:
        """Site and camera by its id: these and no others. What has not changed is not touched.

        Whatever waits for a disk goes on when this has returned. May be called again after it failed.
        """
        async with self._changing:
            gone = [
                one
                for name, one in self._pulled.items()
                if name not in wanted or _stream_key(*wanted[name]) != _stream_key(one.recorder.site, one.camera)
            ]
            off = {one.camera.id for one in gone if one.camera.id not in wanted or not wanted[one.camera.id][1].enabled}
            await self._stop_pulling([(one, "disabled" if one.camera.id in off else "stopped") for one in gone])
            for disk in {one.disk for one in gone}:  # whoever is added next reads the journals, and mends the files
                self._menders.call(disk, partial(disk.settled, SETTLED_S))
            self._left = {name: left for name, left in self._left.items() if name in wanted}
            now, asked_at = self._clock.utc(), self._clock.monotonic()
            self._sought = {
                name: _Sought(site, camera, now, asked_at)
                for name, (site, camera) in wanted.items()
                if name not in self._pulled
            }
            for one in self._sought.values():
                self._seek(one)

    def _seek(self, one: _Sought) -> None:
        self._finders.call(one.site, partial(self._find, one))

    def _find(self, one: _Sought) -> None:
        disk = None
        try:
            disk = self._writer(one.site, one.camera.id)
        except Exception:  # no more threads, say
            log.exception("disk.unfound camera=%s", one.camera.id)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for it
            self._loop.call_soon_threadsafe(self._found, one, disk)

    def _found(self, one: _Sought, disk: DiskWriter | None) -> None:
        if self._sought.get(one.camera.id) is not one:
            return  # taken out, or changed, meanwhile
        try:
            if disk is not None:
                self._take_in(one, disk)
                del self._sought[one.camera.id]
                return
        except Exception:  # one camera's fault must not keep the others from being recorded
            log.exception("camera.failed camera=%s", one.camera.id)
        self._loop.call_later(AGAIN_S, self._seek, one)

    def _take_in(self, one: _Sought, disk: DiskWriter) -> None:
        """Starts the camera's stream; what it brings is kept until its folder is mended."""
        site, camera = one.site, one.camera
        url = _address(camera)
        if not isinstance(url, str):
            known = self._left.get(camera.id)
            self._left[camera.id] = left = _Left(site, camera, disk, url)
            if known is None or (known.site, known.why) != (site, left.why):
                self._menders.call(disk, partial(self._leave_out, left))
            return
        recorder = self._record(site, camera, disk, self._desk)
        early = EarlyPackets(recorder)
        reader = StreamReader(camera.id, "main", url, early, self._clock, self._reading)
        pulled = _Pulled(camera, recorder, reader, early, disk, one)
        self._menders.call(disk, partial(self._mend, pulled))  # before its stream: what comes waits for it
        reader.start()
        self._watchdog.add(reader)
        self._left.pop(camera.id, None)
        self._pulled[camera.id] = pulled

    def _mend(self, one: _Pulled) -> None:
        try:
            one.recorder.resume()
        except Exception:  # what cannot be mended must not keep this camera, or the next, from being recorded
            log.exception("recording.unmended camera=%s", one.camera.id)
        one.mended = True
        self._release(one)

    def _release(self, one: _Pulled) -> None:
        """What came early is kept for a disk that wakes up; where it does not, the live picture goes on without it."""
        if one.disk.refusal is None or self._clock.monotonic() - one.sought.asked_at > PATIENCE_S:
            one.early.release()
            one.released = True
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(
                self._loop.call_later, WAKING_S, self._menders.call, one.disk, partial(self._release, one)
            )

    def _leave_out(self, left: _Left) -> None:
        """A camera that is configured and not pulled has a gap as well."""
        recorder = self._record(left.site, left.camera, left.disk, self._nobodys)
        try:
            recorder.resume(left.why)
        except Exception:  # as with those that are pulled
            log.exception("recording.unmended camera=%s", left.camera.id)
        finally:
            recorder.close()

    def stalled(self, start: float, end: float) -> None:
        """This process did not run from ``start`` to ``end`` (UTC seconds)."""
        for one in list(self._pulled.values()):
            one.recorder.stalled(start, end)

    def rejoin(self, on_it: Callable[[str], bool]) -> None:
        """The disk of those sites was away and is there again."""
        joined = []
        for one in list(self._pulled.values()):
            if on_it(one.recorder.site):
                joined.append(done := threading.Event())
                self._menders.call(one.disk, partial(_rejoin, one, done))  # behind its mending
        for done in joined:
            done.wait()
        for left in list(self._left.values()):
            if on_it(left.site):  # what was journaled of these may have been refused
                self._menders.call(left.disk, partial(self._leave_out, left))

    async def _stop_pulling(self, some: list[tuple[_Pulled, str]]) -> None:
        """Those, and for which reason."""
        for one, _ in some:
            self._pulled.pop(one.camera.id, None)  # first: whatever fails, it is not taken for one that is pulled
            self._watchdog.remove(one.reader)
            one.reader.stop()
        await asyncio.to_thread(self._join, [one for one, _ in some])
        for one, why in some:
            if one.mended:
                one.recorder.leave(why)
            else:  # its gaps are not known yet
                self._menders.call(one.disk, partial(one.recorder.leave, why))
            one.recorder.close()

    def _join(self, pulled: list[_Pulled]) -> None:
        deadline = self._clock.monotonic() + STOP_S
        for one in pulled:
            if not one.reader.join(max(0.05, deadline - self._clock.monotonic())):
                log.error("stream.unstopped camera=%s", one.camera.id)

    def states(self, revision: int) -> list[RecorderState]:
        """How each camera is, also those that are not pulled."""
        now, states = self._clock.utc(), []
        for one in list(self._pulled.values()):
            known = one.released or (one.disk.refusal is None and self._waited(one.sought) < PATIENCE_S)
            states.append(one.recorder.state(revision) if known else self._waiting(one.sought, now, revision))
        for left in list(self._left.values()):
            states.append(refused_state(left.site, left.camera, self._node, now, revision, left.err))
        told = {one.camera for one in states}
        sought = [one for one in list(self._sought.values()) if one.camera.id not in told]
        return [*states, *(self._waiting(one, now, revision) for one in sought)]

    def _waited(self, one: _Sought) -> float:
        return self._clock.monotonic() - one.asked_at

    def _waiting(self, one: _Sought, now: float, revision: int) -> RecorderState:
        return waiting_state(one.site, one.camera, self._node, now, one.since, self._waited(one), revision)

    async def stop(self) -> bool:
        """Closes every segment; False when a folder is still being mended."""
        async with self._changing:
            self._sought.clear()
            await self._stop_pulling([(one, "stopped") for one in self._pulled.values()])
        self._watchdog.close()
        self._reading.stop()
        return await asyncio.to_thread(self._menders.stop, MENDED_S)


def _rejoin(one: _Pulled, done: threading.Event) -> None:
    try:
        one.recorder.rejoin()
    except Exception:  # as at a start
        log.exception("recording.unmended camera=%s", one.camera.id)
    finally:
        done.set()


def _address(camera: Camera) -> str | ConfigurationError | None:
    """Where its main stream is, else why it cannot be tried; None: it is switched off."""
    if not camera.enabled:
        return None
    try:
        return resolve(camera.streams.main, os.environ)
    except ConfigurationError as err:
        log.error("camera.refused camera=%s error=%s", camera.id, err)
        return err


def _stream_key(site: str, camera: Camera) -> tuple[str, str, bool]:
    """What of a camera concerns its recorder: a new zone does not restart a stream."""
    return site, camera.streams.main, camera.enabled
