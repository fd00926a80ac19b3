"""What travels on the bus: typed, versioned messages. ``v`` is the version of each shape.

A reader ignores keys it does not know, so that a newer worker may add some. Times are aware UTC datetimes.
Coordinates are fractions of the picture. Video itself travels as raw bytes, never in here, except the
initialisation segment of a live stream (a few hundred bytes, base64).
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from vms.domain.facility import Severity

Profile = Literal["main", "sub", "jpeg", "jpeg-masked", "sub-masked", "key", "boxes"]
StreamReason = Literal[
    "connecting", "unauthorized", "forbidden", "not_found", "busy", "unreachable", "timeout", "no_video",
    "unsupported_codec", "corrupt", "redirected", "ended", "clock", "disk", "worker_lost", "configuration",
    "stopped", "no_keyframe",
    "decoder",  # ours, and no fault of the camera's
]  # fmt: skip
#: Raw bytes in memory, base64 in JSON.
Blob = Annotated[
    bytes,
    BeforeValidator(lambda value: base64.b64decode(value) if isinstance(value, str) else value),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), return_type=str, when_used="json"),
]
GapCause = Literal["camera", "network", "recorder", "disk", "disabled", "deleted", "unknown"]
#: What a recorder says of a gap, besides its cause: the dashboard has words for each.
GapReason = Literal[
    "connecting", "unauthorized", "forbidden", "not_found", "busy", "unreachable", "timeout", "no_video",
    "unsupported_codec", "corrupt", "redirected", "ended", "codec", "camera_clock", "no_keyframe",
    "decoder",
    "lost",  # its session
    "starting", "stopped", "crashed", "stalled", "worker_lost", "clock", "disk", "disabled", "configuration",
    "age", "quota", "pressure",  # cause deleted
    "unexplained", "missing",  # cause unknown
]  # fmt: skip


class Message(BaseModel):
    """Frozen; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: int = 1

    def encode(self) -> bytes:
        """The message as JSON bytes."""
        return self.model_dump_json().encode()


class Box(Message):
    """A person: left, top, width, height as fractions of the picture."""

    x: float
    y: float
    w: float
    h: float
    track: int | None = None
    confidence: float = 1.0


# --- stored: vms.v1.<site>.<camera>.<segment|gap|minute|alert> -------------------------------------------------


class Segment(Message):
    """A recorded file. Announced when opened (``end`` null) and again when closed; the id stays."""

    id: str
    site: str
    camera: str
    node: str = "local"
    run: str
    start: AwareDatetime
    end: AwareDatetime | None = None
    path: str = Field(description="relative to DATA/recordings")
    codec: str = Field(description="RFC 6381, for example avc1.64001f")
    width: int
    height: int
    bytes: int = 0
    frames: int = 0
    sha256: str | None = None
    timescale: int = Field(default=90000, gt=0)
    first_tfdt: int = 0
    anchor_utc: AwareDatetime | None = None
    # What was known of the clocks when it was closed; None: unknown.
    clock_offset_s: float | None = Field(default=None, description="the camera's clock ahead of the host's")
    drift_ppm: float | None = Field(default=None, description="the camera's clock faster than the host's")
    host_synchronized: bool | None = None
    host_max_error_s: float | None = None


class Gap(Message):
    """A span without footage. Announced when it begins (``end`` null) and again when it ends."""

    id: str
    site: str
    camera: str
    node: str = "local"
    start: AwareDatetime
    end: AwareDatetime | None = None
    cause: GapCause
    reason: str | None = None


class ZoneMinute(Message):
    """Persons in one zone over a minute; ``sigma`` as of the whole picture."""

    mean: float
    max: int
    sigma: float = 0.0


class MinuteCount(Message):
    """Persons seen by a camera in one minute (UTC minute, ``at`` its start).

    ``sigma`` is the standard deviation of the count, averaged over the minute.
    """

    site: str
    camera: str
    at: AwareDatetime
    mean: float
    max: int
    samples: int
    sigma: float = 0.0
    zones: dict[str, ZoneMinute] = Field(default_factory=dict)


class AlertEvent(Message):
    """The detector's word on one happening: it opens, is updated, ends. One ``id`` throughout.

    ``snapshot`` is a JPEG (only with ``opened``; at most 512 KiB).
    """

    id: str
    event: Literal["opened", "updated", "ended"]
    at: AwareDatetime
    site: str
    camera: str
    rule: str
    kind: str
    zone: str | None = None
    severity: Severity
    opened_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    persons: int = 0
    boxes: tuple[Box, ...] = ()
    detail: dict[str, Any] = Field(default_factory=dict)
    snapshot: Blob | None = None

    @property
    def msg_id(self) -> str:
        """What JetStream de-duplicates by."""
        return f"{self.id}.{self.event}.{self.at.timestamp():.3f}"


# --- state: bucket `state`, keys <site>.<camera>.recorder and ….detector ---------------------------------------


