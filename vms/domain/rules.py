"""Zones, lines and rules of a camera, as frozen models with every bound stated.

Coordinates are fractions of the picture, origin top left. Not here: whether a rule fits its camera's zones
(``facility``), what each kind does (``detectors.rules``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationInfo, WrapValidator, model_validator
from pydantic.fields import FieldInfo

from vms.domain.model import STORED, Id, Model, Name, newly_stated, refuse
from vms.domain.shapes import outline, polygon_fault

Fraction = Annotated[float, Field(ge=0, le=1, description="fraction of the picture, origin top left")]
Point = tuple[Fraction, Fraction]
Severity = Literal["info", "warning", "critical"]
RuleKind = Literal["zone_breach", "line_crossing", "occupancy", "absence", "loitering", "tamper", "camera_offline"]

#: ``dwell_s`` and ``rearm_s`` (seconds) of a rule that leaves them out. A stay or an empty room is none after a second;
#: a crossing happens in a moment, and those that follow within ``rearm_s`` are one happening; a picture that is
#: tampered with is told of only once that has lasted; a camera that is back for a moment is not back.
DWELL_S: dict[RuleKind, float] = {
    "zone_breach": 1, "line_crossing": 0, "occupancy": 1, "absence": 300, "loitering": 60, "tamper": 0,
    "camera_offline": 8,
}  # fmt: skip
REARM_S: dict[RuleKind, float] = {
    "zone_breach": 5, "line_crossing": 15, "occupancy": 5, "absence": 5, "loitering": 10, "tamper": 30,
    "camera_offline": 5,
}  # fmt: skip

_SCHEDULE = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")


class Zone(Model):
    """A polygon (``restricted``, ``area``) or a ``line``, in fractions of the picture.

    For one who goes along a line from its first point to its last, side a is on the left hand and side b on the right:
    of a line drawn from left to right a is above and b below.
    """

    id: Id
    name: Name | None = None
    kind: Literal["restricted", "area", "line"] = "area"
    polygon: Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)] | None = None
    points: (
        Annotated[
            tuple[Point, ...],
            Field(
                min_length=2,
                max_length=16,
                description="of a line; going along it, side a is on the left hand, side b on the right",
            ),
        ]
        | None
    ) = None

    @model_validator(mode="before")
    @classmethod
    def _by_its_own_key(cls, given: object) -> object:
        """Before corners are counted: a line's two points are no polygon that lacks a third."""
        if not isinstance(given, dict) or not isinstance(given.get("id"), str):
            return given
        kind = given.get("kind", "area")
        said = [key for key in ("polygon", "points") if given.get(key) is not None]
        if kind == "line" and said != ["points"]:
            raise ValueError(f"zone '{given['id']}': a line has 'points' and no 'polygon'")
        if kind in ("restricted", "area") and said != ["polygon"]:
            raise ValueError(
                f"zone '{given['id']}': {'an' if kind == 'area' else 'a'} {kind} zone has a 'polygon' and no 'points'"
            )
        return given

    @model_validator(mode="after")
    def _clear_outline(self, info: ValidationInfo) -> Self:
        if not newly_stated(info, self.drawn()):
            return self
        if self.polygon is not None and (fault := polygon_fault(self.polygon)) is not None:
            raise ValueError(f"zone '{self.id}': {fault}")
        if self.points is not None and len(set(self.points)) < 2:
            raise ValueError(f"zone '{self.id}': a line has two different points")
        return self

    def drawn(self) -> tuple[str, bool, tuple[Point, ...]]:
        """Equal for one zone until somebody draws it anew or makes a polygon of a line, whatever else becomes of it."""
        return self.id, self.kind == "line", self.points or outline(self.polygon or ())


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _seconds(what: str, defaults: Mapping[RuleKind, float]) -> FieldInfo:
    by_kind = ", ".join(f"{kind} {value:g}" for kind, value in defaults.items())
    info: FieldInfo = Field(
        ge=0, le=86400, description=f"seconds {what}; left out: {by_kind}", json_schema_extra=_without_default
    )
    return info


class Rule(Model):
    """What raises an alert. ``schedule`` is in the facility's time zone; without one the rule is always armed.

    ``dwell_s`` for a crossing: how long the person must stay beyond the line; for loitering: how long one and the same
    person must be in the zone. ``rearm_s`` for a crossing: within it the next one belongs to the same alert; for
    loitering: an absence no longer than it does not interrupt the stay. ``camera_offline`` is on for every camera;
    a rule of that kind says after how long, when, and how grave it is.
    """

    id: Id
    kind: RuleKind
    zone: Id | None = None
    severity: Severity | None = None
    schedule: Annotated[str, Field(description="HH:MM-HH:MM, may cross midnight")] | None = None
    dwell_s: Annotated[float, _seconds("it must hold", DWELL_S)] = 0.0  # never so: see _by_kind
    rearm_s: Annotated[float, _seconds("it must not hold to end", REARM_S)] = 0.0
    min: Annotated[int, Field(ge=0, le=10000, description="persons; occupancy alone")] | None = None
    max: Annotated[int, Field(ge=0, le=10000, description="persons; occupancy alone")] | None = None
    direction: Annotated[
        Literal["a_to_b", "b_to_a", "both"], Field(description="of a crossing: side a is on the left along the line")
    ] = "both"

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, given: object) -> object:
        """What is left out goes by the kind; it is written out wherever the rule is shown."""
        if not isinstance(given, dict) or given.get("kind") not in get_args(RuleKind):
            return given
        kind: RuleKind = given["kind"]
        return {"dwell_s": DWELL_S[kind], "rearm_s": REARM_S[kind], **given}

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> Self:
        refuse(f"rule '{self.id}': {fault}" for fault in self._faults(newly=newly_stated(info, self)))
        return self

    def _faults(self, *, newly: bool) -> Iterator[str]:
        if self.schedule is not None and not _SCHEDULE.fullmatch(self.schedule):
            yield f"schedule '{self.schedule}' is not HH:MM-HH:MM"
        elif self.schedule is not None and newly and self.schedule[:5] == self.schedule[6:]:
            yield f"schedule '{self.schedule}' ends when it begins; leave the schedule out for all day"
        if self.kind in ("zone_breach", "line_crossing", "loitering") and self.zone is None:
            yield f"kind {self.kind} needs a 'zone'"
        if self.kind in ("tamper", "camera_offline") and self.zone is not None:
            yield f"kind {self.kind} is about the whole camera and has no 'zone'"
        if self.kind != "occupancy" and (self.min is not None or self.max is not None):
            yield f"'min' and 'max' are for kind occupancy, not for {self.kind}"
        if self.kind != "line_crossing" and self.direction != "both":
            yield f"'direction' is for kind line_crossing, not for {self.kind}"
        if self.kind == "occupancy":
            if self.min is None and self.max is None:
                yield "kind occupancy needs 'min' or 'max'"
            if self.min is not None and self.max is not None and self.min > self.max:
                yield f"min {self.min} is above max {self.max}"

    @property
    def effective_severity(self) -> Severity:
        """The stated severity, else critical for a breach and warning for the rest."""
        if self.severity is not None:
            return self.severity
        return "critical" if self.kind in ("zone_breach", "line_crossing") else "warning"


def _maybe_old(model: type[Zone | Rule]) -> WrapValidator:
    return WrapValidator(lambda item, _handler: model.model_validate(item, context=STORED))


#: One that may be from before a check; what is new in it, ``Camera.check_successor`` looks at.
MaybeOldZone = Annotated[Zone, _maybe_old(Zone)]
MaybeOldRule = Annotated[Rule, _maybe_old(Rule)]
