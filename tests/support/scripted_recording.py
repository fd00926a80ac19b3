"""One camera's real recorder, session and files, with a clock that the test owns, all in the caller's thread.

What is scripted is what the demuxer hands on; what is simulated is time. Days pass in seconds.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder import journal
from recorder.camera import CameraRecorder
from recorder.disk import DiskWriter
from tests.support.clocks import ManualClock
from tests.support.footage import Picture, decode_mp4
from tests.support.scripted_packets import ScriptedPacket
from vms.bus.outbox import Outbox
from vms.bus.watch import WatchDesk
from vms.domain.errors import IngestError
from vms.domain.facility import Camera
from vms.domain.messages import Gap, Segment
from vms.ingest.session import Session
from vms.ingest.stream import MediaPacket, Run
from vms.media.nal import ParameterSets
from vms.media.reading import FragmentInfo, scan_fragments


class InlineDisk(DiskWriter):
    """The disk's work is done where it is submitted: simulated hours must not queue up behind real milliseconds."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.full = False

    def abandon(self) -> None:
        """What the kernel does with a killed process: descriptors are closed, files stay as they are."""
        for file in self._open:
            file._abandon()

    def _submit(self, item: Any) -> bool:
        for work in (_refused if self.full and item.size else item.write, item.force):
            if work is not None and (item.last or not (item.file and item.file.broken)):
                self._guarded(work, item.file)
        while self._sync_oldest():
            pass
        return True


def _refused() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


NO_SETS = ParameterSets((), (), ())


@dataclass(frozen=True, slots=True)
class ScriptedStream:
    """What a camera plays in one session; ``sets`` are those of its description."""

    packets: Iterable[ScriptedPacket]
    codec: str = "h264"
    sets: ParameterSets = NO_SETS


class _Sink:
    """Between session and recorder, as the reader's gate is: a process that was killed hears nothing more."""

    def __init__(self, recorder: CameraRecorder) -> None:
        self._recorder: CameraRecorder | None = recorder

    def cut(self) -> None:
        self._recorder = None

    def begin(self, run: Run) -> None:
        if self._recorder is not None:
            self._recorder.begin(run)

    def packet(self, run: Run, packet: MediaPacket) -> None:
        if self._recorder is not None:
            self._recorder.packet(run, packet)

    def end(self, run: Run, reason: str) -> None:
        if self._recorder is not None:
            self._recorder.end(run, reason)

    def trouble(self, reason: str, detail: str) -> None:
        if self._recorder is not None:
            self._recorder.trouble(reason, detail)


class ScriptedRecording:
    """A recorder process as one camera sees it; make it in an event loop. ``start`` begins its first life."""

    def __init__(self, data: Path, camera: Camera, clock: ManualClock, site: str = "s") -> None:
        self.root = data / "recordings"
        self.camera, self.site, self.clock = camera, site, clock
        self._outbox_path = data / "outbox" / f"{camera.id}.jsonl"
        self._ended = threading.Event()

    def start(self) -> None:
        """A process begins: it mends what it finds."""
        self.disk = InlineDisk(self.clock)
        self.outbox = Outbox(self._outbox_path)
        self._ended.clear()
        self.recorder = CameraRecorder(
            self.site, self.camera, root=self.root, node="local", disk=self.disk, outbox=self.outbox,
            desk=WatchDesk(None, self.clock), clock=self.clock,
        )  # fmt: skip
        self.sink = _Sink(self.recorder)
        self.recorder.resume()

    def play(self, stream: ScriptedStream) -> str:
        """One session to its end; how it ended. What the reader says of it, it says too."""
        session = Session(stream.codec, stream.sets, self.sink, self.clock)
        reason, detail = "ended", ""
        try:
            for packet in stream.packets:
                if self._ended.is_set():
                    break
                session.take(*packet)
            session.flush()
        except IngestError as err:
            reason, detail = err.reason, err.detail
        reason = "stopped" if self._ended.is_set() else reason
        session.end(reason)
        if reason != "stopped":
            self.sink.trouble(reason, detail)
        return reason

    def end_session(self) -> None:
        """As if the process were told to stop: the session ends with the packet that comes next, or none."""
        self._ended.set()

    def stop(self, *, disabled: bool = False) -> None:
        """The process ends well, once its session has."""
        self.recorder.leave("disabled" if disabled else "stopped")
        self.recorder.close()
        self.outbox.close()

    def kill(self) -> None:
        """The process is gone at once; call it from within the session."""
        self.sink.cut()
        self._ended.set()
        self.disk.abandon()
        self.outbox.close()

    def told(self) -> list[tuple[str, str, bytes]]:
        """Subject, id and payload of every announcement, in order, over all its lives."""
        return [(item.subject, item.msg_id, item.payload) for item in Outbox(self._outbox_path)._items]

    # --- what the disk says --------------------------------------------------------------------------------------

    def entries(self) -> list[journal.Entry]:
        return [entry for day in journal.days(self.root, self.site, self.camera.id) for entry in journal.read(day)]

    def segments(self) -> list[Segment]:
        """Closed ones with pictures in them (a full disk leaves empty ones), in the order in which they were closed."""
        closed = [e.record for e in self.entries() if e.kind == "closed" and isinstance(e.record, Segment)]
        return [segment for segment in closed if segment.frames]

    def gaps(self) -> list[Gap]:
        """Each as it was told last."""
        told = {e.record.id: e.record for e in self.entries() if isinstance(e.record, Gap)}
        return sorted(told.values(), key=lambda gap: gap.start)

    def fragments(self, segment: Segment) -> list[FragmentInfo]:
        with (self.root / segment.path).open("rb") as file:
            return list(scan_fragments(file))

    def pictures(self, segment: Segment) -> list[Picture]:
        return decode_mp4((self.root / segment.path).read_bytes())

    def check_files(self) -> None:
        """Every file is whole, its decode times abut, it starts with a key frame, and the journal tells the truth."""
        segments = self.segments()
        for segment in segments:
            fragments = self.fragments(segment)
            assert fragments, segment.path
            assert fragments[0].keyframe
            assert fragments[0].tfdt == segment.first_tfdt
            assert all(b.tfdt == a.tfdt + a.duration for a, b in itertools.pairwise(fragments)), segment.path
            assert sum(one.samples for one in fragments) == segment.frames
            assert fragments[-1].offset + fragments[-1].size == segment.bytes
        files = {str(path.relative_to(self.root)) for path in self.root.glob("**/*.mp4")}
        assert files == {segment.path for segment in segments}

    def label_span(self) -> list[tuple[float, float]]:
        """Segments and gaps as spans of labels, in order."""
        spans = [(one.start.timestamp(), one.end.timestamp()) for one in (*self.segments(), *self.gaps()) if one.end]
        return sorted(span for span in spans if span[1] > span[0])

    def close(self) -> None:
        with contextlib.suppress(ValueError):
            self.outbox.close()
