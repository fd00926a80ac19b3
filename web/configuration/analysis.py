"""Zones and rules of one camera from revision to revision: replacing them, and who changed them since.

Two people may draw at once: who saves says which revision was drawn upon, and nothing of the other's is lost unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from vms.domain.clock import Clock
from vms.domain.facility import Camera, Facility, Rule, Zone
from web.configuration.revisions import Configured, dump, load, save
from web.database.engine import Database
from web.database.schema import Revision

#: So many revisions are read to find who changed a camera; each holds the whole facility.
LOOKED_THROUGH = 100

Analysis = tuple[tuple[Zone, ...], tuple[Rule, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a camera's zones or rules, and by which revision."""

    revision: int
    at: datetime
    author: str


class Overtaken(Exception):
    """The camera's zones or rules are no longer those of ``base``; ``change`` is None where it is not known whose."""

    def __init__(self, base: int) -> None:
        super().__init__(f"changed since revision {base}")
        self.base = base


def replacing(camera: str, parts: dict[str, list[Any]]) -> Callable[[Facility | None], Facility]:
    """What makes a facility's successor with these ``zones`` and ``rules``; ``KeyError`` when the camera is gone."""

    def make(before: Facility | None) -> Facility:
        plain: dict[str, Any] = {} if before is None else dump(before)
        for site in plain.get("sites", []):
            for one in site["cameras"]:
                if one["id"] == camera:
                    one.update(parts)
                    return load(plain)
        raise KeyError(camera)

    return make


async def replace_drawn_upon(
    database: Database, clock: Clock, author: str, camera: str, parts: dict[str, list[Any]], base: int
) -> Configured:
    """Like ``save`` of ``replacing``, but ``Overtaken`` when the camera's analysis differs from that of ``base``."""
    drawn_upon = await _analysis_at(database, base, camera)
    make = replacing(camera, parts)

    def guarded(before: Facility | None) -> Facility:
        made = make(before)
        there = None if before is None else _analysis_in(before, camera)
        if there not in (drawn_upon, _analysis_in(made, camera)):
            raise Overtaken(base)
        return made

    return await save(database, clock, author, guarded)


async def last_change(database: Database, camera: str, after: int) -> Change | None:
    """The newest revision above ``after`` that changed the camera's zones or rules."""
    newest_first = (
        select(Revision.revision, Revision.at, Revision.author, Revision.facility)
        .where(Revision.revision >= after)
        .order_by(Revision.revision.desc())
        .limit(LOOKED_THROUGH)
    )
    async with database.read() as connection:
        rows = (await connection.execute(newest_first)).all()
    for row, previous in pairwise(rows):
        if _analysis_in(load(row.facility), camera) != _analysis_in(load(previous.facility), camera):
            return Change(row.revision, row.at, row.author)
    return None


async def _analysis_at(database: Database, revision: int, camera: str) -> Analysis | None:
    """None when there is no such revision, or the camera was not in it."""
    async with database.read() as connection:
        row = (await connection.execute(select(Revision.facility).where(Revision.revision == revision))).first()
    return None if row is None else _analysis_in(load(row.facility), camera)


def _analysis_in(facility: Facility, camera: str) -> Analysis | None:
    found: Camera | None = next((one for _, one in facility.cameras() if one.id == camera), None)
    return None if found is None else (found.zones, found.rules)
