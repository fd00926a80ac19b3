"""What the rules look at, and the kinds that need no memory: pure functions from one picture to a verdict.

A person counts while its track does, short occlusions bridged, at the place where it was seen last; but nobody is
the cause of an alert that opens on a picture in which nobody was seen: a false box of one picture would be
followed until its dwell is over. Not here: kinds with a memory (``crossing``, ``loitering``), time (``machine``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detectors.geometry import Point, foot_of, inside
from detectors.sampling.tamper import Tamper
from detectors.tracking import Track
from vms.domain.facility import Rule, Zone

#: Nothing is known to have held from one picture to another that came so much later (seconds).
HOLE_S = 60.0
#: Width of a standing person's box over its height, in pixels: what makes of its width a length across the picture.
_SLENDER = 0.4


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows: its persons, and what is wrong with the picture itself."""

    tracks: Sequence[Track]
    tamper: Tamper | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One rule's view of one picture. ``moment`` is monotonic seconds; ``armed``: its schedule says so."""

    rule: Rule
    zone: Zone | None
    scene: Scene
    moment: float
    armed: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the rule's condition holds for one picture, the persons it concerns, and what is said of it.

    ``sure``: an alert may open on this picture. ``began``: the moment when it began, where that is not now.
    ``detail``: a change of it is told; ``figures`` are told along. ``adds`` counts up in the alert's detail and
    persons, for what happens in a moment.
    """

    holds: bool
    persons: tuple[Track, ...] = ()
    sure: bool = True
    began: float | None = None
    detail: Mapping[str, int | str] = field(default_factory=dict)
    figures: Mapping[str, int | str] = field(default_factory=dict)
    adds: Mapping[str, int] = field(default_factory=dict)


def seen(track: Track, moment: float) -> bool:
    """Whether the person was found in this very picture, not only followed through it."""
    return track.last_seen >= moment


def unit_of(track: Track) -> Point:
    """The person's own height as a length across and down the picture, whatever its aspect."""
    left, top, right, bottom = track.box
    return max((right - left) / _SLENDER, 1e-3), max(bottom - top, 1e-3)


def persons_in(zone: Zone | None, tracks: Sequence[Track]) -> tuple[Track, ...]:
    """Those whose foot point lies in the zone's polygon; without a zone, all."""
    if zone is None:
        return tuple(tracks)
    return tuple(track for track in tracks if inside(foot_of(track.box), zone.polygon or ()))


def zone_breach(view: View) -> Verdict:
    """Somebody is in the zone."""
    persons = persons_in(view.zone, view.scene.tracks)
    return Verdict(bool(persons), persons, sure=_any_seen(persons, view))


def occupancy(view: View) -> Verdict:
    """More than ``max`` or fewer than ``min`` persons in the zone, or in the whole picture without one."""
    persons = persons_in(view.zone, view.scene.tracks)
    rule, count = view.rule, len(persons)
    if rule.max is not None and count > rule.max:
        return Verdict(True, persons, sure=_any_seen(persons, view), detail={"max": rule.max})
    if rule.min is not None and count < rule.min:
        return Verdict(True, persons, detail={"min": rule.min, **_blind(view.scene)})
    return Verdict(False, persons)


def absence(view: View) -> Verdict:
    """Nobody is in the zone, or in the whole picture without one."""
    persons = persons_in(view.zone, view.scene.tracks)
    return Verdict(not persons, persons, detail=_blind(view.scene))


def tamper(view: View) -> Verdict:
    """The picture does not show what it should. That it lasts was seen to before (``sampling.tamper``)."""
    return Verdict(view.scene.tamper is not None, detail=_blind(view.scene))


def _any_seen(persons: Sequence[Track], view: View) -> bool:
    return any(seen(track, view.moment) for track in persons)


def _blind(scene: Scene) -> dict[str, int | str]:
    """Why a camera may see nobody where somebody is: the alert is raised all the same, and says so."""
    return {} if scene.tamper is None else {"tamper": scene.tamper}
