"""The facility: sites and cameras, as frozen models with every bound stated.

This is the shape of the facility file and of a configuration revision. Reading files and environment is
``vms.settings``, zones and rules are ``vms.domain.rules``; nothing here does I/O. URLs are kept as templates
(``${NAME}``), never with secrets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from vms.domain import addresses
from vms.domain.masks import Mask
from vms.domain.model import ID_PATTERN, STORED, Id, Model, Name, newly_stated, refuse, storing
from vms.domain.rules import Rule, RuleKind, Severity, Zone

__all__ = (
    "DEFAULT_DAYS", "ID_PATTERN", "Camera", "Detector", "Facility", "FacilityInfo", "FacilityRetention", "Id", "Mask",
    "Model", "Name", "Node", "Placement", "Retention", "Rule", "RuleKind", "Severity", "Site", "Streams", "Zone",
)  # fmt: skip

#: Days of footage that are kept at most where the facility file does not say.
DEFAULT_DAYS = 30
#: Days of counts by the minute, likewise: a year can be compared with the one before.
DEFAULT_COUNTS_DAYS = 400
#: Pictures a second that the model sees at least while something happens, where the facility file does not say.
DEFAULT_MIN_FPS = 1.0

Placement = Literal["gate", "corridor", "sampling_room", "patient_room"]

_STREAM_SCHEMES = ("rtsp", "rtsps")


def _check_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone of the IANA database (example: Asia/Ho_Chi_Minh)")
    return name


def _check_stream_url(url: str, info: ValidationInfo) -> str:
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise ValueError("a camera URL has no spaces, line breaks or control characters")
    try:
        parts = urlsplit(re.sub(r"\$\{[^}]*\}", "1", url))
    except ValueError:  # whose own words quote the login
        raise ValueError("the URL cannot be taken apart") from None
    if parts.scheme not in _STREAM_SCHEMES:
        raise ValueError(f"scheme '{parts.scheme or 'none'}' is not for cameras: use rtsp:// or rtsps://")
    if not parts.hostname:
        raise ValueError("the URL names no host")
    if not _has_port_in_range(parts):
        raise ValueError("the URL's port is no number from 1 to 65535")
    address = addresses.parse(parts.hostname)
    refusal = None if address is None else addresses.refusal(address)
    if refusal is not None and newly_stated(info, url):
        raise ValueError(f"{parts.hostname} is {refusal}: no camera is there")
    return url


def _has_port_in_range(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


StreamUrl = Annotated[str, AfterValidator(_check_stream_url)]


class Streams(Model):
    """A camera's RTSP addresses; ``sub`` is the small stream for analysis, where there is one."""

    main: StreamUrl
    sub: StreamUrl | None = None


Days = Annotated[float, Field(gt=0, le=3650)]


class Retention(Model):
    """How long footage is kept. Days that are left out are those of the site, then the facility's."""

    days: Annotated[Days | None, Field(description=f"at most; {DEFAULT_DAYS} where nobody says")] = None
    min_days: Annotated[Days | None, Field(description="at least: alarms before it has to break that")] = None
    max_gib: Annotated[float, Field(gt=0, description="of this camera, site, or of all on a node's disk")] | None = None

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.days is not None and self.min_days is not None and self.min_days > self.days:
            raise ValueError(f"retention: min_days {self.min_days:g} is above days {self.days:g}")
        return self


class FacilityRetention(Retention):
    """The same for everything, the room that recordings leave free on their disk, and how long counts are kept."""

    reserve_gib: (
        Annotated[float, Field(gt=0, description="free room below which the oldest footage is deleted")] | None
    ) = None
    counts_days: Annotated[
        Days | None, Field(description=f"persons by the minute; left out: {DEFAULT_COUNTS_DAYS}")
    ] = None


class Camera(Model):
    """One camera at a site."""

    id: Id
    name: Name
    placement: Placement
    streams: Streams
    enabled: bool = True
    zones: tuple[Zone, ...] = ()
    rules: tuple[Rule, ...] = ()
    masks: Annotated[tuple[Mask, ...], Field(max_length=16)] = ()
    retention: Retention | None = None

    @model_validator(mode="after")
    def _references(self, info: ValidationInfo) -> Self:
        refuse(f"camera '{self.id}': {fault}" for fault in self._faults(info))
        return self

    def _faults(self, info: ValidationInfo) -> Iterator[str]:
        yield from _repeated((z.id for z in self.zones), "zone")
        yield from _repeated((r.id for r in self.rules), "rule")
        yield from _repeated((m.id for m in self.masks), "mask")
        lost = [rule for rule in self.rules if rule.kind == "camera_offline"]
        if len(lost) > 1 and any(newly_stated(info, rule) for rule in lost):
            yield "more than one rule of kind camera_offline"
        kinds = {z.id: z.kind for z in self.zones}
        for rule in self.rules:
            if rule.zone is None:
                continue
            if rule.zone not in kinds:
                yield f"rule '{rule.id}' names zone '{rule.zone}', which it lacks"
            elif (rule.kind == "line_crossing") != (kinds[rule.zone] == "line"):
                yield (
                    f"rule '{rule.id}' of kind {rule.kind} does not fit zone '{rule.zone}' of kind {kinds[rule.zone]}"
                )

    def check_successor(self, other: Camera) -> None:
        """Pydantic's ``ValidationError`` for what is wrong with ``other``, but for what it takes over from this one."""
        known: list[Hashable] = [*self.rules, (self.id, self.name), self.streams.main, self.streams.sub]
        for zone in self.zones:
            known += [(zone.id, zone.name), zone.drawn()]
        for mask in self.masks:
            known += [(mask.id, mask.name), mask.drawn()]
        type(self).model_validate(other.model_dump(mode="json", exclude_none=True), context=storing(known))


