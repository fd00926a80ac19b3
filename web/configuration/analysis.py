"""Zones, rules and masks of one camera from revision to revision: replacing them, and who changed them since.

Two people may draw at once: who saves says which revision was drawn upon, and nothing of the other's is lost unseen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from vms.domain.clock import Clock
from vms.domain.facility import Camera, Facility
from web.configuration.revisions import Configured, dump, load, save
from web.database import engine
from web.database.engine import Database
from web.database.schema import Revision

#: So many revisions are read to find who changed a camera; each holds the whole facility.
LOOKED_THROUGH = 100

#: Tells the audit log of a new revision: the camera before it, and in it.
Written = Callable[[engine.Change, Configured, Camera, Camera], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something of a camera, and by which revision."""

    revision: int
    at: datetime
    author: str


class Overtaken(Exception):
    """What is to be replaced of the camera is no longer as it was in ``base``."""

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
    write: Written,
) -> Configured:
    """Saves the facility in force with these ``parts`` of a camera (``zones``, ``rules``, ``masks``); the rest stays.

    ``KeyError`` when the camera is gone; ``Overtaken`` when those parts are no longer as in ``base``, where one is
    named; pydantic's ``ValidationError`` for what is wrong. What was stored before a check was there and stays as it is
    does not stand in the way of the rest.
    """
    was: list[Camera] = []
    drawn_upon = None if base is None else await _parts_at(database, base, camera, parts)

    def make(before: Facility | None) -> Facility:
        there = None if before is None else camera_in(before, camera)
        if before is None or there is None:
            raise KeyError(camera)
        plain = dump(before)
        for site in plain["sites"]:
            for one in site["cameras"]:
                if one["id"] == camera:
                    one.update(parts)
        made = load(plain)
        now, then = (_parts_in(one, camera, parts) for one in (before, made))
        if base is not None and now not in (drawn_upon, then):
            raise Overtaken(base)
        there.check_successor(camera_in(made, camera) or there)
        was.append(there)
        return made

    async def tell(change: engine.Change, made: Configured, _author: str) -> None:
        now = camera_in(made.facility, camera)
        if now is not None:
            await write(change, made, was[-1], now)

    return await save(database, clock, author, make, write=tell)


async def last_change(database: Database, camera: str, parts: Collection[str], after: int) -> Change | None:
    """The newest revision above ``after`` that changed these parts of the camera."""
    newest_first = (
        select(Revision.revision, Revision.at, Revision.author, Revision.facility)
        .where(Revision.revision >= after)
        .order_by(Revision.revision.desc())
        .limit(LOOKED_THROUGH)
    )
    async with database.read() as connection:
        rows = (await connection.execute(newest_first)).all()
    for row, previous in pairwise(rows):
        if _parts_in(load(row.facility), camera, parts) != _parts_in(load(previous.facility), camera, parts):
            return Change(row.revision, row.at, row.author)
    return None


async def _parts_at(database: Database, revision: int, camera: str, parts: Collection[str]) -> list[Any] | None:
    """None when there is no such revision, or the camera was not in it."""
    async with database.read() as connection:
        row = (await connection.execute(select(Revision.facility).where(Revision.revision == revision))).first()
    return None if row is None else _parts_in(load(row.facility), camera, parts)


def _parts_in(facility: Facility, camera: str, parts: Collection[str]) -> list[Any] | None:
    found = camera_in(facility, camera)
    return None if found is None else [getattr(found, part) for part in parts]


def camera_in(facility: Facility, camera: str) -> Camera | None:
    """The camera of this id; None: there is none."""
    return next((one for _, one in facility.cameras() if one.id == camera), None)
