"""What one camera is like now, from the last words of its recorder and detector. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from vms.domain.clock import rfc3339
from vms.domain.facility import Camera, Site
from vms.domain.messages import DetectorState, RecorderState, StreamReason
from vms.domain.node import NodeState

T = TypeVar("T", RecorderState, DetectorState, NodeState)

State = Literal["recording", "online", "offline", "disabled"]

#: Why a camera that is recorded is not analysed: its pictures come and none can be made of them.
UNDECODED = ("corrupt", "decoder")
#: The same: nobody looks at them.
DETECTOR_LOST = "detector_lost"

#: Words that only workers use among themselves, in the words of the interface.
_TRANSLATED: dict[str, str] = {"ended": "unreachable", "clock": "connecting", "stopped": "worker_lost"}


@dataclass(frozen=True, slots=True)
class Report(Generic[T]):
    """A worker's last word; ``fresh`` when it is no older than a heartbeat may be."""

    state: T
    fresh: bool


def judge(
    camera: Camera,
    recorder: Report[RecorderState] | None,
    detector: Report[DetectorState] | None,
    *,
    unheard: bool = False,
) -> tuple[State, str | None]:
    """State and reason of a camera; ``unheard``: its detector is lost, not only late."""
    if not camera.enabled:
        return "disabled", None
    recording = recorder.state if recorder is not None and recorder.fresh else None
    seeing = detector.state if detector is not None and detector.fresh else None
    if recording is None:
        reason: str | None = "worker_lost"
    elif recording.status == "disabled":  # it has not applied the revision that enabled the camera yet
        reason = "configuration"
    else:
        reason = translate(recording.reason)
    if recording is not None and recording.status == "recording":
        # What is written but not analysed is worth a word too; a disk that fails is graver.
        unanalysed: str | None = seeing.reason if seeing is not None and seeing.reason in UNDECODED else None
        if unheard:
            unanalysed = DETECTOR_LOST
        return "recording", reason if reason == "disk" else unanalysed
    if (recording is not None and recording.status == "online") or (seeing is not None and seeing.status == "online"):
        return "online", reason
    return "offline", reason or "connecting"


def begun(
    state: State, reason: str | None, known: datetime | None, recorder: Report[RecorderState] | None
) -> datetime | None:
    """Since when the camera is in ``state``; ``known``: so far as it was told, None: it is new; None: since now.

    The recorder knows since when it records without a break: recording that was broken off while nobody watched began
    anew, and recording that only could not be heard went on.
    """
    if state == "recording" and recorder is not None and recorder.fresh:
        if known is None:
            return recorder.state.since if reason is None else None
        return max(known, recorder.state.since)
    return known


def grown_to(recorder: Report[RecorderState] | None, now: datetime) -> datetime:
    """How far a segment reaches that is still open, by its recorder's last word."""
    if recorder is None:
        return datetime.fromtimestamp(0, UTC)
    if recorder.fresh and recorder.state.status == "recording":
        return now
    return recorder.state.last_frame_at or recorder.state.since


def translate(reason: StreamReason | None) -> str | None:
    """A worker's reason as the interface names it."""
    return None if reason is None else _TRANSLATED.get(reason, reason)


@dataclass(frozen=True, slots=True)
class CameraView:
    """Everything that is told of a camera."""

    site: Site
    camera: Camera
    state: State
    reason: str | None
    since: datetime
    recorder: Report[RecorderState] | None
    detector: Report[DetectorState] | None
    unheard: bool = False

    def represent(self, open_alerts: int) -> dict[str, Any]:
        """As in the list of docs/http.md."""
        recorder = None if self.recorder is None else self.recorder.state
        live = recorder if self.recorder is not None and self.recorder.fresh else None
        detector = None if self.detector is None else self.detector.state
        seeing = detector if self.detector is not None and self.detector.fresh else None
        counted = seeing is not None and seeing.status == "online"
        streams = self.camera.streams
        return {
            "id": self.camera.id,
            "site": self.site.id,
            "name": self.camera.name,
            "placement": self.camera.placement,
            "streams": ["main"] if streams.sub is None else ["main", "sub"],
            "state": self.state,
            "reason": self.reason,
            "since": rfc3339(self.since),
            "recording": self.state == "recording",
            "fps": 0.0 if live is None else round(live.fps, 2),
            "bitrate": 0 if live is None else round(live.bitrate),
            "width": None if recorder is None else recorder.width,
            "height": None if recorder is None else recorder.height,
            "codec": None if recorder is None else recorder.codec,
            "last_frame_at": _moment(self.last_frame_at()),
            "person_count": seeing.person_count if seeing is not None and counted else None,
            "tamper": seeing.tamper if seeing is not None and counted else None,
            "person_sigma": seeing.person_sigma if seeing is not None and counted else None,
            "zone_counts": seeing.zone_counts if seeing is not None and counted else {},
            "zone_sigmas": seeing.zone_sigmas if seeing is not None and counted else {},
            "sampled_fps": 0.0 if seeing is None else round(seeing.sampled_fps, 2),
            "wanted_fps": 0.0 if seeing is None else round(seeing.wanted_fps, 2),
            "inferred_fps": 0.0 if seeing is None else round(seeing.inferred_fps, 2),
            "clock_offset_s": None if live is None else live.clock_offset_s,
            "packets_missed": None if recorder is None else recorder.packets_missed,
            "model": None if detector is None else detector.model,
            "analysis_revision": None if seeing is None else seeing.revision,
            "open_alerts": open_alerts,
        }

    def last_frame_at(self) -> datetime | None:
        """The newest picture that any worker had."""
        moments = [
            report.state.last_frame_at
            for report in (self.recorder, self.detector)
            if report is not None and report.state.last_frame_at is not None
        ]
        return max(moments, default=None)

    def dark_s(self) -> float:
        """Seconds without a picture at the worker's last word, never by a clock that may be set; 0: it does not say."""
        if self.recorder is None or not self.recorder.fresh:
            return 0.0
        return self.recorder.state.silent_s or 0.0


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
