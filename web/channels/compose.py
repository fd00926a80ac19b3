"""From an alert to the message for one person: words by his language, the picture that may leave the house.

It holds no more than the person may see, by the rights that he has now. Not here: whether he is called, over what.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vms.domain.node import NODE_SITE
from web.alerts.shape import began
from web.cameras import past
from web.channels import words
from web.channels.pictures import Pictures
from web.channels.push import Push
from web.configuration.current import CurrentConfiguration
from web.database.engine import Database
from web.database.schema import Alert, AlertSnapshot
from web.database.schema_duty import Delivery
from web.duty.on_duty import OnDuty


class Composer:
    """Raises what the database raises (``web.database.failures.ANY``), and nothing else."""

    def __init__(self, database: Database, current: CurrentConfiguration, pictures: Pictures) -> None:
        self._database = database
        self._current = current
        self._pictures = pictures

    async def push(
        self, alert_id: str, person: OnDuty, language: str, *, silent: bool = False, taken_by: str | None = None
    ) -> Push | None:
        """None: there is no such alert, or it is not his to see.

        ``taken_by``: what only says that somebody took it on; such a message, and one that is ``silent``, has no
        picture and cannot be answered.
        """
        async with self._database.read() as connection:
            found = select(Alert.__table__).where(Alert.id == alert_id)
            row = (await connection.execute(found)).mappings().first()
            if row is None or not person.may_see(None if row["site"] == NODE_SITE else row["site"]):
                return None
            said = await self._said(connection, row)
            jpeg = None
            if row["has_snapshot"] and not silent and taken_by is None and said.site is not None:
                jpeg = await connection.scalar(select(AlertSnapshot.jpeg).where(AlertSnapshot.alert_id == alert_id))
        zone = self._current.facility.zone_info()
        picture = None if jpeg is None else await self._pictures.of(row["camera"], jpeg)
        if taken_by is not None:
            title, body = words.taken(said, taken_by, language, zone)
        else:
            title, body = words.alert(said, language, zone)
        quiet = silent or taken_by is not None
        return Push(
            title=title, body=body, path=f"/alerts/{alert_id}", tag=f"alert-{alert_id}",
            urgent=row["severity"] == "critical" and not quiet, alert=None if quiet else alert_id, picture=picture,
            silent=quiet,
        )  # fmt: skip

    async def _said(self, connection: AsyncConnection, row: RowMapping) -> words.Said:
        of_node = row["site"] == NODE_SITE
        detail: Mapping[str, Any] = row["detail"]
        names: list[str] = []
        if not of_node:
            listed = detail.get("cameras")
            ids = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
            names = [await self._name(connection, one) for one in ids or [row["camera"]]]
        site = next((one.name for one in self._current.facility.sites if one.id == row["site"]), row["site"])
        called = select(Delivery.duty, Delivery.username, Delivery.id).order_by(Delivery.id)
        called = called.where(Delivery.alert_id == (row["group_id"] or row["id"]))
        people = dict.fromkeys((one.duty, one.username) for one in await connection.execute(called))
        return words.Said(
            kind=row["kind"], severity=row["severity"], began=began(row), zone=row["zone"], persons=row["persons"],
            detail=detail, site=None if of_node else site, cameras=names, node=row["camera"] if of_node else None,
            called=tuple(people),
        )  # fmt: skip

    async def _name(self, connection: AsyncConnection, camera: str) -> str:
        configured = self._current.camera(camera)
        if configured is not None:
            return configured[1].name
        found = await past.find(connection, camera)
        return camera if found is None or found.name is None else found.name
