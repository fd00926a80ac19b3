"""By which ladder an alert climbs until somebody takes it on. Pure; what is in force is ``web.duty.policies``."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from vms.domain.model import Model
from vms.domain.rules import Severity

#: ``technician``: mends cameras, disks, hosts; the others answer for persons.
Duty = Literal["officer", "site_lead", "province", "technician"]
DUTIES: tuple[Duty, ...] = get_args(Duty)
#: Duties that are had for all sites at once.
OF_ALL_SITES: frozenset[Duty] = frozenset(("province", "technician"))
#: Kinds of alerts that tell of the system itself: they go to those who mend it.
TECHNICAL = frozenset(
    (
        "camera_offline",
        "site_unreachable",
        "analysis_failed",
        "analysis",
        "storage",
        "index",
        "clock",
        "model",
        "canary",
    )
)


class Rung(Model):
    """Who is called next, and how long after the rung before (seconds; the first: after the alert was opened)."""

    duty: Duty
    after_s: Annotated[int, Field(ge=0, le=86400)] = 0


class Ladder(Model):
    """The rungs in order; the last one is called again every ``repeat_s`` (None: never)."""

    rungs: Annotated[tuple[Rung, ...], Field(min_length=1, max_length=8)]
    repeat_s: Annotated[int, Field(ge=60, le=86400)] | None = None
    #: Alerts of one camera and rule that open while its chain runs, or so soon after somebody took it on, share it.
    cooldown_s: Annotated[int, Field(ge=0, le=3600)] = 60
    #: Nobody is called any more once it has ended by itself: for what mends itself.
    until_over: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        duties = [rung.duty for rung in self.rungs]
        if len(set(duties)) < len(duties):
            raise ValueError("a ladder calls each duty once")
        return self


#: The last rung is called again so often at most: then whoever could be told was told.
MOST_ROUNDS = 12


class Policy(Model):
    """A ladder by severity, for alerts about persons and for those about the system; None: nobody is called."""

    security: dict[Severity, Ladder | None]
    technical: dict[Severity, Ladder | None]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, ladders in (("security", self.security), ("technical", self.technical)):
            if missing := set(get_args(Severity)) - set(ladders):
                raise ValueError(f"'{name}' says nothing about {', '.join(sorted(missing))}")
        if self.security.get("critical") is None:
            raise ValueError("'security' calls somebody for critical alerts")
        return self

    def ladder(self, kind: str, severity: Severity) -> Ladder | None:
        """The ladder of an alert; None: it is shown, and nobody is called."""
        return (self.technical if kind in TECHNICAL else self.security).get(severity)


def _ladder(*rungs: tuple[Duty, int], repeat_s: int | None, cooldown_s: int, until_over: bool = False) -> Ladder:
    made = tuple(Rung(duty=duty, after_s=after) for duty, after in rungs)
    return Ladder(rungs=made, repeat_s=repeat_s, cooldown_s=cooldown_s, until_over=until_over)


#: Where nobody has said otherwise.
DEFAULT = Policy(
    security={
        "critical": _ladder(("officer", 0), ("site_lead", 90), ("province", 180), repeat_s=300, cooldown_s=60),
        "warning": _ladder(("officer", 0), ("site_lead", 600), ("province", 1200), repeat_s=1800, cooldown_s=300),
        "info": None,
    },
    technical={
        "critical": _ladder(("technician", 0), ("province", 300), repeat_s=900, cooldown_s=300, until_over=True),
        "warning": _ladder(("technician", 30), repeat_s=None, cooldown_s=900, until_over=True),
        "info": None,
    },
)  # fmt: skip
