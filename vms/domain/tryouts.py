"""Trying a rule out on what was recorded: ``ctl.v1.<site>.<camera>.tryout``, and the work order of who does it.

``web`` asks the renderer of the camera's host, with one of ``Request``, and gets a ``Reply``. The renderer finds the
files and hands a process of its own a ``Job`` as one line of JSON, which answers with ``Word``s, one a line.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, model_validator

from vms.domain.facility import Id
from vms.domain.messages import Message
from vms.domain.rules import MaybeOldRule, MaybeOldZone

State = Literal["queued", "running", "done", "failed", "cancelled"]
#: Why one has failed. ``no_footage``: nothing was recorded in the span, or it was deleted meanwhile; ``undecodable``:
#: it is there, and no picture can be made of it; ``too_long``: it took too long; ``too_often``: such a rule alarms all
#: the time, the first alerts are told; ``disk``: the recordings cannot be read; ``internal``: the service's own fault.
Failure = Literal["no_footage", "undecodable", "too_long", "too_often", "disk", "internal"]
#: ``busy``: others were first: ask again; ``unknown``: there is none of this id at this camera, or not any more.
Refusal = Literal["busy", "unknown", "bad_request"]

MOST_HOURS = 24.0
#: More alerts than this are not counted: nobody would arm such a rule.
MOST_FIRED = 1000

_Count = Annotated[int, Field(ge=0)]
_Rate = Annotated[float, Field(gt=0, le=30)]
_Seconds = Annotated[float, Field(ge=0)]


class Analysed(Message):
    """What is tried out, and how the camera is looked at: as the detector does it, with the same settings."""

    rule: MaybeOldRule  # ``web`` has looked at what is new in it, and in the zones
    zones: tuple[MaybeOldZone, ...] = ()
    timezone: str  # of the rule's schedule, as the facility's
    active_fps: _Rate
    idle_fps: _Rate
    armed_fps: _Rate
    keys_only: bool = False  # the detector gets nothing but key frames of this camera
    model: str = "default"
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    input_px: Annotated[int, Field(ge=32, le=1920)] | None = None  # longer side of its input; null: the model's own


class Start(Analysed):
    """A waiting or running one of the same ``asker`` for the same rule and camera is given up for this one."""

    do: Literal["start"] = "start"
    start: AwareDatetime
    end: AwareDatetime
    asker: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _span(self) -> Self:
        if not 0 < (self.end - self.start).total_seconds() <= MOST_HOURS * 3600:
            raise ValueError(f"a span has up to {MOST_HOURS:g} hours")
        return self


class Look(Message):
    """How far one is."""

    do: Literal["look"] = "look"
    id: str


class Cancel(Message):
    """It is given up; one that is over stays as it is."""

    do: Literal["cancel"] = "cancel"
    id: str


Request = Annotated[Start | Look | Cancel, Field(discriminator="do")]
REQUEST: TypeAdapter[Start | Look | Cancel] = TypeAdapter(Request)


class Fired(Message):
    """One alert that the rule would have raised. ``end`` null: it was open at the end of the span, or still is."""

    start: AwareDatetime
    end: AwareDatetime | None = None
    persons: _Count  # when it opened
    most: _Count


class Tryout(Message):
    """One try-out as it stands, also one that did not come to its end: what it found until then stays.

    ``looked_s`` + ``missing_s`` is the span once it is done.
    """

    id: str
    state: State
    progress: Annotated[float, Field(ge=0, le=1)] = 0.0
    start: AwareDatetime
    end: AwareDatetime
    looked_s: _Seconds = 0.0
    missing_s: _Seconds = 0.0  # not recorded, or not to be decoded
    looked_until: AwareDatetime | None = None  # all before it is looked at, or missing; null: nothing yet
    model: str | None = None  # that looked; null until one does
    fired: tuple[Fired, ...] = ()
    error: Failure | None = None


class Reply(Message):
    """``refusal``, or the try-out that was asked about."""

    refusal: Refusal | None = None
    tryout: Tryout | None = None


class Stretch(Message):
    """What of one recorded file counts: from ``start`` to before ``end`` (UTC seconds)."""

    path: str  # absolute; one that is growing may have lost its suffix ``.part`` meanwhile
    start: float
    end: float
    anchor: float  # UTC seconds of pts 0
    timescale: Annotated[int, Field(gt=0)]


class Job(Analysed):
    """The work order: ``stretches`` in order, without overlap."""

    site: Id
    camera: Id
    stretches: tuple[Stretch, ...]


class Word(Message):
    """From the process at work. The first one says that it is there, one with ``over`` is the last."""

    model: str | None = None
    stretch: _Count | None = None  # number of the one in work
    looked_s: _Seconds = 0.0  # so far, of the job's stretches
    lost_s: _Seconds = 0.0  # the same, of what could not be looked at
    number: _Count | None = None  # of the alert that ``fired`` tells of, or tells more of
    fired: Fired | None = None
    over: bool = False
    failure: Failure | None = None  # with ``over``