class Site(Model):
    """A quarantine site (khu cách ly tập trung)."""

    id: Id
    name: Name
    location: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]] | None = Field(
        default=None, description="latitude, longitude in degrees"
    )
    capacity: Annotated[int, Field(ge=0, description="persons")] | None = None
    retention: Retention | None = None
    cameras: tuple[Camera, ...] = ()


class Node(Model):
    """A host that runs recorders and detectors for the named sites."""

    sites: tuple[Id, ...]


class Detector(Model):
    """How the sub streams are analysed."""

    model: Annotated[str, Field(min_length=1, description="'default' takes the best that is found")] = "default"
    active_fps: Annotated[float, Field(gt=0, le=30, description="pictures a second while something happens")] = 4
    idle_fps: Annotated[float, Field(gt=0, le=30, description="key frames a second while nothing does")] = 0.5
    armed_fps: Annotated[float, Field(gt=0, le=30, description="while idle, where a breach or a crossing is armed")] = 2
    min_fps: (
        Annotated[
            float,
            Field(
                gt=0,
                le=30,
                description="below this, while something happens, the service says that it cannot keep up; "
                f"at most active_fps; left out: {DEFAULT_MIN_FPS:g}, or active_fps where that is less",
            ),
        ]
        | None
    ) = None
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    input_px: (
        Annotated[
            int,
            Field(
                ge=160,
                le=1920,
                multiple_of=32,
                description="longer side of the model's input; left out: 640 for at most 24 cameras a core of "
                "inference, else the model's own",
            ),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.min_fps is not None and self.min_fps > self.active_fps:
            raise ValueError(f"detector: min_fps {self.min_fps:g} is above active_fps {self.active_fps:g}")
        return self

    @property
    def least_fps(self) -> float:
        """What every camera is to get while something happens there."""
        return min(self.active_fps, DEFAULT_MIN_FPS if self.min_fps is None else self.min_fps)


class FacilityInfo(Model):
    """Name and time zone of the whole."""

    name: Name
    timezone: Annotated[str, AfterValidator(_check_timezone)] = "Asia/Ho_Chi_Minh"


class Facility(Model):
    """The whole facility file."""

    facility: FacilityInfo
    retention: FacilityRetention = FacilityRetention()
    detector: Detector = Detector()
    nodes: dict[Id, Node] = Field(default_factory=dict, description="empty: one node, 'local', with everything")
    sites: tuple[Site, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[str]:
        site_ids = {s.id for s in self.sites}
        yield from _repeated((s.id for s in self.sites), "site")
        yield from _repeated((c.id for s in self.sites for c in s.cameras), "camera")
        assigned: dict[str, str] = {}
        lost = False
        for node, spec in self.nodes.items():
            for site in spec.sites:
                if site not in site_ids:
                    lost = True
                    yield f"node '{node}' names site '{site}', which does not exist"
                if site in assigned:
                    yield f"site '{site}' is given to two nodes, '{assigned[site]}' and '{node}'"
                assigned.setdefault(site, node)
        for place, camera in self.cameras():
            days, least = self.kept_days(place, camera)
            if least is not None and least > days:
                yield f"camera '{camera.id}': retention keeps min_days {least:g}, but only days {days:g}"
        # A site whose name is mistyped at its node is not left out besides.
        if self.nodes and not lost:
            yield from (f"site '{site}' is given to no node" for site in sorted(site_ids - assigned.keys()))

    @classmethod
    def from_store(cls, text: str) -> Self:
        """The facility of a stored revision, from its JSON; pydantic's ``ValidationError`` when it is none."""
        return cls.model_validate_json(text, context=STORED)

    def cameras(self) -> Iterator[tuple[Site, Camera]]:
        """Every camera with its site, in the file's order."""
        for site in self.sites:
            for camera in site.cameras:
                yield site, camera

    def kept_days(self, site: Site | None, camera: Camera | None) -> tuple[float, float | None]:
        """Days of footage kept at most, and at least (None: nothing is said); None: it is no longer configured."""
        said = [one.retention for one in (camera, site, self) if one is not None and one.retention is not None]
        days = next((one.days for one in said if one.days is not None), float(DEFAULT_DAYS))
        return days, next((one.min_days for one in said if one.min_days is not None), None)

    def zone_info(self) -> ZoneInfo:
        """The facility's time zone."""
        return ZoneInfo(self.facility.timezone)


def _repeated(ids: Iterator[str], what: str) -> Iterator[str]:
    for one, times in Counter(ids).items():
        if times > 1:
            yield f"{what} id '{one}' is used twice"
