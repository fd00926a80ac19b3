"""Revisions of the facility in the database: seeding, changing, export, import and diff."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.clock import Clock, from_epoch
from vms.domain.errors import ConfigurationError
from vms.domain.facility import Facility
from vms.domain.masks import outlines
from vms.domain.messages import ConfigRevision
from vms.settings import facility_file
from web.audit import chain
from web.audit.entry import COMMAND_LINE, SERVICE, Actor
from web.configuration.differences import differences
from web.database.engine import Change, Database
from web.database.schema import CameraFirst, Revision
from web.database.upsert import upsert

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Configured:
    """One revision."""

    revision: int
    at: datetime
    facility: Facility

    def message(self) -> ConfigRevision:
        """As workers get it."""
        return ConfigRevision(revision=self.revision, at=self.at, facility=dump(self.facility))


def dump(facility: Facility) -> dict[str, Any]:
    """The facility as plain JSON values; URLs stay templates."""
    return facility.model_dump(mode="json", exclude_none=True)


def load(plain: dict[str, Any]) -> Facility:
    """The facility from plain JSON values; pydantic's ``ValidationError`` when it is none."""
    return Facility.from_store(json.dumps(plain))


#: Writes of a new revision, and of its author, in the audit log.
Written = Callable[[Change, Configured, str], Awaitable[None]]


async def latest(database: Database) -> Configured | None:
    """The revision in force, None in an empty database."""
    async with database.read() as connection:
        return await _latest(connection)


async def save(
    database: Database,
    clock: Clock,
    author: str,
    make: Callable[[Facility | None], Facility],
    at_least: int = 1,
    write: Written | None = None,
) -> Configured:
    """Stores ``make(facility in force)`` as a new revision, numbered ``at_least`` or higher.

    Nothing is stored when it makes no difference; what ``make`` raises passes through. ``write``: tells the audit log
    of it in the same transaction; without, it is told of a change of the facility by the service.
    """
    async with database.change() as change:
        before = await _latest(change.connection)
        facility = make(None if before is None else before.facility)
        if before is not None and before.revision >= at_least and before.facility == facility:
            return before
        made = Configured(
            revision=max(at_least, 1 if before is None else before.revision + 1),
            at=from_epoch(clock.utc()),
            facility=facility,
        )
        await change.connection.execute(
            insert(Revision).values(revision=made.revision, at=made.at, author=author, facility=dump(facility))
        )
        rows = [
            {
                "camera": camera.id, "at": made.at, "site": site.id, "name": camera.name,
                "placement": str(camera.placement), "masks": outlines(camera.masks),
            }
            for site, camera in facility.cameras()
        ]  # fmt: skip
        await upsert(change.connection, CameraFirst, rows, ["camera"], merge=lambda table, _new: {"at": table.c.at})
        await (write or _by(SERVICE))(change, made, author)
    log.info("configuration.saved revision=%d author=%s", made.revision, author)
    return made


def _by(actor: Actor) -> Written:
    async def write(change: Change, made: Configured, author: str) -> None:
        cameras = sum(1 for _ in made.facility.cameras())
        detail = {"author": author, "sites": len(made.facility.sites), "cameras": cameras}
        await chain.write(change, actor, "facility.change", object=f"revision {made.revision}", detail=detail)

    return write


async def seed(database: Database, clock: Clock, facility: Facility | None) -> Configured:
    """The revision in force; in an empty database ``facility`` becomes the first.

    Later the database is the truth: a file that differs is only said.
    """
    configured = await latest(database)
    if configured is None:
        if facility is None:
            raise ConfigurationError("the database holds no configuration yet: name a facility file with --config")
        return await save(database, clock, "facility file", lambda _before: facility)
    if facility is not None and facility != configured.facility:
        log.warning(
            "configuration.differs revision=%d changes=%d remedy='the database is in force; see: vms config diff'",
            configured.revision,
            len(differences(configured.facility, facility)),
        )
    return configured


async def export_yaml(database: Database) -> str:
    """The facility in force, as a facility file; ``ConfigurationError`` when there is none."""
    configured = await _in_force(database)
    return f"# revision {configured.revision}\n{facility_file.dump(configured.facility)}"


async def import_facility(database: Database, clock: Clock, facility: Facility, author: str = "import") -> int:
    """Puts the facility in force; answers with its revision. A running web sees it within 5 s."""
    return (await save(database, clock, author, lambda _before: facility, write=_by(COMMAND_LINE))).revision


async def diff(database: Database, facility: Facility) -> list[str]:
    """What would change if ``facility`` were imported, a line each; empty when nothing."""
    return differences((await _in_force(database)).facility, facility)


async def _in_force(database: Database) -> Configured:
    configured = await latest(database)
    if configured is None:
        raise ConfigurationError("the database holds no configuration yet; start the service with --config first")
    return configured


async def _latest(connection: AsyncConnection) -> Configured | None:
    newest = select(func.max(Revision.revision)).scalar_subquery()
    row = (
        await connection.execute(
            select(Revision.revision, Revision.at, Revision.facility).where(Revision.revision == newest)
        )
    ).first()
    return None if row is None else Configured(row.revision, row.at, load(row.facility))