class RecorderState(Message):
    """A recorder's heartbeat for one camera, at least every 3 s."""

    site: str
    camera: str
    node: str = "local"
    at: AwareDatetime
    status: Literal["recording", "online", "offline", "disabled"]
    reason: StreamReason | None = None
    detail: str = ""
    since: AwareDatetime
    fps: float = 0.0
    bitrate: float = Field(default=0.0, description="bit/s over the last seconds")
    width: int | None = None
    height: int | None = None
    codec: str | None = None
    last_frame_at: AwareDatetime | None = None
    silent_s: float | None = None  # since the last picture, by the monotonic clock: the other one may be set
    clock_offset_s: float | None = None
    packets: int = 0
    packets_dropped: int = 0  # pictures that came and were not written
    packets_missed: int = 0  # packets that the camera left out, by their numbers, and what was of no use without them
    revision: int = Field(default=0, description="the configuration revision in force")
    free_bytes: int | None = None
    total_bytes: int | None = None


class DetectorState(Message):
    """A detector's heartbeat for one camera, at least every 3 s."""

    site: str
    camera: str
    node: str = "local"
    at: AwareDatetime
    status: Literal["online", "offline", "disabled"]
    reason: StreamReason | None = None
    detail: str = ""
    since: AwareDatetime
    last_frame_at: AwareDatetime | None = None
    person_count: int | None = None
    tamper: str | None = Field(default=None, description="covered, moved, defocused or frozen")
    person_sigma: float | None = Field(default=None, description="standard deviation of the count")
    zone_counts: dict[str, int] = Field(default_factory=dict, description="persons by zone; none while unknown")
    zone_sigmas: dict[str, float] = Field(default_factory=dict, description="standard deviation of each zone's count")
    sampled_fps: float = Field(default=0.0, description="decoded and looked at for change; all rates: of the last 10 s")
    wanted_fps: float = Field(default=0.0, description="due for the model by the configured rates")
    inferred_fps: float = Field(default=0.0, description="seen by the model")
    samples_dropped: int = 0  # due for the model and not seen by it, since the process began
    scale: float = Field(default=1.0, description="share of the active rate that the host can give")
    behind: bool = Field(default=False, description="the model sees less than detector.min_fps of what happens there")
    open_alerts: tuple[str, ...] | None = None  # ids that it holds to be open; None: it does not say
    model: str | None = None
    backend: str | None = None
    precision: str | None = None
    input_px: int | None = None  # longer side of the model's input that was asked for; null: the model's own
    picture_ms: float | None = None  # of one picture alone on one stream of the runtime, as measured at the start
    fallback: bool = False
    fallback_detail: str = ""
    revision: int = 0


# --- requests: ctl.v1.<site>.<camera>.<watch|snapshot|read> -----------------------------------------------------


class WatchRequest(Message):
    """A lease on a live profile. Only the owner of the profile answers; ``inbox`` receives the current GOP."""

    profile: Profile
    ttl_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    fps: Annotated[float, Field(ge=0.1, le=30)] = 1.0
    inbox: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,255}$")] | None = None


class WatchReply(Message):
    """What is needed to play the profile. ``error`` set: nothing is published until it is cured; ask again.

    After the reply the fragments of the current GOP go to ``inbox``, then every fragment to
    ``live.v1.<site>.<camera>.<profile>``; both carry the headers of ``LiveHeader``.
    """

    profile: Profile
    error: StreamReason | None = None
    mime: str | None = None
    run: str | None = None
    anchor_utc: AwareDatetime | None = None
    timescale: int = 90000
    init: Blob | None = None
    width: int | None = None
    height: int | None = None
    masks: str | None = None  # ``masks.seal`` of those that are painted into this run


class LiveHeader:
    """Names of the NATS headers on a live message."""

    RUN = "Vms-Run"
    SEQ = "Vms-Seq"  # counts the run's fragments; a jump says that something was left out
    KEY = "Vms-Key"  # "1" when the fragment starts with a key frame
    AT = "Vms-At"  # RFC 3339 UTC of the (first) frame
    PERSONS = "Vms-Persons"  # jpeg only: the count, empty while unknown
    SIZE = "Vms-Size"  # jpeg only: WIDTHxHEIGHT
    CODEC = "Vms-Codec"  # key only: h264 or hevc
    MASKS = "Vms-Masks"  # of pictures with masks painted in: ``masks.seal`` of these


class Boxes(Message):
    """Tracks at one moment, on ``live.v1.<site>.<camera>.boxes``."""

    at: AwareDatetime
    tracks: tuple[Box, ...]


class SnapshotRequest(Message):
    """The last picture as JPEG, ``width`` pixels at most; ``masked``: with the privacy masks painted over."""

    width: Annotated[int, Field(ge=64, le=4096)] | None = None
    masked: bool = False


class ReadRequest(Message):
    """Bytes of a recording, by segment id; at most 128 KiB a reply."""

    segment: str
    offset: Annotated[int, Field(ge=0)]
    length: Annotated[int, Field(gt=0, le=131072)]


# --- configuration: bucket `config`, key `facility` ------------------------------------------------------------


class ConfigRevision(Message):
    """Revision N of the facility; URLs travel as templates, secrets are resolved on the worker."""

    revision: int
    at: datetime
    facility: dict[str, Any]
