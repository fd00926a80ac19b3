"""Zones and rules of one camera from revision to revision: replacing them, and who changed them since.

Two people may draw at once: who saves says which revision was drawn upon, and nothing of the other's is lost unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from vms.domain.clock import Clock
from vms.domain.facility import Camera, Facility, Rule, Zone
from web.configuration.revisions import Configured, Written, dump, load, save
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


async def replace(
    database: Database,
    clock: Clock,
    author: str,
    camera: str,
    parts: dict[str, list[Any]],
    base: int | None,
    write: Written | None = None,
) -> Configured:
    """Saves the facility in force with these ``zones`` and ``rules`` of a camera; ``KeyError`` when that is gone.

    ``Overtaken`` when they are no longer those of ``base``, where one is named; pydantic's ``ValidationError`` for what
    is wrong. What was stored before a check was there and stays as it is does not stand in the way of the rest.
    """
    drawn_upon = None if base is None else await _analysis_at(database, base, camera)

    def make(before: Facility | None) -> Facility:
        there = None if before is None else _camera_in(before, camera)
        if before is None or there is None:
            raise KeyError(camera)
        plain = dump(before)
        for site in plain["sites"]:
            for one in site["cameras"]:
                if one["id"] == camera:
                    one.update(parts)
        made = load(plain)
        if base is not None and _analysis_in(before, camera) not in (drawn_upon, _analysis_in(made, camera)):
            raise Overtaken(base)
        there.check_successor(_camera_in(made, camera) or there)
        return made

    return await save(database, clock, author, make, write=write)


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
    found = _camera_in(facility, camera)
    return None if found is None else (found.zones, found.rules)


def _camera_in(facility: Facility, camera: str) -> Camera | None:
    return next((one for _, one in facility.cameras() if one.id == camera), None)
