"""Escalation over a database of its own and a clock that the test owns; couriers do as they are told."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from tests.support.clocks import ManualClock
from vms.domain.clock import Clock, from_epoch
from vms.domain.messages import AlertEvent
from vms.settings.environment import Environment
from web.alerts import incoming, store
from web.channels.push import Answer, Push
from web.channels.store import ChannelRow
from web.database.engine import Database
from web.database.schema import User
from web.database.schema_duty import Channel, Delivery, Quiet, Shift
from web.duty import policies
from web.duty.on_duty import OnDuty
from web.duty.policy import Policy
from web.escalation import record
from web.escalation.carrying import Courier
from web.escalation.runner import Escalation

SITE = "s1"


class ScriptedCourier:
    """Notes what it carried; ``answers``: by gateway, else all is well; ``held``: the same, or of an address."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, str, Push]] = []  # gateway, address
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.held: dict[str, asyncio.Event] = {}

    async def send(self, channel: ChannelRow, push: Push) -> Answer:
        self.carried.append((channel.gateway, channel.address, push))
        for what, until in self.held.items():
            if channel.gateway == what or what in channel.address:
                await until.wait()
        answer = self.answers.get(channel.gateway)
        return Answer("sent", "200 OK", 5) if answer is None else answer()

    def to(self, address: str) -> list[Push]:
        return [push for _, one, push in self.carried if one == address]


class PlainComposer:
    """Says which alert it is."""

    async def push(
        self, alert_id: str, person: OnDuty, language: str, *, silent: bool = False, taken_by: str | None = None
    ) -> Push | None:
        body = alert_id if taken_by is None else f"đã có người nhận: {taken_by}"
        return Push(person.username, body, f"/alerts/{alert_id}", alert_id, urgent=True, silent=silent)


class Escalating:
    """``run`` lets pass what is due now, as often as anything follows from it."""

    def __init__(self, database: Database, clock: Clock, courier: Courier) -> None:
        self.database = database
        self.clock = clock
        self.courier = courier
        self.escalation = Escalation(database, clock, courier, PlainComposer())

    @property
    def now(self) -> datetime:
        return from_epoch(self.clock.utc())

    async def again(self) -> None:
        """The process was killed, and there is another."""
        await self.escalation._deliveries.close()
        self.escalation = Escalation(self.database, self.clock, self.courier, PlainComposer())

    async def run(self) -> None:
        """Until nothing is due nor under way, but for what the courier holds."""
        while True:
            wait = await self.escalation.turn()
            under_way = list(self.escalation._deliveries._under_way.values())
            if under_way:
                await asyncio.wait(under_way, timeout=0.05)
            if wait > 0 and not self.escalation._deliveries._made:
                return

    async def user(self, name: str, role: str = "duty", sites: list[str] | None = None, **channels: str) -> int:
        """With ``channels``: the gateway's name and the address, in this order."""
        async with self.database.change() as change:
            row = {
                "username": name, "password_hash": "-", "role": role, "sites": sites, "enabled": True,
                "created_at": change.now,
            }  # fmt: skip
            made = await change.connection.execute(insert(User).values(row))
        user = int(made.inserted_primary_key[0])
        await self.channels(user, **channels)
        return user

    async def channels(self, user: int, **channels: str) -> None:
        async with self.database.change() as change:
            rows = [
                {
                    "id": secrets.token_hex(8), "user_id": user, "gateway": gateway, "address": address,
                    "label": "của tôi", "language": "vi", "position": position, "enabled": True,
                    "created_at": change.now,
                }
                for position, (gateway, address) in enumerate(channels.items())
            ]  # fmt: skip
            if rows:
                await change.connection.execute(insert(Channel), rows)

    async def shift(self, user: int, duty: str, site: str | None = SITE) -> None:
        day = timedelta(days=1)
        async with self.database.change() as change:
            row = {
                "id": secrets.token_hex(8), "site": site, "duty": duty, "user_id": user, "start": self.now - day,
                "end": self.now + day, "created_by": "test", "created_at": self.now,
            }  # fmt: skip
            await change.connection.execute(insert(Shift).values(row))

    async def roster(self) -> None:
        """An officer with two channels, a site lead and the province, each with a browser."""
        await self.shift(await self.user("lan", sites=[SITE], ntfy="lan-ntfy", mail="lan-mail"), "officer")
        await self.shift(await self.user("huong", "site_lead", [SITE], webpush="huong-web"), "site_lead")
        await self.shift(await self.user("minh", "supervisor", webpush="minh-web"), "province", None)

    async def tell(self, alert: str, event: str = "opened", **more: Any) -> None:
        """The owner's word; ``opened_at`` now, critical breach at ``cam-1`` unless said otherwise."""
        opened = more.pop("opened_at", self.now)
        said = {
            "id": alert, "event": event, "at": self.now, "site": SITE, "camera": "cam-1", "rule": "breach",
            "kind": "zone_breach", "zone": "z", "severity": "critical", "opened_at": opened,
            "ended_at": self.now if event == "ended" else None, **more,
        }  # fmt: skip
        async with self.database.change() as change:
            await incoming.apply(change, [AlertEvent(**said)])

    async def take(self, alert: str, by: str = "lan", step: store.Step = "acknowledged", *, group: bool = False) -> Any:
        async with self.database.change() as change:
            return await store.take_step(change, alert, step, by, None, group=group)

    async def policy(self, policy: Policy) -> None:
        async with self.database.change() as change:
            await policies.put(change, policy, "test")

    async def quiet(self, kind: str = "snooze", minutes: float = 30, rule: str | None = "breach") -> str:
        name = secrets.token_hex(8)
        async with self.database.change() as change:
            row = {
                "id": name, "kind": kind, "site": SITE, "camera": "cam-1", "rule": rule, "start": self.now,
                "until": self.now + timedelta(minutes=minutes), "reason": "sửa cổng", "author": "lan",
                "created_at": self.now,
            }  # fmt: skip
            await change.connection.execute(insert(Quiet).values(row))
        return name

    async def alert(self, alert: str) -> dict[str, Any]:
        """As ``GET /api/alerts/{id}``."""
        async with self.database.read() as connection:
            found = await store.fetch_represented(connection, alert)
            return {**found, "calls": await record.calls(connection, found, named=True)}

    async def chain(self, alert: str) -> str:
        return str((await self.alert(alert))["chain"]["state"])

    async def duties(self, alert: str) -> list[tuple[str, int]]:
        return [(one["duty"], one["round"]) for one in (await self.alert(alert))["calls"]]

    async def deliveries(self) -> list[Mapping[str, Any]]:
        async with self.database.read() as connection:
            query = select(Delivery.__table__).order_by(Delivery.id)
            return [dict(row) for row in (await connection.execute(query)).mappings()]


@contextlib.asynccontextmanager
async def escalating(
    data: Path, clock: Clock | None = None, courier: Courier | None = None
) -> AsyncIterator[Escalating]:
    made = clock or ManualClock()
    database = await Database.open(Environment.read(data, {}), made)
    one = Escalating(database, made, courier or ScriptedCourier())
    yield one
    await one.escalation._deliveries.close()
    await database.close()


async def later(rig: Escalating, clock: ManualClock, seconds: float) -> None:
    """Second by second at most, as the loop would."""
    while seconds > 0:
        clock.advance(min(1.0, seconds))
        seconds -= 1.0
        await rig.run()


__all__ = ["SITE", "Escalating", "ScriptedCourier", "escalating", "later"]
